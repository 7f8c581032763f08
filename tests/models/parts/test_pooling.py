import pytest
import torch

from infoplane.models.parts.pooling import pooled, unmasked

X = torch.tensor([[5, 7, 0, 0], [0, 0, 5, 7], [1, 2, 3, 4], [0, 0, 0, 0]])
T = torch.arange(16.0).reshape(4, 4, 1)
"""The activation of each token is its number, counted through all samples."""


@pytest.mark.parametrize(
    ("pooling", "pad", "expected"),
    [
        ("mean", 0, [0.5, 6.5, 9.5, 12.0]),  # nothing but padding counts as its first token
        ("mean", None, [1.5, 5.5, 9.5, 13.5]),
        ("last", 0, [1.0, 7.0, 11.0, 12.0]),
        ("last", None, [3.0, 7.0, 11.0, 15.0]),
        ("cls", 0, [0.0, 4.0, 8.0, 12.0]),
        (2, 0, [2.0, 6.0, 10.0, 14.0]),
    ],
)
def test_tokens_that_count_become_one_vector(pooling: str | int, pad: int | None, expected: list[float]):
    assert pooled(T, unmasked(X, pad), pooling).squeeze(1).tolist() == expected  # pyright: ignore
