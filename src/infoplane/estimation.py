"""One estimator over every layer and epoch of the recorded activations."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.activations import Activations
from infoplane.errors import UserError
from infoplane.information import Information, Noise

EPOCHS_AT_A_TIME = {"cpu": 1, "cuda": 64}
"""Epochs in one call: on a CPU one at a time costs no more and shows progress; a GPU works on them together."""


class Piece(NamedTuple):
    """Estimates of one layer at a few epochs: of one split, repetition of the network and part of the samples."""

    split: str
    repetition: int
    part: int
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
    parts: int = 1,
) -> Iterator[Piece]:
    """Estimate I(X;T) and I(T;Y) of every layer at every recorded epoch, with a progress bar.

    Args:
        estimate: an estimator (docs/estimators.md).
        keywords: its section of params.yaml.
        name: of the estimator, for the progress bar and for errors.
        parts: equal, disjoint, random parts of the samples, each of which is estimated alone.

    Raises:
        UserError: the estimator refuses its input; names the estimator, split, layer and epoch.
    """
    at_a_time = EPOCHS_AT_A_TIME[device.type]
    runs = list(product(range(activations.repetitions), activations.layers))
    total = len(activations.splits) * len(runs) * len(activations.epochs)
    bar_format = "{desc:<34} {n_fmt:>3}/{total_fmt} layer-epochs |{bar:24}| {elapsed}, {remaining} left"
    with tqdm(total=total, bar_format=bar_format, mininterval=0.5) as bar:
        for split in activations.splits:
            x, y = (torch.from_numpy(values).to(device) for values in activations.samples(split))
            for (repetition, layer), block in product(runs, _blocks(len(activations.epochs), at_a_time)):
                bar.set_description(f"{name}: {split} {layer}")
                epochs = activations.epochs[block]
                reserved: dict[str, Any] = {"seed": seed}
                if "extent" in inspect.signature(estimate).parameters:
                    reserved["extent"] = activations.extent(split, layer, repetition)
                t, noise_kind, noise_std = activations.layer(split, layer, block, repetition)
                noise = None
                if noise_kind is not None and noise_std is not None:
                    noise = Noise(noise_kind, torch.from_numpy(noise_std).to(device))
                samples = Samples(x, torch.from_numpy(t).to(device), y, noise)
                for part, (x_part, t_part, y_part, noise_part) in enumerate(_parts(samples, parts, seed)):
                    try:
                        result = estimate(x_part, t_part, y_part, noise=noise_part, **reserved, **keywords)
                    except ValueError as error:
                        place = f"layer {layer}, epoch{'s' * (len(epochs) > 1)} {', '.join(map(str, epochs))}"
                        raise UserError(f"estimators.{name}: {place} of {split}: {error}") from error
                    yield Piece(split, repetition, part, layer, epochs, result)
                bar.update(len(epochs))


class Samples(NamedTuple):
    """x of shape (n, d_x), t of shape (e, n, d_t), y of shape (n,) and the noise on t."""

    x: Tensor
    t: Tensor
    y: Tensor
    noise: Noise | None


def _blocks(total: int, at_a_time: int) -> list[slice]:
    return [slice(start, min(start + at_a_time, total)) for start in range(0, total, at_a_time)]


def _parts(samples: Samples, parts: int, seed: int) -> Iterator[Samples]:
    """Equal parts of the samples, the same at every layer and epoch; the samples as they are, if parts is 1.

    Raises:
        UserError: there are fewer samples than parts.
    """
    if parts == 1:
        yield samples
        return
    x, t, y, noise = samples
    if parts > len(y):
        raise UserError(f"{len(y)} samples cannot be cut into {parts} parts: lower `parts`")
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed)).to(y.device)
    for chosen in order.tensor_split(parts):
        of_part = noise
        if noise is not None and noise.std.ndim > 1 and noise.std.shape[1] > 1:
            of_part = Noise(noise.kind, noise.std[:, chosen])
        yield Samples(x[chosen], t[:, chosen], y[chosen], of_part)
