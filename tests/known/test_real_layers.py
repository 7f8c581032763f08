"""Layers as tasks: what a sample of them is, and that estimators which know noise or bins are held to the truth."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane.estimators import binning
from infoplane.information import Noise
from infoplane.known.population_truth import Truth
from infoplane.known.real_layers import Population, layer_in_bins, layer_in_noise, recorded
from infoplane.known.task import generator
from infoplane.known.transforms import noisy
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded


def steps() -> Population:
    """Forty inputs a unit apart."""
    t = torch.arange(40.0)[:, None].expand(-1, 2).contiguous()
    return Population("steps", t[:, :1], t, torch.arange(40) % 2)


def test_a_task_draws_distinct_inputs_and_their_noise():
    task = layer_in_noise(steps(), Noise("additive", torch.tensor(0.1)))
    x, drawn, y = task.sample(30, 0)
    assert len(x.unique()) == 30
    assert torch.equal(drawn[:, :1], x)
    assert torch.equal(y, x[:, 0].long() % 2)
    assert not torch.equal(noisy(task).sample(30, 0)[1], drawn)
    assert noisy(task).population == task.population == 40
    assert task.truth_xt == pytest.approx(math.log(40), abs=1e-3)
    assert "all 40 inputs" in task.source


def test_a_truth_that_is_kept_is_not_computed():
    asked = []

    def kept(*arguments) -> Truth:
        asked.append(arguments)
        return Truth(1.0, 0.5, 0.004, 0.002)

    noise = Noise("gaussian", torch.tensor(0.1))
    task = layer_in_noise(steps(), noise, truth=kept)
    assert (task.truth_xt, task.truth_ty) == (1.0, 0.5)
    assert torch.equal(asked[0][0], steps().t)
    assert "+-0.008 and +-0.004" in task.source


@pytest.mark.parametrize("bins", [2, 7, 30])
def test_bins_of_the_population_are_found_again_in_a_sample(bins: int):
    t = torch.randn(900, 2, generator=generator(0)).tanh()
    y = (t[:, 0] * t[:, 1] > 0).long()
    task = layer_in_bins(Population("layer", t, t, y), bins)
    _, values, labels = task.sample(900, 0)
    assert len(values.unique()) <= bins
    # of all inputs, the estimator that cuts T again with bins of its own counts what was counted
    own = {} if bins == 30 else {"bins": bins}
    found = binning.estimate(values, values[None], labels, **own)
    assert found.mi_xt is not None
    assert found.mi_ty is not None
    assert found.mi_xt[0] == pytest.approx(task.truth_xt)
    assert found.mi_xt[0] == pytest.approx(task.entropy_t)
    assert found.mi_ty[0] == pytest.approx(task.truth_ty)
    assert 0 < task.truth_ty <= task.truth_xt


def test_bins_by_a_plain_count():
    t = torch.tensor([[0.0], [0.9], [1.1], [2.9], [3.0], [4.0]])
    task = layer_in_bins(Population("layer", t, t, torch.tensor([0, 0, 1, 1, 1, 0])), 4)
    # [0, 1) twice, [1, 2) once, [2, 3) once, [3, 4] twice
    assert task.truth_xt == pytest.approx(2 * math.log(3) / 3 + math.log(6) / 3)
    assert sorted(task.sample(6, 0)[1][:, 0].tolist()) == pytest.approx([0.5, 0.5, 1.5, 2.5, 3.5, 3.5])
    # a constant layer knows nothing
    assert layer_in_bins(Population("constant", t, 0 * t, torch.zeros(6).long()), 4).truth_xt == 0


def test_a_population_is_what_was_recorded(tmp_path: Path):
    x, y = np.arange(12, dtype=np.float32).reshape(6, 2), np.arange(6) % 3
    t = {epoch: np.full((6, 2, 2), epoch, np.float32) + x[:, :1, None] for epoch in (0, 4)}
    with activations_writer.create(tmp_path / "a.zarr", [0, 4], 1) as writer:
        writer.add_split("train", x, y)
        for epoch, values in t.items():
            writer.add_epoch("train", 0, epoch, {"layer": Recorded(values, None, None)})
        writer.finish(splits=["train"], layers=["layer"], output=None, model="m", dataset="d", seed=0)
    found = recorded(Activations(tmp_path / "a.zarr"), "train", "layer", 1, "name")
    assert torch.equal(found.x, torch.from_numpy(x))
    assert torch.equal(found.t, torch.from_numpy(t[4].reshape(6, 4)))
    assert torch.equal(found.y, torch.from_numpy(y))
