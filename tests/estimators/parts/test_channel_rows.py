"""Noise that is drawn again in blocks, and channels that are read in blocks."""

import pytest
import torch

from infoplane.estimators.parts import channel_rows
from infoplane.estimators.parts.channel_rows import StreamedNoise, blocks, centre, log_std, moved, noisy
from infoplane.estimators.parts.streamed import Rows
from infoplane.objectives.channel import Channel


class Source:
    def __init__(self, values: torch.Tensor):
        self.values, self.shape, self.chunk = values.numpy(), tuple(values.shape), 40

    def __getitem__(self, chosen):
        return self.values[chosen]


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(channel_rows, "BLOCK", 3 * 40)


@pytest.fixture
def streamed() -> channel_rows.StreamedChannel:
    t = torch.randn(100, 3, generator=generator())
    made = noisy(Rows(Source(t), torch.device("cpu")), torch.full((1, 1), 0.5).double(), lambda values: values)
    assert isinstance(made, channel_rows.StreamedChannel)
    return made


def test_noise_is_that_which_is_drawn_at_once_whenever_it_is_asked_for():
    source, at_once = generator(), generator()
    noise = StreamedNoise((100, 3), source)
    expected = torch.randn(100, 3, generator=at_once, dtype=torch.float64)
    for where in (slice(32, 64), slice(64, 100), slice(0, 32), slice(32, 64)):
        assert torch.equal(noise[where], expected[where])
    assert torch.equal(source.get_state(), at_once.get_state())


def test_blocks_are_all_inputs_in_order(streamed: channel_rows.StreamedChannel):
    found = list(blocks(streamed))
    assert [(where.start, where.stop) for where, _ in found] == [(0, 32), (32, 64), (64, 100)]
    whole = streamed.rows(slice(0, 100))
    assert torch.equal(torch.cat([part.mean for _, part in found]), whole.mean)
    assert list(blocks(whole)) == [(slice(0, 100), whole)]


def test_what_is_asked_of_all_inputs_is_that_of_the_channel_that_is_held(streamed: channel_rows.StreamedChannel):
    held = streamed.rows(slice(0, 100))
    assert isinstance(held, Channel)
    assert torch.allclose(centre(streamed), held.mean.mean(0), atol=1e-12)
    assert torch.equal(log_std(streamed), held.log_std())
    assert torch.allclose(centre(moved(streamed, centre(streamed))), torch.zeros(3).double(), atol=1e-12)
