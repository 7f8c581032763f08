"""The network that params.yaml chooses: built, checked against data and other sections, told from others."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import torch

from infoplane import datasets, models
from infoplane.errors import UserError, in_one_line
from infoplane.models.parts.layers import Network, noise_of
from infoplane.settings.params import Params
from infoplane.settings.recorded_epochs import recorded_epochs
from infoplane.settings.schema import PATH, one_of
from infoplane.training.recording import Recorder

NETWORKS = Path("networks")
"""Where the pipeline looks for a network of the user's own (dvc.yaml)."""


def build(params: Params, device: str | torch.device) -> Network:
    """The chosen network, untrained, for the chosen data set's shape and classes.

    Raises:
        UserError: the network cannot be built for these data, or a name in its section does not exist.
    """
    data_set = datasets.find(params.dataset)
    section = models.section(params.model)
    place = f"{PATH}: models.{section}: on dataset {params.dataset}"
    network_class = models.find(params.model)
    try:
        with torch.device(device):
            network: Any = network_class(data_set.shape, data_set.classes, **dict(params.models[section]))
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{place}: {error}") from error
    except TypeError as error:
        if not models.is_own(params.model):
            raise
        raise UserError(f"{place}: {section}(input_shape, classes, ...) cannot be called: {error}") from error
    if not hasattr(network, "layers"):
        network.layers = tuple(name for name, _ in network.named_children())
    return network


def check(params: Params) -> None:
    """What no section of params.yaml can tell alone.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    _check_epochs(params)
    network = build(params, device="cpu")
    layers = list(network.layers)
    if isinstance(params.record.layers, list):
        if models.is_own(params.model):
            layers = [name for name, _ in network.named_modules() if name]
        for layer in params.record.layers:
            one_of("record.layers", layer, layers)
        layers = params.record.layers
    _check_forward(params, network)
    if not any(noise_of(network.get_submodule(layer)) for layer in layers):
        for key, run in params.estimators.items():
            if getattr(run.module, "NEEDS_NOISE", False):
                raise UserError(
                    f"{PATH}: estimators.{key}: no recorded layer injects noise: set "
                    f"models.{models.section(params.model)}.dropout, or drop this estimator with -S '~estimators.{key}'"
                )


def identity(params: Params) -> dict[str, Any]:
    """What the untrained network depends on, but the seed: its name, its section and the SHA-256 of its source files.

    Of a network of ours that is its own file; of one of the user's all Python files in networks/, or below the folder
    where it lies, since it may import them.
    """
    source = Path(sys.modules[models.find(params.model).__module__].__file__ or "").resolve()
    folder, files = source.parent, [source]
    if models.is_own(params.model):
        folder = NETWORKS.resolve() if source.is_relative_to(NETWORKS.resolve()) else source.parent
        files = sorted(folder.rglob("*.py"))
    return {
        "model": params.model,
        "section": params.models[models.section(params.model)].model_dump(mode="json"),
        "sha256": {
            file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
        },
    }


def _check_epochs(params: Params) -> None:
    if isinstance(params.record.epochs, list):
        wrong = [epoch for epoch in params.record.epochs if not 0 <= epoch <= params.train.epochs]
        if wrong:
            raise UserError(
                f"{PATH}: record.epochs = {params.record.epochs}: {wrong[0]} is not from 0 to train.epochs = "
                f"{params.train.epochs}"
            )
    try:
        recorded_epochs(params.record.epochs, params.train.epochs)
    except ValueError as error:
        raise UserError(f"{PATH}: record.epochs = {params.record.epochs!r}: {error}") from error


def _check_forward(params: Params, network: Network) -> None:
    """Two samples through the network, before anything is trained for hours."""
    data_set = datasets.find(params.dataset)
    place = f"{PATH}: model = {params.model!r} on dataset {params.dataset}"
    x = torch.zeros(2, *data_set.shape)
    try:
        network.train()(x)
        logits = network.eval()(x)
    except (ValueError, RuntimeError, LookupError, TypeError, AttributeError) as error:
        reason = in_one_line(error)
        raise UserError(f"{place}: two samples cannot pass: {reason}") from error
    if not isinstance(logits, torch.Tensor) or logits.shape != (2, data_set.classes):
        shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise UserError(f"{place}: it returns {shape} for two samples, not logits of shape (2, {data_set.classes})")
    try:
        Recorder(network, params.record.layers, pre_activation=params.record.pre_activation).record(x)
    except (AttributeError, LookupError) as error:
        raise UserError(f"{place}: `layers` names a submodule that it lacks or does not call: {error}") from error
    except ValueError as error:
        raise UserError(f"{place}: {error}") from error
