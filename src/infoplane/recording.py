"""Recording: what a frozen network makes of a whole split, the output of every layer."""

from types import TracebackType

import numpy as np
import torch
from torch import Tensor, nn

from infoplane.activations import Recorded
from infoplane.information import Noise
from infoplane.layers import Network, noise_of
from infoplane.training import EVALUATION_BATCH


class Recorder:
    """What to keep of a network's passes: the outputs of its layers, or of some, or of other submodules.

    Args:
        network: names its layers in `layers` (infoplane.models).
        layers: `all`, or the names of those to keep: of its layers, or of any of its submodules.
        pre_activation: also keep, as `<layer>_pre`, what goes into each layer's submodule `activation`.

    Attributes:
        names: of what is kept, in order.
    """

    def __init__(self, network: Network, layers: str | list[str], *, pre_activation: bool):
        self.network = network
        self.names: list[str] = []
        self.inputs: dict[str, nn.Module] = {}
        self.blocks: dict[str, nn.Module] = {}
        in_order = network.layers
        if layers != "all" and not set(layers) <= set(in_order):
            in_order = [name for name, _ in network.named_modules()]
        for name in in_order:
            if layers != "all" and name not in layers:
                continue
            block = network.get_submodule(name)
            if pre_activation and isinstance(activation := getattr(block, "activation", None), nn.Module):
                self.names.append(f"{name}_pre")
                self.inputs[f"{name}_pre"] = activation
            self.names.append(name)
            self.blocks[name] = block

    def record(self, x: Tensor) -> dict[str, Recorded]:
        """Every kept layer's activations on x, without noise, and the noise that the layer injects in training.

        Args:
            x: inputs, shape (n, ...), on the network's device.
        Returns: t of shape (n, *unit) for each layer, in order.
        """
        self.network.eval()
        with torch.no_grad(), self.listen() as recording:
            for batch in x.split(EVALUATION_BATCH):
                self.network(batch)
        return recording.activations()

    def listen(self) -> "Recording":
        """A context that records what the network is shown in it: in evaluation mode and without gradients."""
        return Recording(self)


class Recording:
    """Forward hooks on a network's layers, which are there within a `with` block and cost nothing outside it."""

    def __init__(self, recorder: Recorder):
        self._recorder = recorder
        self._batches: dict[str, list[np.ndarray]] = {name: [] for name in recorder.names}
        self._noises: dict[str, list[Noise]] = {name: [] for name in recorder.names}
        self._outputs: dict[str, Tensor] = {}

    def __enter__(self) -> "Recording":
        of = self._recorder
        self._hooks = [module.register_forward_pre_hook(self._keeper(name)) for name, module in of.inputs.items()]
        self._hooks += [block.register_forward_hook(self._keeper(name)) for name, block in of.blocks.items()]
        self._hooks.append(of.network.register_forward_hook(self._add_batch))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()

    def activations(self) -> dict[str, Recorded]:
        """Of all passes, one after another, once: t of shape (n, *unit) for each layer, in order."""
        # Each layer's batches go when they are joined: no more than one layer is there twice.
        return {
            name: _recorded(np.concatenate(self._batches.pop(name)), self._noises[name])
            for name in self._recorder.names
        }

    def _keeper(self, name: str):
        """A hook for both ends of a module: the last argument is what goes in (a tuple) or what comes out."""

        def keep(module: nn.Module, *values) -> None:
            value = values[-1]
            self._outputs[name] = value[0] if isinstance(value, tuple) else value

        return keep

    def _add_batch(self, module: nn.Module, *values) -> None:
        """After a whole pass, when a layer that is called several times has given its last output."""
        for name, batches in self._batches.items():
            batches.append(self._outputs[name].cpu().numpy())
            block = self._recorder.blocks.get(name)
            if block is not None and (noise := noise_of(block)):
                self._noises[name].append(noise)
        self._outputs.clear()


def _recorded(t: np.ndarray, noises: list[Noise]) -> Recorded:
    """The activations of all batches, with the noise that each of them met."""
    if not noises:
        return Recorded(t, None, None)
    stds = [noise.std.detach().cpu().numpy().astype(np.float32) for noise in noises]
    # noise that depends on the input has an axis for the samples, other noise is the same for every batch
    std = np.concatenate(stds) if stds[0].ndim == t.ndim else stds[0]
    return Recorded(t, noises[0].kind, std.reshape((1,) * (t.ndim - std.ndim) + std.shape))
