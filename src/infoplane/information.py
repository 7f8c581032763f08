"""The contract of an estimator: what goes in, what comes out, and what its values are held to.

All information is in nats. Nothing here depends on how an estimate was made.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np

# an estimator of the user's own finds all that it needs here
from infoplane.flags import (  # noqa: F401
    AXIS_FLAGS,
    BIASED,
    DIVERGED,
    FEW_SAMPLES,
    MISSED,
    NO_NOISE,
    OTHER_NOISE,
    OVERFIT,
    SATURATED,
    UNCONVERGED,
    WIDE,
    join_flags,
    join_words,
)
from infoplane.population import Inputs, population_size  # noqa: F401
from infoplane.tolerance import TOLERANCE, Tolerance, is_beyond_tolerance, label_tolerance  # noqa: F401

SATURATION_REACH = 0.95
"""An estimate above this share of its ceiling counts as saturated."""


NoiseKind = Literal["gaussian", "lognormal", "additive"]


class Noise(NamedTuple):
    """The noise that a network injects at a layer during training: z = t * eps or z = t + eps.

    Attributes:
        kind: `gaussian`: z = t * eps with eps ~ N(1, std^2). `lognormal`: z = t * eps with ln eps ~ N(0, std^2).
            `additive`: z = t + eps with eps ~ N(0, std^2).
        std: array or tensor that broadcasts against t of shape (e, n, d_t).
    """

    kind: NoiseKind
    std: Any

    @property
    def isotropic_std(self) -> float | None:
        """The standard deviation of noise that is added and of one size for all units and samples, or None."""
        std = self.std if hasattr(self.std, "min") else np.asarray(self.std)
        smallest = float(std.min())
        return smallest if self.kind == "additive" and 0 < smallest == float(std.max()) else None


class Comparable(NamedTuple):
    """Under which keywords an estimator's values can be held against the truths of a known distribution.

    Attributes:
        keywords: in place of those of its section, such as no noise of its own, which would change the truth.
        truths: for each axis, `xt` or `ty`, that can be compared, the attribute of `known.Task` with its truth.
    """

    keywords: Mapping[str, Any] = {}
    truths: Mapping[str, str] = {"xt": "truth_xt", "ty": "truth_ty"}


@dataclass(frozen=True)
class Information:
    """Mutual information of one layer at e epochs, in nats.

    Every array has shape (e,). What the estimator cannot say is None; a value that it should have been able to
    say and that is not finite is an error, never a silent NaN.

    Attributes:
        mi_xt: I(X;T), or what the estimator measures in its place (docs/estimators.md).
        mi_ty: I(T;Y).
        mi_xt_low, mi_xt_high, mi_ty_low, mi_ty_high: bounds, or the ends of an error bar.
        ceiling_xt, ceiling_ty: the largest values that could have come out, such as ln n and H(Y).
        flag_xt, flag_ty: a word or more per epoch (joined by "; ") on why mi_xt, or mi_ty, should not be trusted; empty
            where it can be. Those of a field that is None are empty, unless both are None: then both say why.
        flag: the words of either; where it is given, its words go to both. Without any flag all values are believed.
        diagnostics: named arrays of shape (e,), or (e, steps) for curves over training steps.

    Raises:
        ValueError: arrays of different lengths, values that are not finite, or a bound on the wrong side.
    """

    mi_xt: np.ndarray | None = None
    mi_ty: np.ndarray | None = None
    mi_xt_low: np.ndarray | None = None
    mi_xt_high: np.ndarray | None = None
    mi_ty_low: np.ndarray | None = None
    mi_ty_high: np.ndarray | None = None
    ceiling_xt: np.ndarray | None = None
    ceiling_ty: np.ndarray | None = None
    flag: Sequence[str] = ()
    diagnostics: Mapping[str, np.ndarray] = field(default_factory=dict)
    flag_xt: Sequence[str] = ()
    flag_ty: Sequence[str] = ()

    def __post_init__(self):
        # without a flag, the first field that is given tells how many epochs there are
        columns = [np.atleast_1d(value) for name in VALUES if (value := getattr(self, name)) is not None]
        epochs = max(map(len, (self.flag, self.flag_xt, self.flag_ty))) or (len(columns[0]) if columns else 0)
        self._settle_flags(epochs)
        for name in VALUES:
            value = getattr(self, name)
            if value is None:
                continue
            value = np.asarray(value, dtype=np.float64)
            if value.shape != (epochs,):
                raise ValueError(f"{name} has shape {value.shape}, but there are {epochs} epochs")
            if not np.isfinite(value).all():
                raise ValueError(f"{name} is not finite: {value.tolist()}")
            object.__setattr__(self, name, value)
        for axis in ("xt", "ty"):
            low, high = getattr(self, f"mi_{axis}_low"), getattr(self, f"mi_{axis}_high")
            if low is not None and high is not None and (low > high).any():
                raise ValueError(f"mi_{axis}_low is above mi_{axis}_high: {low.tolist()}, {high.tolist()}")

    def changed(self, **fields: Any) -> "Information":
        """The same with other fields; not by `dataclasses.replace`, which would give each axis the flag of both."""
        return replace(self, **{"flag": ()} | fields)

    def _settle_flags(self, epochs: int) -> None:
        """Give each axis its own words and those of both, and `flag` the words of either."""
        of_both, none = self.flag or [""] * epochs, self.mi_xt is None and self.mi_ty is None
        for name in ("flag_xt", "flag_ty"):
            own = getattr(self, name) or [""] * epochs
            if len(own) != len(of_both):
                raise ValueError(f"{name} has {len(own)} entries, but there are {len(of_both)} flags")
            says = none or getattr(self, name.replace("flag", "mi")) is not None
            joint = [join_words(*each) if says else "" for each in zip(of_both, own, strict=True)]
            object.__setattr__(self, name, joint)
        object.__setattr__(self, "flag", [join_words(*each) for each in zip(self.flag_xt, self.flag_ty, strict=True)])


VALUES = (
    "mi_xt", "mi_ty", "mi_xt_low", "mi_xt_high", "mi_ty_low", "mi_ty_high", "ceiling_xt", "ceiling_ty",
)  # fmt: skip
"""The numeric fields of `Information`, in the order of the table's columns."""


@runtime_checkable
class Estimator(Protocol):
    """What a module must have to be an estimator: a file of estimators/, or one of the user's own.

    It may also have `NEEDS_NOISE = True`, where it has no value for a layer without noise; `COMPARES_X = True`, where
    it looks at x itself and not only at which samples differ (or the name of a keyword: unless that is set);
    `SAME_T = True`, where both axes are of one and the same T, with the same bins or noise, so that their difference is
    I(X;T|Y); `STREAMS = True`, where it takes samples that are read in blocks (`estimators.parts.streamed`); and
    `comparable` (see `comparable_with`).
    """

    @property
    def MEASURES_XT(self) -> str | None:
        """What is measured in place of I(X;T), for the axis of a figure; {keyword} is filled in. None: nothing is."""

    @property
    def MEASURES_TY(self) -> str | None:
        """Likewise in place of I(T;Y)."""

    @property
    def estimate(self) -> Callable[..., Information]:
        """`estimate(x, t, y, *, noise=None, seed=0, ...) -> Information`, as the package `estimators` says.

        All other arguments have a type and a default, and their names are the keys of the section in params.yaml. One
        named `extent` is no key: the pipeline fills in the smallest and the largest activation of the layer over all
        epochs (`layer`) and of all layers (`global`). Nor is one named `split_size`: the number of samples of the
        split, of which those given are a part.
        """
        ...


def comparable_with(estimator: object, noise: Noise | None) -> Comparable | None:
    """How an estimator's values can be held against the truths of a distribution whose t gets this noise, if at all.

    A module says so by a function `comparable(noise)`. One without such a function takes samples as they are: it can be
    held to I(X;T) and I(T;Y) of any distribution whose noise is already in the samples.
    """
    if (function := getattr(estimator, "comparable", None)) is not None:
        return function(noise)
    return None if noise else Comparable()


def joined(parts: Sequence[Information]) -> Information:
    """One result for the epochs of several, in this order; of one estimator, so that the same fields are given."""
    values = {
        name: None if getattr(parts[0], name) is None else np.concatenate([getattr(part, name) for part in parts])
        for name in VALUES
    }
    diagnostics = {
        name: np.concatenate([np.asarray(part.diagnostics[name]) for part in parts]) for name in parts[0].diagnostics
    }
    flag_xt, flag_ty = ([words for part in parts for words in getattr(part, name)] for name in AXIS_FLAGS)
    return Information(**values, flag=(), flag_xt=flag_xt, flag_ty=flag_ty, diagnostics=diagnostics)


def to_json(info: Information) -> dict[str, Any]:
    """The result as JSON can hold it, floats to the bit."""
    values = {name: None if (column := getattr(info, name)) is None else column.tolist() for name in VALUES}
    diagnostics = {name: np.asarray(column).tolist() for name, column in info.diagnostics.items()}
    return values | {name: list(getattr(info, name)) for name in AXIS_FLAGS} | {"diagnostics": diagnostics}


def from_json(content: Mapping[str, Any]) -> Information:
    """The result that `to_json` was given."""
    values = {name: None if content[name] is None else np.asarray(content[name]) for name in VALUES}
    diagnostics = {name: np.asarray(column) for name, column in content["diagnostics"].items()}
    flag_xt, flag_ty = (content[name] for name in AXIS_FLAGS)
    return Information(**values, flag=(), flag_xt=flag_xt, flag_ty=flag_ty, diagnostics=diagnostics)


def sample_ceiling(n: int, epochs: int) -> np.ndarray:
    """ln n for each epoch: what n samples can tell apart, and so the most that I(X;T) can come out as.

    References: McAllester & Stratos (2020), Formal limitations on the measurement of mutual information, AISTATS,
    arXiv:1811.04251; theorem 1.1.
    """
    return np.full(epochs, math.log(n))


def is_saturated(mi: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
    """Whether each value is within reach of its ceiling, shape (e,) of bool."""
    return np.asarray(mi) > SATURATION_REACH * np.asarray(ceiling)
