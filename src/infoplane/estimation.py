"""One estimator over every layer and epoch of the recorded activations."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from tqdm import tqdm

from infoplane.activations import Activations
from infoplane.errors import UserError
from infoplane.information import Information, Noise

EPOCHS_AT_A_TIME = {"cpu": 1, "cuda": 64}
"""Epochs in one call: on a CPU one at a time costs no more and shows progress; a GPU works on them together."""


class Piece(NamedTuple):
    """Estimates of one layer at a few epochs of one split."""

    split: str
    layer: str
    epochs: list[int]
    information: Information


def estimate_plane(
    estimate: Callable[..., Information],
    activations: Activations,
    *,
    keywords: Mapping[str, Any],
    seed: int,
    device: torch.device,
    name: str,
) -> Iterator[Piece]:
    """Estimate I(X;T) and I(T;Y) of every layer at every recorded epoch, with a progress bar.

    Args:
        estimate: an estimator (docs/estimators.md).
        keywords: its section of params.yaml.
        name: of the estimator, for the progress bar and for errors.

    Raises:
        UserError: the estimator refuses its input; names the estimator, split, layer and epoch.
    """
    at_a_time = EPOCHS_AT_A_TIME[device.type]
    total = len(activations.splits) * len(activations.layers) * len(activations.epochs)
    bar_format = "{desc:<34} {n_fmt:>3}/{total_fmt} layer-epochs |{bar:24}| {elapsed}, {remaining} left"
    with tqdm(total=total, bar_format=bar_format, mininterval=0.5) as bar:
        for split in activations.splits:
            x, y = (torch.from_numpy(values).to(device) for values in activations.samples(split))
            for layer in activations.layers:
                reserved: dict[str, Any] = {"seed": seed}
                if "extent" in inspect.signature(estimate).parameters:
                    reserved["extent"] = activations.extent(split, layer)
                for start in range(0, len(activations.epochs), at_a_time):
                    block = slice(start, min(start + at_a_time, len(activations.epochs)))
                    epochs = activations.epochs[block]
                    bar.set_description(f"{name}: {split} {layer}")
                    t, noise_kind, noise_std = activations.layer(split, layer, block)
                    noise = None
                    if noise_kind is not None and noise_std is not None:
                        noise = Noise(noise_kind, torch.from_numpy(noise_std).to(device))
                    try:
                        result = estimate(x, torch.from_numpy(t).to(device), y, noise=noise, **reserved, **keywords)
                    except ValueError as error:
                        place = f"layer {layer}, epoch{'s' * (len(epochs) > 1)} {', '.join(map(str, epochs))}"
                        raise UserError(f"estimators.{name}: {place} of {split}: {error}") from error
                    yield Piece(split, layer, epochs, result)
                    bar.update(len(epochs))
