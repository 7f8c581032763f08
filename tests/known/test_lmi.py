"""Latent MI's grid and MNIST pairs: what is whose copy, and labels' information by counts."""

import gzip
import math
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane.errors import UserError
from infoplane.known import lmi


@pytest.mark.parametrize(("d", "k", "bits"), [(10, 1, 2.0), (50, 9, 8 / 9), (10, 9, 2.0)])
def test_grid_has_the_information_of_its_first_coordinates(d: int, k: int, bits: float):
    task = lmi.gaussian_in_many(d, k, bits)
    x, t, _ = task.sample(20_000, 3)
    assert x.shape == t.shape == (20_000, d)
    joint = torch.cov(torch.cat([x[:, :k], t[:, :k]], 1).double().T)
    found = (torch.logdet(joint[:k, :k]) + torch.logdet(joint[k:, k:]) - torch.logdet(joint)) / 2
    assert float(found) == pytest.approx(task.truth_xt, abs=0.02)
    assert task.truth_xt == pytest.approx(bits * math.log(2))


def test_other_coordinates_are_copies_or_of_no_use():
    x, t, _ = lmi.gaussian_in_many(50, 9, 2.0).sample(5000, 3)
    own = (50 - 9) // 2
    for side in (x, t):
        correlations = torch.corrcoef(side.double().T)
        assert correlations[9 : 50 - own, :9].max(1).values == pytest.approx(torch.ones(50 - 9 - own).numpy())
        assert correlations[50 - own :, : 50 - own].abs().max() < 0.08
    between = torch.corrcoef(torch.cat([x, t], 1).double().T)[:50, 50:]
    assert between[50 - own :].abs().max() < 0.08
    assert between[:, 50 - own :].abs().max() < 0.08


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """MNIST's files with 600 images for training: a digit's pixels are its label times 25, but for a number."""
    folder = tmp_path / "MNIST/raw"
    folder.mkdir(parents=True)
    for part, n in (("train", 600), ("t10k", 10)):
        labels = np.arange(n, dtype=np.uint8) % 2
        pixels = np.repeat(labels[:, None] * 25, 784, 1).astype(np.uint8)
        pixels[:, 0], pixels[:, 1] = np.arange(n) // 256, np.arange(n) % 256
        for name, array, magic, shape in (
            ("labels-idx1", labels, 2049, (n,)), ("images-idx3", pixels, 2051, (n, 28, 28)),
        ):  # fmt: skip
            header = struct.pack(f">{1 + len(shape)}i", magic, *shape)
            with gzip.open(folder / f"{part}-{name}-ubyte.gz", "wb") as file:
                file.write(header + array.tobytes())
    lmi.zeros_and_ones.cache_clear()
    return tmp_path


def test_labels_of_pairs_have_the_information_and_no_image_comes_twice(raw: Path):
    for task in lmi.mnist_pairs(raw):
        agree, n = 0, 200
        for seed in range(40):
            x, t, y = task.sample(n, seed)
            numbers = torch.cat([x, t])[:, :2]
            assert len(torch.unique(numbers, dim=0)) == 2 * n
            # the last pixel tells the digit
            of_x, of_t = (side[:, -1] > side[:, -1].mean() if side[:, -1].std() > 0 else None for side in (x, t))
            assert torch.equal(of_x, y.bool())
            agree += int((of_x == of_t).sum())
        error = 1 - agree / (40 * n)
        entropy = -sum(p * math.log(p) for p in (error, 1 - error) if p > 0)
        assert math.log(2) - entropy == pytest.approx(task.truth_xt, abs=0.02)


def test_more_images_than_there_are_are_refused(raw: Path):
    with pytest.raises(ValueError, match="are more than the 150 that there are"):
        lmi.digits(raw, 1.0).sample(400, 0)


def test_missing_images_are_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from torchvision import datasets

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(datasets, "MNIST", offline)
    lmi.zeros_and_ones.cache_clear()
    with pytest.raises(UserError, match=r"^dataset mnist cannot be downloaded or read [^\n]*MNIST/raw/$"):
        lmi.mnist_pairs(tmp_path)
