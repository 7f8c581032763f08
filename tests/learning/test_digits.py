"""Stacked digits: what they are, how their modes are told, and a generator of them by either kind of network."""

from typing import cast

import numpy as np
import pytest
import torch
from small_objectives import changed

from infoplane.datasets.dataset import Dataset, Split
from infoplane.learning import generators
from infoplane.learning.gan import classifier, measuring
from infoplane.learning.gan.digits import Digits
from infoplane.learning.gan.modes import coverage
from infoplane.learning.gan.networks import coarse
from infoplane.running.journal import Journal
from infoplane.running.unfinished import work

pytestmark = pytest.mark.usefixtures("in_tmp_path")
CPU = torch.device("cpu")


def bars(n: int, seed: int) -> Split:
    """Ten classes that a convolution tells at once: a white bar at one of ten heights."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 10
    x = np.zeros((n, 1, 28, 28), np.float32)
    for row, label in enumerate(y):
        x[row, 0, 4 + 2 * label : 6 + 2 * label, rng.integers(2, 6) :] = 1
    return Split(x, y)


@pytest.fixture(scope="module")
def samples() -> dict[str, torch.Tensor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "STEPS", 120)
        dataset = Dataset("bars", bars(500, 0), bars(100, 1), 10, "", "")
        tensors, error = classifier.prepare(dataset, noise_std=0.1, seed=0)
    assert error == 0
    return tensors


def test_the_mode_of_a_picture_is_its_three_digits(samples):
    target = Digits(samples, channels=3, noise_std=0.1)
    images = classifier.scaled(samples["images"])
    picture = images[[7, 0, 2]][None]  # image i is of class i
    judged = target.judge(torch.cat([picture, picture.mean((2, 3), keepdim=True).expand_as(picture)]))
    assert judged.mode[0] == 702
    assert judged.good.tolist() == [True, False]


def test_the_data_cover_their_own_modes(samples):
    target = Digits(samples, channels=3, noise_std=0.1)
    drawn = target.draw(5000, torch.Generator().manual_seed(0))
    assert drawn.shape == (5000, 3, 28, 28)
    found = coverage(target.judge(drawn), target.m)
    assert found.modes > 980  # all but 1000 e^-5 = 7 of 1000
    assert found.divergence == pytest.approx(999 / 10_000, abs=0.02)


def test_noise_is_in_the_data_and_not_in_pictures_of_one_digit(samples):
    generator = torch.Generator().manual_seed(0)
    assert Digits(samples, 3, 0.1).draw(4, generator).unique().numel() > 1000
    alone = Digits(samples, 1, 0.0)
    assert alone.draw(4, generator).unique().tolist() == [-1, 1]
    assert (alone.m, alone.has_noise) == (10, False)


def test_information_is_of_means_of_pictures_and_of_points_themselves():
    picture = -torch.ones(1, 1, 8, 8)
    picture[0, 0, :2, 4:] = 1
    assert coarse(picture).tolist() == [[0, 1, 0, 0]]
    points = torch.randn(3, 2)
    assert coarse(points) is points


@pytest.mark.parametrize("network", ["linear", "dcgan"])
def test_a_generator_of_stacked_digits(samples, network: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Digits, "judged", 200)
    monkeypatch.setattr("infoplane.learning.gan.training.JUDGED", 100)
    small = {"network": network, "steps": 2, "looks": 1, "batch_size": 8, "generator": [8, 4], "labels": 4}
    settings = changed("stacked_mnist", **small)
    with work("objectives-train", {}) as partial:
        looks, tensors = generators.train(samples, settings, CPU, partial)
    assert looks["step"].tolist() == [0, 2] * 2
    assert len(tensors["weight_1_seed_0.z"]) == 100
    made = tensors["weight_1_seed_0.made"]
    assert made.shape[1:] == (3, 28, 28)
    assert made.abs().max() <= 1
    assert len(tensors["weight_1_seed_0.mode"]) == 200
    with work("objectives-measure", {}) as partial:
        table = measuring.measure(tensors, samples, settings, Journal(partial))
    assert table["flag"].tolist() == [measuring.COLLAPSED] * 2  # after two steps
    assert table["mi_c_read"].notna().all()
    assert (table["modes_every"] >= table["modes"]).all()
    assert "classifier" in cast(str, next(measuring.in_markdown(table)))
