"""An estimator after a reduction of x and t: `reduced(ksg.estimate, "pca 8")` is called as `ksg.estimate` is.

    I(r(X);r(T)) <= I(X;T),     I(r(T);Y) <= I(T;Y)

Either side is reduced on its own, without labels, so that a shuffled pairing is reduced alike: what is independent
stays so. t is reduced at each epoch anew. The maps come from 85 % of the samples; the others say what share of the
variance they keep. Of isotropic sides of weak dependence, shares a of X and b of T keep about a b of I(X;T) and b of
I(T;Y): the flag `reduced` stands where that is below 90 %, as much as an unflagged value may be off.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from infoplane import reductions
from infoplane.estimators.parts.inputs import check_activations
from infoplane.flags import REDUCED, join_words
from infoplane.information import Information, Noise
from infoplane.reductions.fitted import Fitted

ENOUGH = 0.9
"""Share of the information that is kept where shares of the variance tell, below which a value is flagged."""
GIVEN_BY_LAYER = "extent"
"""The argument of an estimator that is of activations as they were recorded."""


def reduced(estimate: Callable[..., Information], how: str, *, of_x: bool = True) -> Callable[..., Information]:
    """The estimator of X and T that are reduced first.

    Args:
        estimate: an estimator (docs/estimators.md).
        how: `pca k`: the first k principal components, or `autoencoder k`: a code of k units. A side of no more than k
            dimensions stays as it is. `none`: the estimator itself.
        of_x: whether x is reduced, too.

    Returns: what is called as the estimator is. Its diagnostics also have `kept_x` and `kept_t`, the share of the
        variance that is kept of a side that is reduced. Noise that the layer injects is passed on where it is that of
        the reduced layer as well: additive, of one size, under `pca`.

    Raises:
        ValueError: `how` has another form; when called, there are too few samples.
    """
    reduction = reductions.named(how, of_x=of_x)
    if reduction is None:
        return estimate
    k = reduction.k
    kind = import_module(f"{reductions.__name__}.{reduction.kind}")
    seen: dict[bytes, Fitted] = {}

    def of_inputs(x: Tensor, seed: int) -> Fitted:
        # the same x comes with every layer and epoch
        digest = hashlib.sha256(x.cpu().numpy().tobytes())
        digest.update(repr((x.dtype, x.shape, seed)).encode())
        if (key := digest.digest()) not in seen:
            seen[key] = kind.fit(x, k, seed)
        return seen[key]

    @wraps(estimate)
    def after(
        x: Tensor, t: Tensor, y: Tensor, *, noise: Noise | None = None, seed: int = 0, **more: Any
    ) -> Information:
        check_activations(t)
        kept = {}
        if of_x and x.shape[1] > k:
            x, share = of_inputs(x, seed)
            kept["x"] = np.full(len(t), share)
        if t.shape[2] > k:
            of_t = [kind.fit(each, k, seed) for each in t]
            t, kept["t"] = torch.stack([each.codes for each in of_t]), np.array([each.kept for each in of_t])
            noise = _passed_on(noise, kind, t.device)
            more.pop(GIVEN_BY_LAYER, None)
        return _with_kept(estimate(x, t, y, noise=noise, seed=seed, **more), kept)

    return after


def _passed_on(noise: Noise | None, kind: ModuleType, device: torch.device) -> Noise | None:
    """The noise of the reduced layer, where it is known."""
    std = noise.isotropic_std if noise and kind.KEEPS_NOISE else None
    return None if std is None or noise is None else Noise(noise.kind, torch.tensor(std, device=device))


def _with_kept(info: Information, kept: dict[str, np.ndarray]) -> Information:
    """The same with what the reduction keeps among its diagnostics, and flags where that is little."""
    if not kept or (info.mi_xt is None and info.mi_ty is None):
        return info
    flags = {"flag_xt": info.flag_xt, "flag_ty": info.flag_ty}
    for name, sides in (("flag_xt", "xt"), ("flag_ty", "t")):
        share = np.prod([np.clip(kept[side], 0, 1) for side in sides if side in kept], 0)
        little = np.broadcast_to(share < ENOUGH, len(info.flag))
        flags[name] = [join_words(*each) for each in zip(flags[name], np.where(little, REDUCED, ""), strict=True)]
    return info.changed(**flags, diagnostics={**info.diagnostics, **{f"kept_{side}": kept[side] for side in kept}})
