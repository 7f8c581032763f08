"""Recording the output of every layer of a frozen network on a whole split."""

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from infoplane.information import Noise
from infoplane.models.parts.layers import Network, layers_of, noise_of
from infoplane.storage.activations import Recorded
from infoplane.training.batches import EVALUATION_BATCH, evaluating
from infoplane.training.kept import InMemory, Kept, Streamed
from infoplane.training.reduction import Reduction

if TYPE_CHECKING:
    from infoplane.training.graph_nodes import TappedNetwork

NO_REDUCTION = Reduction("none")


class Recorder:
    """Records the outputs of a network's layers, of some of them, or of other submodules or operations.

    Layers of all tokens, of shape (n, length, width), are pooled by the network's `pool_tokens`, where it has one.

    Args:
        network: names its layers in `layers` (infoplane.models).
        layers: `all`, or the names of those to keep: of its layers, of any of its submodules, or of operations between
            them (infoplane.training.graph_nodes).
        pre_activation: also keep, as `<layer>_pre`, what goes into each layer's submodule `activation`.
        reduction: what is kept of large layers.

    Attributes:
        names: of what is kept, in order.
        input_from: of a name, the submodule whose input is kept.
        output_from: of a name, the module whose output is kept: the submodule, or a tap behind an operation.
        noise_from: of a name, the submodule whose noise is kept.
        tapped: where operations are kept, what runs in the place of the network's `forward` while it is recorded.
        units: of a name, the shape of one sample's activations before they are reduced; known when one has been shown.

    Raises:
        UserError: there is no such operation, or the network's code cannot be followed.
    """

    def __init__(
        self,
        network: Network,
        layers: str | list[str],
        *,
        pre_activation: bool,
        reduction: Reduction = NO_REDUCTION,
    ):
        self.network, self.reduction = network, reduction
        self.units: dict[str, tuple[int, ...]] = {}
        self.names: list[str] = []
        self.input_from: dict[str, nn.Module] = {}
        self.output_from: dict[str, nn.Module] = {}
        # of networks that are not ours, `layers` can be anything
        named = layers_of(network) if layers == "all" or hasattr(network, "layers") else ()
        in_order = list(named) if isinstance(named, tuple | list) else []
        self.noise_from: dict[str, nn.Module] = {}
        self.tapped: TappedNetwork | None = None
        submodules: list[str] = []
        if layers != "all" and not set(layers) <= set(in_order):
            in_order = [name for name, _ in network.named_modules(remove_duplicate=False)]
            nodes = [name for name in layers if name not in in_order]
            if nodes:
                submodules = [name for name in in_order if name in layers]
                self.tapped = _tapped(network, nodes, submodules)
                in_order = self.tapped.order
        for name in in_order:
            if layers != "all" and name not in layers:
                continue
            if self.tapped and name in self.tapped.taps:
                self.names.append(name)
                self.output_from[name] = self.tapped.taps[name]
                if name in submodules:
                    self.noise_from[name] = network.get_submodule(name)
                continue
            module = self.noise_from[name] = network.get_submodule(name)
            if pre_activation and isinstance(activation := getattr(module, "activation", None), nn.Module):
                self.names.append(f"{name}_pre")
                self.input_from[f"{name}_pre"] = activation
            self.names.append(name)
            self.output_from[name] = module

    def record(self, x: Tensor, batch: int = EVALUATION_BATCH) -> dict[str, Recorded]:
        """Every kept layer's activations on x, without noise, and the noise that the layer injects in training.

        Args:
            x: inputs, shape (n, ...), on the network's device.
            batch: samples in a forward pass.
        Returns: t of shape (n, *unit) for each layer, in order.
        """
        in_memory = InMemory(len(x))
        with self.listen(in_memory):
            self.show(x.split(batch))
        return in_memory.recorded(self.names)

    def listen(self, kept: Kept) -> "Recording":
        """A context that records what the network is shown within it: in evaluation mode and without gradients.

        Args:
            kept: where activations go.
        """
        return Recording(self, kept, self.reduction)

    def show(self, batches: Iterable[Tensor]) -> None:
        """Pass batches of inputs through the network, in evaluation mode and without gradients."""
        with evaluating(self.network):
            for x in batches:
                self.network(x)

    def learn(self, batches: Iterable[Tensor]) -> None:
        """Let the reduction see the samples, where it has to before it can reduce any.

        Raises:
            UserError: there are too few.
        """
        if self.reduction.is_learned:
            self.reduction.forget()
            learning = Streamed(lambda layer, block: self.reduction.learn(layer, torch.from_numpy(block.t)))
            with Recording(self, learning, NO_REDUCTION):  # what it learns from is not reduced
                self.show(batches)
            self.reduction.learned()


class Recording:
    """Forward hooks on a network's layers; they exist within a `with` block and cost nothing outside it."""

    def __init__(self, recorder: Recorder, kept: Kept, reduction: Reduction):
        self._recorder, self._kept, self._reduction = recorder, kept, reduction
        self._batch = slice(0, 0)
        self._units: dict[str, tuple[int, ...]] = {}
        self._called: set[str] = set()

    def __enter__(self) -> "Recording":
        recorder = self._recorder
        self._hooks = [recorder.network.register_forward_pre_hook(self._begin_batch)]
        for name, module in recorder.input_from.items():
            self._hooks.append(module.register_forward_pre_hook(self._keeper(name)))
        for name, module in recorder.output_from.items():
            self._hooks.append(module.register_forward_hook(self._keeper(name)))
        self._hooks.append(recorder.network.register_forward_hook(self._end_batch))
        if recorder.tapped:
            recorder.network.forward = recorder.tapped.forward
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()
        if self._recorder.tapped:
            del self._recorder.network.forward  # the class has its own

    def _begin_batch(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._batch = slice(self._batch.stop, self._batch.stop + len(inputs[0]))
        self._called.clear()

    def _keeper(self, name: str):
        """A hook for both ends of a module: the last argument is what goes in (a tuple) or what comes out."""
        pool = getattr(self._recorder.network, "pool_tokens", None)

        def keep(module: nn.Module, *values) -> None:
            value = values[-1]
            value = value[0] if isinstance(value, tuple) else value
            if not isinstance(value, Tensor):
                raise ValueError(f"layer {name} returns {type(value).__name__}, and not a tensor")
            value = value if pool is None else pool(value)
            count = self._batch.stop - self._batch.start
            if value.ndim < 2 or len(value) != count:
                shape = tuple(value.shape)
                raise ValueError(f"layer {name} returns shape {shape} for {count} samples: samples must come first")
            # At once: the next layer may work in place.
            self._units[name] = tuple(value.shape[1:])
            self._kept.t(name, self._batch, self._reduction(name, value))
            self._called.add(name)

        return keep

    def _end_batch(self, module: nn.Module, *values) -> None:
        for name in self._recorder.names:
            if name not in self._called:
                raise KeyError(name)
        for name, module in self._recorder.noise_from.items():
            if not self._reduction.changes(self._units[name]) and (noise := noise_of(module)):
                self._keep_noise(name, noise)
        self._recorder.units.update(self._units)
        self._kept.end_batch()

    def _keep_noise(self, name: str, noise: Noise) -> None:
        unit = self._units[name]
        std = noise.std.detach().cpu().numpy().astype(np.float32)
        std = std.reshape((1,) * (1 + len(unit) - std.ndim) + std.shape)
        if std[0].size > 1:
            std = np.broadcast_to(std, (len(std), *unit))
        if self._reduction.kind == "flatten":
            std = std.reshape(len(std), -1)
        self._kept.noise(name, self._batch, noise.kind, std)


def _tapped(network: nn.Module, nodes: list[str], submodules: list[str]) -> "TappedNetwork":
    from infoplane.training.graph_nodes import TappedNetwork  # torchvision takes two seconds

    return TappedNetwork(network, nodes, submodules)
