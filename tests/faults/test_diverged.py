"""Activations that are not finite stop the run, or, where that is allowed, become points without a value."""

from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane.errors import UserError
from infoplane.estimators import binning
from infoplane.flags import DIVERGED
from infoplane.information import Information
from infoplane.planes.plane import EPOCHS_AT_A_TIME, estimate_plane
from infoplane.planes.tables import summary, tables
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

N = 50


def recorded(epoch: int, bad: float | None = None) -> dict[str, Recorded]:
    t = np.random.default_rng(epoch).normal(size=(N, 3)).astype("float32")
    broken = t.copy()
    if bad is not None:
        broken[7, 1] = bad
    return {"a": Recorded(t, None, None), "b": Recorded(broken, None, None)}


def write(path: Path, bad: float, *, allow_diverged: bool) -> Activations:
    """Epochs 0, 1, 2 and 3; layer b diverges at 2 and 3."""
    with activations_writer.create(path, [0, 1, 2, 3], allow_diverged=allow_diverged) as writer:
        writer.add_split("train", np.ones((N, 2), "float32"), np.arange(N) % 2)
        for epoch in range(4):
            writer.add_epoch("train", 0, epoch, recorded(epoch, bad if epoch > 1 else None))
        writer.finish(splits=["train"], layers=["a", "b"], model="m", dataset="d", seed=0)
    return Activations(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_run_stops_and_names_layer_and_epoch(tmp_path: Path, bad: float):
    with pytest.raises(UserError, match=r"layer b .* on train after epoch 2: .*record\.allow_diverged"):
        write(tmp_path / "a.zarr", bad, allow_diverged=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_allowed_it_is_flagged_and_changes_no_other_point(tmp_path: Path, bad: float):
    store = write(tmp_path / "a.zarr", bad, allow_diverged=True)
    assert store.diverged("train", "a") == [False] * 4
    assert store.diverged("train", "b") == [False, False, True, True]
    low, high = store.extent("train", "b")["layer"]
    b = store.layer("train", "b", slice(0, 2)).t
    assert (low, high) == (b.min(), b.max())
    for device, at_a_time in EPOCHS_AT_A_TIME.items():
        assert at_a_time >= 1, device
    pieces = estimate_plane(
        binning.estimate, store, keywords={}, seed=0, device=torch.device("cpu"), name="run", parts=2
    )
    table, _ = tables("run", pieces)
    diverged = (table["layer"] == "b") & (table["epoch"] > 1)
    assert diverged.sum() == 4
    assert (table[diverged]["flag"] == DIVERGED).all()
    assert table[diverged][["mi_xt", "mi_ty", "ceiling_xt"]].isna().all(axis=None)
    assert table[~diverged]["mi_xt"].notna().all()
    assert "compression" in str(summary(table, output=None))


def test_a_full_device_halves_the_block_to_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    store = write(tmp_path / "a.zarr", np.nan, allow_diverged=True)
    monkeypatch.setitem(EPOCHS_AT_A_TIME, "cpu", 64)
    sizes: list[int] = []

    def limited(most: int):
        def estimate(x, t, y, *, noise=None, seed=0, extent=None) -> Information:
            sizes.append(len(t))
            if len(t) > most:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB\nmore lines")
            return binning.estimate(x, t, y, noise=noise, seed=seed, extent=extent)

        return estimate

    def plane(most: int):
        sizes.clear()
        device = torch.device("cpu")
        return tables("run", estimate_plane(limited(most), store, keywords={}, seed=0, device=device, name="run"))[0]

    whole = plane(64)
    assert sizes == [4, 2]
    halved = plane(1)
    assert sizes == [4, 2, 1, 1, 2, 1, 1, 2, 1, 1]
    assert halved.equals(whole)
    with pytest.raises(UserError, match=r"estimators\.run: layer a, epochs 0, 1, 2, 3 of train: CUDA out of memory"):
        plane(0)


@pytest.mark.parametrize("name", ["..", "a/b", "../a", "", "a\\b", "/a"])
def test_names_of_layers_cannot_leave_the_store(tmp_path: Path, name: str):
    with (
        pytest.raises(UserError, match="the name becomes that of a folder"),
        activations_writer.create(tmp_path / "a.zarr", [0]) as writer,
    ):
        writer.add_split("train", np.ones((N, 2), "float32"), np.arange(N) % 2)
        writer.add_epoch("train", 0, 0, {name: recorded(0)["a"]})
