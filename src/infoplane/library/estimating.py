"""`infoplane.estimate`: any estimator on arrays of any origin.

Estimators take tensors of fixed shapes, as the pipeline has them. Here numpy arrays, tensors, lists and whatever numpy
can read become such tensors: the same float32 of which a store would have been written, so the same values come out.
"""

import inspect
from typing import Any

import numpy as np
import torch
from torch import Tensor

from infoplane import estimators
from infoplane.datasets.files.labels import classes_of
from infoplane.errors import UserError
from infoplane.information import Information, Noise
from infoplane.named import PARAMS, choice, is_own
from infoplane.settings.schema import checked, schema_of, shown

OF_LABELS = ("mi_ty", "mi_ty_low", "mi_ty_high", "ceiling_ty")


def estimate(
    method: str, x: Any, t: Any, y: Any = None, *, noise: Noise | None = None, seed: int = 0, **keywords: Any
) -> Information:
    """I(X;T) and I(T;Y) of samples, by one of the estimators (docs/estimators.md).

    Args:
        method: `mine`, `ksg` or another file of src/infoplane/estimators/; `module:function` for one of your own.
        x: inputs, shape (n,) or (n, ...), of which all but the first axis are flattened.
        t: activations, or whatever else, of the same samples: shape (n,), (n, d), or (e, n, d) of e epochs.
        y: class labels, shape (n,): whole numbers, truth values or texts. None: I(X;T) alone.
        noise: what the layer injects in training; its std broadcasts against t.
        seed: the one source of randomness.
        keywords: those of the method, as in its section of params.yaml.

    Arrays are numpy's, torch's, or whatever numpy can read; a tensor on a GPU is worked at there.

    Returns: Information in nats, arrays of shape (e,), of shape (1,) for t of one epoch.

    Raises:
        UserError: one line: there is no such method or keyword, shapes or numbers of samples do not fit, a value is
            not finite, or the method refuses them.
    """
    module, given = _chosen(method, keywords)
    device = next((each.device for each in (t, x) if isinstance(each, Tensor)), torch.device("cpu"))
    t = _of_epochs(_numbers("t", t))
    n = t.shape[1]
    x = _numbers("x", x)
    if x.ndim == 0 or len(x) != n:
        raise UserError(
            f"estimate: x of shape {_shape(x)} and t of shape {_shape(t)}: t is (e, n, d) with as many samples as x; "
            "flatten the units of a sample"
        )
    x = x.reshape(n, -1)
    if not bool(torch.isfinite(x).all()):
        raise UserError("estimate: x holds a NaN or an infinity")
    labels = torch.zeros(n, dtype=torch.int64) if y is None else _labels(y, n)
    x, t, labels = (each.to(device) for each in (x, t, labels))
    if "extent" in inspect.signature(module.estimate).parameters:
        whole = float(t.min()), float(t.max())
        given["extent"] = {"layer": whole, "global": whole}
    try:
        found = module.estimate(x, t, labels, noise=_on(device, noise, t), seed=seed, **given)
    except ValueError as error:
        raise UserError(f"estimate: {method}: {str(error).splitlines()[0]}") from error
    return found if y is not None else _without_labels(found, method)


def _chosen(method: str, keywords: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The method's module, and the keywords as its schema has them."""
    if not isinstance(method, str) or not (is_own(method) or method in estimators.names()):
        raise UserError(f"estimate: method = {shown(method)}: {choice(method, estimators.names())}")
    try:
        named = estimators.named(method)
        values = checked(schema_of(named.attribute, named.keywords(), method), keywords, method)
        return estimators.find(method), {key: value for key, value in values if key in keywords}
    except UserError as error:
        raise UserError(f"estimate: {str(error).removeprefix(f'{PARAMS}: ')}") from None


def _numbers(name: str, values: Any) -> Tensor:
    """Values as float32."""
    try:
        if isinstance(values, Tensor):
            if values.is_complex():
                raise TypeError("complex numbers")
            return values.detach().to(torch.float32)
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{array.dtype} is no type of real numbers")
        with np.errstate(over="ignore"):  # becomes an infinity, which is refused
            return torch.from_numpy(np.array(array, dtype=np.float32))
    except (TypeError, ValueError) as error:
        raise UserError(f"estimate: {name} cannot be read as numbers: {str(error).splitlines()[0]}") from error


def _of_epochs(t: Tensor) -> Tensor:
    """t of shape (e, n, d)."""
    if t.ndim == 1:
        t = t[:, None]
    if t.ndim == 2:
        t = t[None]
    if t.ndim != 3:
        raise UserError(
            f"estimate: t of shape {_shape(t)}: must be (n, d), or (e, n, d) of e epochs; flatten the units of a sample"
        )
    if not t.numel():
        raise UserError(f"estimate: t of shape {_shape(t)} is empty")
    return t


def _labels(y: Any, n: int) -> Tensor:
    """Classes 0, 1, ... of shape (n,)."""
    labels = y.detach().cpu().numpy() if isinstance(y, Tensor) else np.asarray(y)
    if labels.shape != (n,):
        raise UserError(f"estimate: y of shape {labels.shape}: one label for each of {n} samples is wanted")
    if labels.dtype == object and all(isinstance(label, str) for label in labels):  # as pandas has texts
        labels = labels.astype(str)
    return torch.from_numpy(classes_of([labels], None, "estimate: y")[1][0])


def _on(device: torch.device, noise: Noise | None, t: Tensor) -> Noise | None:
    """The noise as estimators take it, with as many axes as t."""
    if noise is None:
        return None
    std = _numbers("noise.std", noise.std).to(device)
    try:
        torch.broadcast_to(std, t.shape)
    except RuntimeError:
        raise UserError(
            f"estimate: noise.std of shape {_shape(std)} does not broadcast against t of shape {_shape(t)}"
        ) from None
    return Noise(noise.kind, std.reshape((1,) * (3 - std.ndim) + std.shape))


def _without_labels(found: Information, method: str) -> Information:
    if found.mi_xt is None:
        raise UserError(f"estimate: {method} gives I(T;Y) alone, so that it needs y")
    return found.changed(**dict.fromkeys(OF_LABELS), flag_ty=())


def _shape(values: Tensor) -> tuple[int, ...]:
    return tuple(values.shape)
