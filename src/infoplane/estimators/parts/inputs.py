"""What an estimator refuses."""

import torch
from torch import Tensor

from infoplane.estimators.parts.streamed import Streamed


def check_activations(t: Tensor | Streamed) -> None:
    """Refuse activations that are not finite.

    Args:
        t: activations, shape (e, n, d_t); those of a store are finite.

    Raises:
        TypeError: these are no tensor; other arrays are for `infoplane.estimate`.
        ValueError: naming the first epoch, as an index along the first axis, that holds a NaN or an infinity.
    """
    if isinstance(t, Streamed):
        return
    if not isinstance(t, Tensor):
        raise TypeError(f"t is a {type(t).__name__}, not a torch tensor: infoplane.estimate takes arrays of any kind")
    # both ends of the values, which a NaN spoils, take no memory of the size of a layer
    finite = torch.isfinite(t.amin((1, 2))) & torch.isfinite(t.amax((1, 2)))
    if not finite.all():
        raise ValueError(f"epoch {int(finite.logical_not().nonzero()[0])} of {len(t)} holds a NaN or an infinity")
