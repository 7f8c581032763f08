"""A plane on several workers is that of one process."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from infoplane import estimators, reductions
from infoplane.errors import UserError
from infoplane.planes import spread
from infoplane.planes.plane import estimate_plane
from infoplane.planes.tables import Piece, tables
from infoplane.running.journal import Journal
from infoplane.running.unfinished import Work
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded
from pools import Here

CPU = torch.device("cpu")


def reduced(how: str) -> Any:
    """An estimator whose function cannot be pickled."""
    reduction = reductions.named(how)
    assert reduction is not None
    return SimpleNamespace(estimate=reduction.wrapped(estimators.find("gaussian").estimate))


def refusing() -> Any:
    def estimate(x, t, y, *, noise=None, seed=0):
        raise ValueError("too few samples\nby far")

    return SimpleNamespace(estimate=estimate)


def both(store: Activations, find: Any, pool: Here, **given: Any) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The tables of one process, and those of a pool."""
    asked: dict[str, Any] = {"keywords": {}, "seed": 3, "device": CPU, "name": "run", **given}
    here = estimate_plane(find().estimate, store, **asked)
    return [tables("run", pieces) for pieces in (here, spread.estimate_plane(find, store, pool, **asked))]


@pytest.mark.parametrize(
    ("find", "given"),
    [
        (partial(estimators.find, "binning"), {"keywords": {"edges": "layer", "bins": 7}}),
        (partial(estimators.find, "dropout"), {"parts": 3}),
        (partial(reduced, "pca 2"), {"parts": 2}),
    ],
    ids=["of extents", "of noise in parts", "reduced in parts"],
)
def test_pieces_are_those_of_one_process(store: Activations, find: Any, given: dict[str, Any]):
    pool = Here()
    here, there = both(store, find, pool, **given)
    for one, other in zip(here, there, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert len(pool.done) == 2 * 2 * 3 * given.get("parts", 1)
    assert pool.done[-1] == "run: layer b, epoch 5 of test"


def test_what_diverged_is_no_unit(tmp_path: Path):
    t = np.arange(40, dtype="float32").reshape(20, 2)
    with activations_writer.create(tmp_path / "a.zarr", [0, 1], allow_diverged=True) as writer:
        writer.add_split("train", t, np.arange(20) % 2)
        writer.add_epoch("train", 0, 0, {"a": Recorded(t, None, None)})
        writer.add_epoch("train", 0, 1, {"a": Recorded(t * np.nan, None, None)})
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    pool = Here()
    here, there = both(Activations(tmp_path / "a.zarr"), partial(estimators.find, "binning"), pool)
    pd.testing.assert_frame_equal(here[0], there[0], check_exact=True)
    assert there[0]["flag"].tolist() == ["", "diverged"]
    assert len(pool.done) == 1


def test_results_of_a_killed_run_are_those_of_the_next_with_any_number_of_workers(store: Activations, tmp_path: Path):
    (tmp_path / "work").mkdir()
    asked: dict[str, Any] = {"keywords": {}, "seed": 0, "device": CPU, "name": "run"}
    find = partial(estimators.find, "binning")

    def journal() -> Journal:
        return Journal(Work("estimate", tmp_path / "work"))

    with pytest.raises(KeyboardInterrupt):
        list(spread.estimate_plane(find, store, Here(most=5), **asked, journal=journal()))
    kept = len(journal())
    assert 1 <= kept <= 5
    pool = Here()
    pieces = list(spread.estimate_plane(find, store, pool, **asked, journal=journal()))
    assert len(pool.done) == 12 - kept
    again = list(spread.estimate_plane(find, store, Here(most=0), **asked, journal=journal()))
    one_process = list(estimate_plane(refusing().estimate, store, **asked, journal=journal()))  # estimates nothing
    assert in_full(again) == in_full(one_process) == in_full(pieces)


def in_full(pieces: list[Piece]) -> list[Any]:
    return [(*piece[:5], piece.information.mi_xt, piece.information.mi_ty) for piece in pieces]


def test_a_refusal_names_estimator_layer_epoch_and_split(store: Activations):
    line = r"^estimators\.run: layer a, epoch 0 of train: too few samples\s"
    with pytest.raises(UserError, match=line):
        list(spread.estimate_plane(refusing, store, Here(), keywords={}, seed=0, device=CPU, name="run"))


def test_a_worker_sees_that_a_store_was_written_anew(store: Activations, tmp_path: Path):
    find = partial(estimators.find, "binning")
    before = both(store, find, Here())[1][0]
    t = np.random.default_rng(1).normal(size=(50, 3)).astype("float32")
    with activations_writer.create(store.path, [0]) as writer:
        writer.add_split("train", t, np.arange(50) % 2)
        writer.add_epoch("train", 0, 0, {"a": Recorded(t, None, None)})
        writer.finish(splits=["train"], layers=["a"], model="m", dataset="d", seed=0)
    here, there = both(Activations(store.path), find, Here())
    pd.testing.assert_frame_equal(here[0], there[0], check_exact=True)
    assert len(there[0]) != len(before)
