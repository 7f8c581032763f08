"""Recording: a whole split through a frozen network, keeping the output of every layer."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from infoplane.activations import Recorded
from infoplane.information import Noise
from infoplane.layers import Network, noise_of

RECORDING_BATCH = 1000


def _recorded(t: np.ndarray, noises: list[Noise]) -> Recorded:
    """The activations of all batches, with the noise that each of them met."""
    if not noises:
        return Recorded(t, None, None)
    stds = [noise.std.detach().cpu().numpy().astype(np.float32) for noise in noises]
    # noise that depends on the input has an axis for the samples, other noise is the same for every batch
    std = np.concatenate(stds) if stds[0].ndim == t.ndim else stds[0]
    return Recorded(t, noises[0].kind, std.reshape((1,) * (t.ndim - std.ndim) + std.shape))


class Recorder:
    """Forward hooks on a network's layers, which are there while it records and cost nothing while it trains.

    Args:
        network: names its layers in `layers` (infoplane.models).
        layers: `all`, or the names of those to keep: of its layers, or of any of its submodules.
        pre_activation: also keep, as `<layer>_pre`, what goes into each layer's submodule `activation`.
    """

    def __init__(self, network: Network, layers: str | list[str], *, pre_activation: bool):
        self.network = network
        self.names: list[str] = []
        self._outputs: dict[str, Tensor] = {}
        self._inputs: dict[str, nn.Module] = {}
        self._blocks: dict[str, nn.Module] = {}
        in_order = network.layers
        if layers != "all" and not set(layers) <= set(in_order):
            in_order = [name for name, _ in network.named_modules()]
        for name in in_order:
            if layers != "all" and name not in layers:
                continue
            block = network.get_submodule(name)
            if pre_activation and isinstance(activation := getattr(block, "activation", None), nn.Module):
                self.names.append(f"{name}_pre")
                self._inputs[f"{name}_pre"] = activation
            self.names.append(name)
            self._blocks[name] = block

    def record(self, x: Tensor) -> dict[str, Recorded]:
        """Every kept layer's activations on x, without noise, and the noise that the layer injects in training.

        Args:
            x: inputs, shape (n, ...), on the network's device.
        Returns: t of shape (n, *unit) for each layer, in order.
        """
        self.network.eval()
        batches: dict[str, list[np.ndarray]] = {name: [] for name in self.names}
        noises: dict[str, list[Noise]] = {name: [] for name in self.names}
        with torch.no_grad(), self._hooks():
            for batch in x.split(RECORDING_BATCH):
                self._outputs.clear()
                self.network(batch)
                for name in self.names:
                    batches[name].append(self._outputs[name].cpu().numpy())
                    if name in self._blocks and (noise := noise_of(self._blocks[name])):
                        noises[name].append(noise)
        self._outputs.clear()
        return {name: _recorded(np.concatenate(parts), noises[name]) for name, parts in batches.items()}

    @contextmanager
    def _hooks(self) -> Iterator[None]:
        hooks = [module.register_forward_pre_hook(self._keeper(name)) for name, module in self._inputs.items()]
        hooks += [block.register_forward_hook(self._keeper(name)) for name, block in self._blocks.items()]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _keeper(self, name: str):
        """A hook for both ends of a module: the last argument is what goes in (a tuple) or what comes out."""

        def keep(module: nn.Module, *values) -> None:
            value = values[-1]
            self._outputs[name] = value[0] if isinstance(value, tuple) else value

        return keep
