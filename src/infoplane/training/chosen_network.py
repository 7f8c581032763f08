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
from infoplane.training.recording import Recorder


def build(params: Params, device: str | torch.device) -> Network:
    """The chosen network, not trained here, for the chosen data set's shape and classes.

    Raises:
        UserError: the network cannot be built for these data, or a name in its section does not exist.
    """
    arguments: tuple[Any, ...] = datasets.shape_and_classes(params.dataset, params.reading)
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


def check(params: Params) -> list[str]:
    """Build the network and pass two samples through it: what `settings.network.check` cannot tell without a plan.

    Returns: the names of the layers that will be recorded, in order.

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
            from infoplane.training.graph_nodes import node_names  # torchvision takes two seconds

            allowed = [*modules, *(name for name in node_names(network) if name not in modules)]
            for layer in layers:
                one_of("record.layers", layer, allowed)
    names = _check_forward(params, network)
    if not any(noise_of(modules[layer]) for layer in layers if layer in modules):
        refuse_without_noise(params)
    for remark in getattr(network, "remarks", ()):
        print(f"model {params.model}: {remark}")
    return names


def _check_forward(params: Params, network: Network) -> list[str]:
    """Two samples through the network, before anything is trained for hours: the names of what is recorded."""
    shape, classes, dtype = datasets.described(params.dataset, params.reading)
    where = f"{PARAMS}: model = {params.model!r} on dataset {params.dataset}"
    wanted = getattr(network, "input_dtype", torch.float32)
    if getattr(torch, dtype) != wanted:
        raise UserError(f"{where}: it takes {_words(wanted)}, and x is {_words(getattr(torch, dtype))}")
    x = torch.zeros(2, *shape, dtype=wanted)
    try:
        network.train()(x)
        logits = network.eval()(x)
    except Exception as error:  # whatever the user's network does
        raise UserError(f"{where}: two samples cannot pass: {in_one_line(error)}") from error
    if not isinstance(logits, torch.Tensor) or logits.shape != (2, classes):
        returned = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise UserError(f"{where}: it returns {returned} for two samples, not logits of shape (2, {classes})")
    try:
        recorder = Recorder(network, params.record.layers, pre_activation=params.record.pre_activation)
        recorder.record(x)
    except (AttributeError, LookupError) as error:
        raise UserError(f"{where}: `layers` names a submodule that it lacks or does not call: {error}") from error
    except ValueError as error:
        raise UserError(f"{where}: {error}") from error
    return recorder.names


def _words(dtype: torch.dtype) -> str:
    return "tokens (int64)" if dtype == torch.int64 else f"numbers ({str(dtype).removeprefix('torch.')})"
