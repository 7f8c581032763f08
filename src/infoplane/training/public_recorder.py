"""Recording a training in a framework of one's own: the store that the pipeline imports, written from any loop."""

from collections.abc import Sequence
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from infoplane.errors import UserError
from infoplane.settings.sections import REDUCE
from infoplane.storage import activations_writer
from infoplane.storage.activations_writer import Writer
from infoplane.storage.imported_splits import SPLITS
from infoplane.training.batches import evaluation_batch
from infoplane.training.kept import stored
from infoplane.training.recorders import reduced_layers
from infoplane.training.recording import Recorder as Hooks
from infoplane.training.reduction import Reduction

Samples = tuple[Tensor, Tensor]


class Recorder:
    """Records layers of a network, whenever asked, on the same samples, into a store for `source: import`.

        with infoplane.Recorder(network, ["fc1", "fc2"], "inputs/run.zarr", train=(x, y)) as recorder:
            for epoch in range(epochs):
                recorder.epoch(epoch)
                ...  # train, in whatever framework

    The store is there when the block ends; if it ends with an error, none is. Between two calls nothing is hooked on
    the network, and `epoch` leaves its modes, its gradients and torch's random numbers as they were.

    Args:
        network: takes a batch of x as its only argument; whatever else it takes, wrap it.
        layers: names of submodules (`network.named_modules()`) whose outputs have the samples first; of a tuple that
            one returns the first entry counts.
        path: of the store.
        reduce: what is kept of large layers, as `record.reduce` in params.yaml.
        seed: of the reduction.
        splits: by name, `train`, `test` or both: x, shape (n, ...), and class labels y, shape (n,), whole numbers.

    Raises:
        UserError: a layer does not exist, no samples are given, x and y are not as many, or a label is no class.
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[str],
        path: str | Path,
        *,
        reduce: str = "none",
        seed: int = 0,
        **splits: Samples,
    ):
        self.network, self.path = network, Path(path)
        self._splits = {name: _checked(name, samples) for name, samples in splits.items()}
        if not self._splits:
            raise UserError("Recorder: no samples: give train=(x, y), test=(x, y) or both")
        if not REDUCE.fullmatch(reduce):
            raise UserError(f"Recorder: reduce = {reduce!r}: must be none, pool, flatten, pca k or random k")
        if not layers:
            raise UserError("Recorder: no layers")
        known = [name for name, _ in network.named_modules(remove_duplicate=False) if name]
        for layer in layers:
            if layer not in known:
                near = get_close_matches(layer, known, n=3) or known[:10]
                raise UserError(f"Recorder: the network has no layer {layer!r}; there are {', '.join(near)}")
        named: Any = network
        self._hooks = Hooks(named, list(layers), pre_activation=False, reduction=Reduction(reduce, seed))
        self._names, self._reduce, self._seed = list(dict.fromkeys(layers)), reduce, seed
        self._has_failed = False
        self._stack = ExitStack()
        self._writer: Writer | None = None

    def __enter__(self) -> "Recorder":
        self._writer = self._stack.enter_context(activations_writer.create(self.path, []))
        for name, (x, y) in self._splits.items():
            self._writer.add_split(name, _stored(x), y.cpu().numpy())
        return self

    def epoch(self, number: int) -> None:
        """Record the network as it is now.

        Args:
            number: of the epoch, or of whatever is counted; greater than the last one.

        Raises:
            UserError: it is not, or an activation is not finite.
        """
        writer = self._open_writer()
        if not isinstance(number, int):
            raise UserError(f"Recorder: epoch {number!r} is no whole number")
        if writer.epochs and number <= writer.epochs[-1]:
            raise UserError(f"Recorder: epoch {number} after epoch {writer.epochs[-1]}: numbers must ascend")
        try:
            self._record(writer, number)
        except (KeyError, ValueError) as error:
            self._has_failed = True
            reason = f"layer {error} is not called" if isinstance(error, KeyError) else str(error)
            raise UserError(f"Recorder: epoch {number}: {reason}") from error
        except BaseException:
            self._has_failed = True
            raise

    def _record(self, writer: Writer, number: int) -> None:
        writer.add_to_epochs(number)
        device = next((parameter.device for parameter in self.network.parameters()), torch.device("cpu"))
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            one = next(iter(self._splits.values()))[0][:1].to(device)
            batch = evaluation_batch(self.network, one)
            for place, (name, (x, y)) in enumerate(self._splits.items()):
                if place == 0:
                    self._hooks.learn(part.to(device) for part in x.split(batch))
                with stored(writer, name, number, len(y)) as kept, self._hooks.listen(kept):
                    self._hooks.show(part.to(device) for part in x.split(batch))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        writer = self._open_writer()
        self._writer = None
        if kind is not None:
            self._stack.__exit__(kind, error, trace)  # which removes the unfinished store
            return
        with self._stack:
            if self._has_failed:
                raise UserError(f"Recorder: an epoch could not be recorded, so there is no {self.path}")
            if not writer.epochs:
                raise UserError(f"Recorder: no epoch was recorded, so there is no {self.path}")
            writer.finish(
                splits=list(self._splits),
                layers=self._names,
                reduce=self._reduce,
                reduced=reduced_layers(self._hooks),
                in_order=False,  # nothing says that each comes from the one before it
                model=type(self.network).__name__,
                dataset="recorded",
                seed=self._seed,
            )

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise UserError("Recorder: use it in a with block: the store is finished where the block ends")
        return self._writer


def _stored(x: Tensor) -> np.ndarray:
    """x as the store has it: tokens as whole numbers, anything else as numbers."""
    is_tokens = x.dtype == torch.int64 and bool(x.min() >= 0)
    return x.detach().to("cpu", torch.int64 if is_tokens else torch.float32).numpy()


def _checked(name: str, samples: Samples) -> Samples:
    if name not in SPLITS:
        raise UserError(f"Recorder: {name}: samples are those of {' or '.join(SPLITS)}")
    x, y = (torch.as_tensor(part) for part in samples)
    if y.ndim != 1 or len(x) != len(y) or not len(y) or y.is_floating_point() or y.min() < 0:
        raise UserError(
            f"Recorder: {name}: x of shape {tuple(x.shape)} and y {y.dtype} of shape {tuple(y.shape)}: a class from 0 "
            "on is wanted for each sample"
        )
    return x, y.long()
