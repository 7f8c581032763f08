"""Files that a reader of the pages has: pictures, checkpoints and arrays, in a clone's inputs/."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torchvision.models import resnet18

INPUTS = Path("inputs")


def photos() -> None:
    """Pictures of two classes, of several sizes."""
    rng = np.random.default_rng(0)
    for name, level in (("cat", 60), ("dog", 160)):
        folder = INPUTS / "photos" / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(100):
            noise = rng.integers(0, 90, (80 + number % 3 * 8, 96, 3)) + level
            Image.fromarray(noise.astype("uint8")).save(folder / f"{number:03}.png")


def checkpoints() -> None:
    """Two epochs of the default network, and weights of a ResNet."""
    (INPUTS / "run").mkdir(parents=True, exist_ok=True)
    final = load_file("data/weights.safetensors")
    for epoch, share in ((1, 0.5), (2, 1.0)):
        torch.save({name: value * share for name, value in final.items()}, INPUTS / f"run/epoch{epoch}.pt")
    Path("somewhere").mkdir(exist_ok=True)
    torch.save(resnet18(num_classes=10).state_dict(), "somewhere/resnet.pt")


def own_checkpoints() -> None:
    """Two epochs of docs/extending.md's network."""
    (INPUTS / "run").mkdir(parents=True, exist_ok=True)
    for epoch in (1, 2):
        network = nn.ModuleDict({"body": nn.Sequential(nn.Flatten(), nn.Linear(784, 64)), "head": nn.Linear(64, 10)})
        torch.save(network.state_dict(), INPUTS / f"run/epoch{epoch}.pt")


def arrays() -> None:
    """Activations of another tool."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    layers = {f"{epoch}/hidden1": rng.normal(size=(300, 5)) + epoch * y[:, None] for epoch in (0, 1)}
    np.savez(INPUTS / "mine.npz", y=y, **layers)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        {"photos": photos, "checkpoints": checkpoints, "own_checkpoints": own_checkpoints, "arrays": arrays}[each]()
