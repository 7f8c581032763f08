"""The layers of a run as tasks: which noise or bins, which layers, and what is left out."""

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from infoplane.estimators import binning, dropout, exact, gaussian, kde, mine
from infoplane.known import judging, own_layers
from infoplane.known.judgements import is_off
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

N = 1000
UNITS = dict.fromkeys("abcdefg", 2)
SPREAD = 0.5
"""Standard deviation of every layer's units."""


def quiet(name: str) -> Recorded:
    """A layer of two units that injects no noise."""
    draw = np.random.default_rng(sum(map(ord, name)))
    t = draw.normal(size=(N, 2))
    t = SPREAD * (t - t.mean(0)) / t.std(0)
    return Recorded(t.astype(np.float32), None, None)


def noisy(name: str, kind: Any = "gaussian", std: float = 0.4) -> Recorded:
    return Recorded(quiet(name).t + 3, kind, np.full((1, 1), std, np.float32))


@pytest.fixture
def store(tmp_path: Path) -> Callable[..., Activations]:
    """Makes a store of layers at epochs 0 and 5; the first epoch is another than the last."""

    def write(layers: dict[str, Recorded], samples: int = N) -> Activations:
        with activations_writer.create(tmp_path / "a.zarr", [0, 5], 1) as writer:
            x = np.arange(samples, dtype=np.float32)[:, None]
            writer.add_split("train", x, np.arange(samples) % 3)
            for epoch in (0, 5):
                at = {name: layer._replace(t=layer.t[:samples] * (1 if epoch else 7)) for name, layer in layers.items()}
                writer.add_epoch("train", 0, epoch, at)
            writer.finish(splits=["train"], layers=list(layers), output=None, model="m", dataset="d", seed=0)
        return Activations(tmp_path / "a.zarr")

    return write


def names(activations: Activations, module: Any, **keywords: Any) -> list[str]:
    return [task.name for task in own_layers.tasks(activations, UNITS, module, keywords)]


def test_the_noise_is_that_of_the_section_or_a_share_of_the_spread(store):
    activations = store({"a": quiet("a")})
    for keywords, std in (
        ({"noise_std": 0.1}, 0.1),
        ({"noise_var": 0.04, "noise_scale": "fixed"}, 0.2),
        ({"noise_var": 0.04, "noise_scale": "relative"}, 0.2 * SPREAD),
        ({"noise_std": 0.0}, own_layers.SHARE * SPREAD),
        ({"noise_std": None}, own_layers.SHARE * SPREAD),
        ({}, own_layers.SHARE * SPREAD),
        ({"noise_std": "of a user's estimator"}, own_layers.SHARE * SPREAD),
    ):
        (task,) = own_layers.tasks(activations, UNITS, SimpleNamespace(), keywords)
        assert task.noise is not None
        assert task.noise.isotropic_std == pytest.approx(std, rel=1e-3), keywords
        assert task.name == f"own layer a, additive noise {std:.3g}"


def test_what_measures_the_injected_noise_is_held_to_that_alone(store):
    activations = store({"a": quiet("a"), "b": noisy("b"), "c": noisy("c", "additive", 0.2)})
    expected = ["own layer b, gaussian noise 0.4", "own layer c, additive noise 0.2"]
    assert names(activations, dropout) == expected
    assert names(activations, exact, noise_std="injected") == expected
    assert names(activations, kde, noise_scale="injected", noise_var=0.1) == expected


def test_noise_without_a_truth_is_left_out(store):
    zero = noisy("b")
    zero.t[:10] = 0
    uneven = Recorded(noisy("c").t, "gaussian", np.array([[0.1, 0.2]], np.float32))
    assert names(store({"a": noisy("a", "lognormal"), "b": zero, "c": uneven}), dropout) == []


def test_bins_are_those_of_the_section_at_the_last_epoch(store):
    activations = store({"a": quiet("a"), "b": Recorded(10 * quiet("b").t, None, None)})
    of_all = {"bins": 5, "edges": "global", "width": None, "bits": None}
    for keywords, bins in ((of_all, 5), (of_all | {"edges": "epoch"}, 5), (of_all | {"bits": 3}, 8)):
        tasks = list(own_layers.tasks(activations, UNITS, binning, keywords))
        assert [task.name for task in tasks] == [f"own layer {layer}, {bins} bins" for layer in "ab"]
    # b reaches seventy times as far at epoch 0 as a at the last one, where global bins hold all of it in a few
    (wide, _), (narrow, _) = (
        own_layers.tasks(activations, UNITS, binning, of_all | {"edges": edges}) for edges in ("global", "epoch")
    )
    assert wide.truth_xt < 1.5 < narrow.truth_xt
    (_, by_width) = own_layers.tasks(activations, UNITS, binning, of_all | {"width": 4.0})
    t = activations.layer("train", "b", slice(1, 2)).t[0]
    counts = np.unique(np.floor(t / 4), axis=0, return_counts=True)[1] / N
    assert by_width.truth_xt == pytest.approx(-(counts * np.log(counts)).sum())
    (_, by_cuts) = own_layers.tasks(activations, UNITS, binning, of_all | {"cuts": [4.0, -4.0]})
    assert by_cuts.name == "own layer b, 3 bins"
    cells = np.digitize(t, [-4, 4])
    counts = np.unique(cells, axis=0, return_counts=True)[1] / N
    assert by_cuts.truth_xt == pytest.approx(-(counts * np.log(counts)).sum())
    _, shown, y = by_cuts.sample(len(cells), 0)
    found = binning.estimate(shown, shown[None], y, cuts=[4.0, -4.0])
    assert found.mi_xt is not None
    assert found.mi_xt[0] == pytest.approx(by_cuts.truth_xt)
    assert names(activations, binning, **of_all | {"edges": "quantile"}) == []


def test_a_few_layers_from_the_first_to_the_last(store):
    assert names(store({name: quiet(name) for name in "abcdefg"}), gaussian) == [
        f"own layer {layer}, additive noise 0.15" for layer in "aceg"
    ]


def test_wide_layers_are_left_out_unread(store):
    activations = store({name: quiet(name) for name in "ab"})
    activations.layer = lambda split, layer, epochs: (
        quiet(layer)._replace(t=quiet(layer).t[None]) if layer == "b" else 1
    )
    wide = UNITS | {"a": own_layers.WIDEST + 1}
    (task,) = own_layers.tasks(activations, wide, gaussian, {})
    assert task.name.startswith("own layer b")


def test_too_few_samples_make_no_task(store):
    assert names(store({"a": quiet("a")}, samples=own_layers.FEWEST - 1), gaussian) == []


def test_estimators_are_shown_a_half_and_are_right(store):
    activations = store({"a": quiet("a"), "b": noisy("b")})
    for module, keywords in (
        (binning, {"bins": 4, "edges": "layer"}),
        (dropout, {}),
        (exact, {"noise_std": 0.6}),
        (mine, {"noise_std": 1.0, "steps": 50, "folds": 2}),
    ):
        tasks = list(own_layers.tasks(activations, UNITS, module, keywords))
        tables = judging.judge(module, keywords, tasks, name="m", n=N, seeds=[0], device=torch.device("cpu"))
        table = pd.concat(list(tables))
        assert len(table)
        assert set(table["n"]) == {N // 2}
        assert (table["truth"] <= math.log(N)).all()
        assert not is_off(table[table["flag"] == ""]).any(), table.to_string()
