"""The stages of a network that names no layers of its own: the children that it calls, in order."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from infoplane.errors import in_one_line

PASSING = (nn.Identity, nn.Dropout)
"""What passes on what it gets, outside training: no layer beside the one before."""


def with_stages(network: Any, input_shape: tuple[int, ...], remarks: list[str]) -> Any:
    """The network as infoplane takes it: with its stages as layers, and remarks.

    Args:
        network: takes samples of this shape.
        remarks: what is to be said of how it was built.

    Raises:
        ValueError: a sample of this shape cannot pass.
    """
    network.layer_names = stages(network, input_shape)
    if not hasattr(network, "layers"):
        network.layers = network.layer_names
    network.remarks = tuple(remarks)
    return network


def stages(network: nn.Module, input_shape: tuple[int, ...]) -> tuple[str, ...]:
    """The names of the children that the network calls when it is evaluated, in order of their first call.

    Of a list of modules, which is not called itself, it is those in the list.

    Raises:
        ValueError: a sample of this shape cannot pass.
    """
    called: dict[str, None] = {}
    hooks = [
        child.register_forward_hook(partial(_note, called, name))
        for name, child in _children(network)
        if not isinstance(child, PASSING)
    ]
    was_training = network.training
    device = next(network.parameters()).device
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *input_shape, device=device))
    except Exception as error:  # of whatever type, by whatever the library's code does with these sizes
        raise ValueError(f"an x of shape {input_shape} cannot pass: {in_one_line(error)}") from error
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return tuple(called)


def _children(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, child in network.named_children():
        if isinstance(child, nn.ModuleList):
            yield from ((f"{name}.{inner}", module) for inner, module in _children(child))
        else:
            yield name, child


def _note(called: dict[str, None], name: str, *_: object) -> None:
    called[name] = None
