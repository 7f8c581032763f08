"""The recorder that params.yaml asks for, and what is asked of it before and after."""

import math
from copy import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from infoplane.models.parts.layers import Network
from infoplane.settings.params import Params
from infoplane.storage.activations import FLOAT32
from infoplane.training.batches import evaluating
from infoplane.training.kept import InMemory
from infoplane.training.recording import NO_REDUCTION, Recorder
from infoplane.training.reduction import Reduction


def recorder_of(network: Network, chosen: Params) -> Recorder:
    """A recorder of the layers, and of what of them, that the section `record` names."""
    reduction = Reduction(chosen.record.reduce, chosen.seed)
    return Recorder(network, chosen.record.layers, pre_activation=chosen.record.pre_activation, reduction=reduction)


def layer_bytes(recorder: Recorder, x: np.ndarray) -> list[int]:
    """Bytes on the disk of one sample of each layer.

    Args:
        x: two samples.
    """
    whole = copy(recorder)
    whole.reduction = NO_REDUCTION
    sizes = []
    for t, _, std in whole.record(torch.from_numpy(x)).values():
        unit = recorder.reduction.unit(t.shape[1:])
        noise = 0 if std is None or recorder.reduction.changes(t.shape[1:]) else std.nbytes // 2
        sizes.append(FLOAT32 * math.prod(unit) + noise)
    return sizes


def output_of(recorder: Recorder, x: Tensor) -> str | None:
    """The recorded layer whose activations are the network's logits, or None.

    Args:
        x: a few samples, on the network's device.
    """
    kept = InMemory(len(x))
    with recorder.listen(kept), evaluating(recorder.network):
        logits = recorder.network(x).cpu().numpy()
    recorded = kept.recorded(recorder.names)
    for name in reversed(recorder.names):
        if np.array_equal(recorded[name].t.reshape(len(x), -1), logits, equal_nan=True):
            return name
    return None


def reduced_layers(recorder: Recorder) -> list[str]:
    """Names of those layers of which less is recorded than they have."""
    return [name for name, unit in recorder.units.items() if recorder.reduction.changes(unit)]


def described(network: Network, class_names: tuple[str, ...]) -> dict[str, Any]:
    """What the store says where there is something to say: how tokens were pooled, what the classes are called."""
    words = getattr(network, "pooled_by", None)
    return ({"pooled_by": str(words)} if words else {}) | ({"class_names": list(class_names)} if class_names else {})
