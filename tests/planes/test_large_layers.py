"""Layers that are larger than `blocks.LARGE`: what estimators see of them, and what is said to be needed."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane import estimators
from infoplane.errors import UserError
from infoplane.estimators import binning
from infoplane.estimators.parts.streamed import Rows, Streamed
from infoplane.information import Information
from infoplane.planes import blocks, spread
from infoplane.planes.plane import estimate_plane
from infoplane.storage import activations_writer, store
from infoplane.storage.activations import Activations, Recorded
from pools import Here

N, UNITS = 40, (2, 3)


@pytest.fixture(params=["gaussian", "lognormal"])
def activations(request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Activations:
    """Two epochs of a layer in four files each, with noise that is the same for all samples, or one of each sample."""
    monkeypatch.setattr(store, "CHUNK_BYTES", 4 * 10 * 6)
    rng = np.random.default_rng(0)
    rows = 1 if request.param == "gaussian" else N
    with activations_writer.create(tmp_path / "a.zarr", [0, 5]) as writer:
        writer.add_split("train", rng.normal(size=(N, 1, 4)).astype("float32"), rng.integers(3, size=N))
        for epoch in (0, 5):
            t, std = (rng.random((n, *UNITS)).astype("float32") + 0.1 for n in (N, rows))
            writer.add_epoch("train", 0, epoch, {"a": Recorded(t, request.param, std)})
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    return Activations(tmp_path / "a.zarr")


class Seen:
    """An estimator that keeps what it is given."""

    def __init__(self):
        self.given: list[tuple] = []

    def estimate(self, x, t, y, *, noise=None, seed=0):
        assert noise is not None
        self.given.append((x, t, y, noise.std))
        return Information(mi_xt=np.zeros(len(t)), mi_ty=np.zeros(len(t)), flag=[""] * len(t))


def given(activations: Activations, **keywords) -> list[tuple]:
    seen = Seen()
    list(
        estimate_plane(
            seen.estimate, activations, keywords={}, seed=3, device=torch.device("cpu"), name="r", **keywords
        )
    )
    return seen.given


def test_parts_have_the_same_samples_in_the_same_order_whether_a_layer_is_large_or_not(
    activations: Activations, monkeypatch: pytest.MonkeyPatch
):
    whole = given(activations, parts=3)
    monkeypatch.setattr(blocks, "LARGE", 0)
    for small, large in zip(whole, given(activations, parts=3), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(small, large, strict=True))


def test_one_that_streams_gets_what_is_large_in_blocks_and_others_get_it_whole(
    activations: Activations, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocks, "LARGE", 0)
    for (x, t, y, std), (rows, streamed, labels, of_noise) in zip(
        given(activations), given(activations, streams=True), strict=True
    ):
        assert isinstance(rows, Rows)
        assert isinstance(streamed, Streamed)
        assert torch.equal(rows[:], x)
        assert torch.equal(streamed[0][:], t[0])
        assert torch.equal(labels, y)
        assert torch.equal(of_noise[0][:] if isinstance(of_noise, Streamed) else of_noise[0], std[0])
    monkeypatch.setattr(blocks, "LARGE", 4 * N * 6)
    assert all(isinstance(t, torch.Tensor) for _, t, _, _ in given(activations, streams=True))


@pytest.mark.parametrize("spread_out", [False, True])
def test_values_are_the_same(activations: Activations, monkeypatch: pytest.MonkeyPatch, spread_out: bool):
    asked = {"keywords": {"edges": "layer"}, "seed": 0, "device": torch.device("cpu"), "name": "binning"}
    in_memory = [piece.information.mi_xt for piece in estimate_plane(binning.estimate, activations, **asked)]
    monkeypatch.setattr(blocks, "LARGE", 0)
    if spread_out:
        pieces = spread.estimate_plane(partial(estimators.find, "binning"), activations, Here(), **asked, streams=True)
    else:
        pieces = estimate_plane(binning.estimate, activations, **asked, streams=True)
    assert [piece.information.mi_xt for piece in pieces] == in_memory


def test_a_lost_file_of_a_large_layer_is_one_line(activations: Activations, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "LARGE", 0)
    next(iter((activations.path / "train/layers/a/t/c/0/1").rglob("2"))).joinpath("0", "0").unlink()
    with pytest.raises(UserError, match=r"layers/a/t\[0, 1, slice\(20, 30, None\)\] has lost a part"):
        list(
            estimate_plane(
                binning.estimate, activations, keywords={}, seed=0, device=torch.device("cpu"), name="b", streams=True
            )
        )


def test_memory_that_is_needed_is_of_what_is_held(activations: Activations, monkeypatch: pytest.MonkeyPatch):
    x, t = 4 * N * 4, 4 * N * 6
    assert blocks.memory(activations, 64, parts=1, streams=True) == x + 2 * 2 * t
    monkeypatch.setattr(blocks, "LARGE", 500)
    assert blocks.memory(activations, 1, parts=1, streams=False) == x + 2 * t
    assert blocks.memory(activations, 1, parts=1, streams=True) == 500
    assert blocks.memory(activations, 1, parts=10, streams=False) == (x + t) // 10
