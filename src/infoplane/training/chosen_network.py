"""The network that params.yaml chooses: built for its data set and, where it is none of ours, tried."""

from typing import Any

import torch
from torch import nn

from infoplane import datasets, models
from infoplane.errors import UserError, in_one_line
from infoplane.models.parts.layers import Network, layers_of, noise_of
from infoplane.named import PARAMS, is_own
from infoplane.settings.network import place, refuse_without_noise
from infoplane.settings.params import Params
from infoplane.settings.schema import one_of
from infoplane.training.graph_nodes import node_names
from infoplane.training.recording import Recorder


def build(params: Params, device: str | torch.device) -> Network:
    """The chosen network, not trained here, for the chosen data set's shape and classes.

    Raises:
        UserError: the network cannot be built for these data, or a name in its section does not exist.
    """
    arguments: tuple[Any, ...] = datasets.shape_and_classes(params.dataset)
    section = models.section(params.model)
    network_class = models.find(params.model)
    in_library = models.in_library(params.model)
    if in_library:
        arguments = (in_library[1], *arguments, params.inputs)
    elif not (isinstance(network_class, type) and issubclass(network_class, nn.Module)):
        raise models.named(params.model).lacking()
    values = params.models[section]
    # Others have the network's own defaults.
    given = {name: value for name, value in values if name in values.model_fields_set}
    try:
        with torch.device(device):
            network: Any = network_class(*arguments, **given)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{place(params)}: {' '.join(str(error).split())}") from error
    except UserError:
        raise
    except Exception as error:  # whatever the user's or a library's constructor does
        if not is_own(params.model):
            raise
        reason = in_one_line(error)
        raise UserError(f"{place(params)}: {section}(input_shape, classes, ...) cannot be called: {reason}") from error
    if not hasattr(network, "layers"):
        network.layers = tuple(name for name, _ in network.named_children())
    return network


def check(params: Params) -> None:
    """Build the network and pass two samples through it: what `settings.network.check` cannot tell without a plan.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    network = build(params, device="cpu")
    layers = layers_of(network)
    if not (isinstance(layers, tuple | list) and all(isinstance(name, str) for name in layers)):
        raise UserError(f"{place(params)}: the attribute `layers` must be names of submodules, not {layers!r}")
    modules = {name: module for name, module in network.named_modules(remove_duplicate=False) if name}
    if isinstance(params.record.layers, list):
        layers = params.record.layers
        if not set(layers) <= modules.keys():
            allowed = [*modules, *(name for name in node_names(network) if name not in modules)]
            for layer in layers:
                one_of("record.layers", layer, allowed)
    _check_forward(params, network)
    if not any(noise_of(modules[layer]) for layer in layers if layer in modules):
        refuse_without_noise(params)
    for remark in getattr(network, "remarks", ()):
        print(f"model {params.model}: {remark}")


def try_samples(network: Network, params: Params, x: torch.Tensor) -> None:
    """Pass some samples of the data set itself, whose type is known only now, through the network as it evaluates.

    Raises:
        UserError: they cannot pass.
    """
    try:
        with torch.no_grad():
            network.eval()(x)
    except UserError:
        raise
    except Exception as error:  # whatever the network does with what it is not made for
        kind = f"{str(x.dtype).removeprefix('torch.')} of shape {tuple(x.shape[1:])}"
        raise UserError(
            f"{PARAMS}: model = {params.model!r}: x of dataset {params.dataset}, {kind}, cannot pass: "
            f"{in_one_line(error)}"
        ) from error


def _check_forward(params: Params, network: Network) -> None:
    """Two samples through the network, before anything is trained for hours."""
    shape, classes = datasets.shape_and_classes(params.dataset)
    where = f"{PARAMS}: model = {params.model!r} on dataset {params.dataset}"
    x = torch.zeros(2, *shape, dtype=getattr(network, "input_dtype", torch.float32))
    try:
        network.train()(x)
        logits = network.eval()(x)
    except Exception as error:  # whatever the user's network does
        raise UserError(f"{where}: two samples cannot pass: {in_one_line(error)}") from error
    if not isinstance(logits, torch.Tensor) or logits.shape != (2, classes):
        returned = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise UserError(f"{where}: it returns {returned} for two samples, not logits of shape (2, {classes})")
    try:
        Recorder(network, params.record.layers, pre_activation=params.record.pre_activation).record(x)
    except (AttributeError, LookupError) as error:
        raise UserError(f"{where}: `layers` names a submodule that it lacks or does not call: {error}") from error
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error
