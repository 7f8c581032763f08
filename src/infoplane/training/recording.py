"""Recording the output of every layer of a frozen network on a whole split."""

from types import TracebackType

import numpy as np
import torch
from torch import Tensor, nn

from infoplane.information import Noise, NoiseKind
from infoplane.models.parts.layers import Network, layers_of, noise_of
from infoplane.storage.activations import Recorded
from infoplane.training.graph_nodes import TappedNetwork
from infoplane.training.loop import evaluation_batch


class Recorder:
    """Records the outputs of a network's layers, of some of them, or of other submodules or operations.

    Layers of all tokens, of shape (n, length, width), are pooled by the network's `pool_tokens`, where it has one.

    Args:
        network: names its layers in `layers` (infoplane.models).
        layers: `all`, or the names of those to keep: of its layers, of any of its submodules, or of operations between
            them (infoplane.training.graph_nodes).
        pre_activation: also keep, as `<layer>_pre`, what goes into each layer's submodule `activation`.

    Attributes:
        names: of what is kept, in order.
        input_from: of a name, the submodule whose input is kept.
        output_from: of a name, the module whose output is kept: the submodule, or a tap behind an operation.
        noise_from: of a name, the submodule whose noise is kept.
        tapped: where operations are kept, what runs in the place of the network's `forward` while it is recorded.

    Raises:
        UserError: there is no such operation, or the network's code cannot be followed.
    """

    def __init__(self, network: Network, layers: str | list[str], *, pre_activation: bool):
        self.network = network
        self.names: list[str] = []
        self.input_from: dict[str, nn.Module] = {}
        self.output_from: dict[str, nn.Module] = {}
        in_order = list(layers_of(network))
        self.noise_from: dict[str, nn.Module] = {}
        self.tapped: TappedNetwork | None = None
        submodules: list[str] = []
        if layers != "all" and not set(layers) <= set(in_order):
            in_order = [name for name, _ in network.named_modules(remove_duplicate=False)]
            nodes = [name for name in layers if name not in in_order]
            if nodes:
                submodules = [name for name in in_order if name in layers]
                self.tapped = TappedNetwork(network, nodes, submodules)
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

    def record(self, x: Tensor) -> dict[str, Recorded]:
        """Every kept layer's activations on x, without noise, and the noise that the layer injects in training.

        Args:
            x: inputs, shape (n, ...), on the network's device.
        Returns: t of shape (n, *unit) for each layer, in order.
        """
        self.network.eval()
        with torch.no_grad(), self.listen(len(x)) as recording:
            for batch in x.split(evaluation_batch(self.network)):
                self.network(batch)
        return recording.activations()

    def listen(self, samples: int) -> "Recording":
        """A context that records what the network is shown within it: in evaluation mode and without gradients.

        Args:
            samples: how many it will be shown, in batches.
        """
        return Recording(self, samples)


class Recording:
    """Forward hooks on a network's layers; they exist within a `with` block and cost nothing outside it."""

    def __init__(self, recorder: Recorder, samples: int):
        self._recorder, self._samples = recorder, samples
        self._t: dict[str, Tensor] = {}
        self._noise_kinds: dict[str, NoiseKind] = {}
        self._noise_stds: dict[str, np.ndarray] = {}
        self._batch = slice(0, 0)
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

    def activations(self) -> dict[str, Recorded]:
        """Of all passes, one after another, once: t of shape (n, *unit) for each layer, in order."""
        if self._batch.stop != self._samples:
            raise ValueError(
                f"{self._samples} samples were to be recorded, the network has been shown {self._batch.stop}"
            )
        return {
            name: Recorded(self._t.pop(name).numpy(), self._noise_kinds.get(name), self._noise_stds.get(name))
            for name in self._recorder.names
        }

    def _begin_batch(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._batch = slice(self._batch.stop, self._batch.stop + len(inputs[0]))
        self._called.clear()

    def _keeper(self, name: str):
        """A hook for both ends of a module: the last argument is what goes in (a tuple) or what comes out."""
        pool = getattr(self._recorder.network, "pool_tokens", None)

        def keep(module: nn.Module, *values) -> None:
            value = values[-1]
            value = value[0] if isinstance(value, tuple) else value
            value = value if pool is None else pool(value)
            count = self._batch.stop - self._batch.start
            if value.ndim < 2 or len(value) != count:
                shape = tuple(value.shape)
                raise ValueError(f"layer {name} returns shape {shape} for {count} samples: samples must come first")
            if name not in self._t:
                self._t[name] = torch.empty((self._samples, *value.shape[1:]), dtype=value.dtype)
            # At once: the next layer may work in place. Of a layer that is called several times the last output stays.
            self._t[name][self._batch].copy_(value)
            self._called.add(name)

        return keep

    def _end_batch(self, module: nn.Module, *values) -> None:
        for name in self._recorder.names:
            if name not in self._called:
                raise KeyError(name)
        for name, module in self._recorder.noise_from.items():
            if noise := noise_of(module):
                self._keep_noise(name, noise)

    def _keep_noise(self, name: str, noise: Noise) -> None:
        unit = self._t[name].shape[1:]
        std = noise.std.detach().cpu().numpy().astype(np.float32)
        std = std.reshape((1,) * (1 + len(unit) - std.ndim) + std.shape)
        if std[0].size > 1:
            std = np.broadcast_to(std, (len(std), *unit))
        if name not in self._noise_stds:
            # Noise that depends on the input has a row for each sample, other noise is the same for every batch.
            rows = self._samples if len(std) > 1 else 1
            self._noise_kinds[name] = noise.kind
            self._noise_stds[name] = np.empty((rows, *std.shape[1:]), np.float32)
        stored = self._noise_stds[name]
        stored[self._batch if len(stored) > 1 else slice(None)] = std
