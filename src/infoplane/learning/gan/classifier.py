"""The classifier that tells which digits were generated: trained once, on digits with the noise that the data have."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from infoplane.datasets.dataset import Dataset
from infoplane.models.cnn import Cnn

STEPS, BATCH, LR = 1000, 64, 0.002
PREFIX = "classifier."


def prepare(dataset: Dataset, noise_std: float, seed: int) -> tuple[dict[str, Tensor], float]:
    """Digits of both splits, and the classifier's weights.

    Args:
        dataset: pictures of digits, shape (n, 1, h, w).
        noise_std: of the noise in pixels, which are numbers from -1 to 1.
        seed: of the classifier's training.

    Returns:
        Tensors by name, `images`, `test_images` (uint8, shape (n, h, w)), `labels`, `test_labels` (shape (n,)) and the
        weights; and the classifier's error on test images.
    """
    low, high = float(dataset.train.x.min()), float(dataset.train.x.max())
    tensors = {}
    for prefix, split in (("", dataset.train), ("test_", dataset.test)):
        pixels = np.rint((split.x[:, 0] - low) * (255 / (high - low)))
        tensors[f"{prefix}images"] = torch.from_numpy(pixels.astype(np.uint8))
        tensors[f"{prefix}labels"] = torch.from_numpy(split.y)
    network = _trained(scaled(tensors["images"]), tensors["labels"], noise_std, seed)
    with torch.no_grad():
        error = (network(scaled(tensors["test_images"])[:, None]).argmax(1) != tensors["test_labels"]).double().mean()
    return tensors | {f"{PREFIX}{name}": each for name, each in network.state_dict().items()}, float(error)


def restored(tensors: Mapping[str, Tensor]) -> Cnn:
    """The classifier of logits, for pictures of shape (n, 1, h, w)."""
    network = _network(tuple(tensors["images"].shape[1:])).to(tensors["images"].device)
    network.load_state_dict({k.removeprefix(PREFIX): v for k, v in tensors.items() if k.startswith(PREFIX)})
    return network.eval()


def scaled(images: Tensor) -> Tensor:
    """Pixels from -1 to 1."""
    return images.float() / 127.5 - 1


def _network(sides: tuple[int, ...]) -> Cnn:
    return Cnn((1, *sides), 10, channels=[16, 32], kernel=5, hidden=64, activation="relu")


def _trained(images: Tensor, labels: Tensor, noise_std: float, seed: int) -> Cnn:
    torch.manual_seed(seed)
    network = _network(tuple(images.shape[1:])).train()
    optimizer = torch.optim.Adam(network.parameters(), LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in tqdm(range(STEPS), "data: classifier of digits", mininterval=0.5):
        rows = torch.randint(len(images), (BATCH,))
        x = images[rows][:, None]
        optimizer.zero_grad()
        functional.cross_entropy(network(x + noise_std * torch.randn_like(x)), labels[rows]).backward()
        optimizer.step()
        schedule.step()
    return network.eval()
