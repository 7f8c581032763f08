"""The value of whichever method can be believed here, by flags and held-out samples alone.

Problem: no estimator is right everywhere, and each says by its flags where it is not. So they are run in turn, and the
first whose value has no flag is taken, on each axis in an order that is the same for all data:

    I(X;T)  one unit and one input: ksg, then mine, gaussian, doe. Neighbours follow edges that critics blur.
            several units: mine, gaussian, doe, ksg. Of these only mine is a bound that held-out pairs vouch for.
    I(T;Y)  mine, classifier, ksg.

Where all have flags, the first of the order is reported with its own. Methods that are hardly ever above the truth
(mine, ksg) also check the one that was taken: `missed`, where one of them has no flag and says more by more than the
tolerance; if that is mine, its value is taken instead, since what held-out pairs show is there.

References: docs/benchmark.md, for where each method is right.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from torch import Tensor

from infoplane.estimators import classifier, doe, gaussian, ksg, mine
from infoplane.flags import MISSED, join_words
from infoplane.information import Information
from infoplane.tolerance import is_beyond_tolerance

MEASURES_XT = "I(X;T), by the method that can be believed"
COMPARES_X = True
MEASURES_TY = "I(T;Y), by the method that can be believed"

METHODS = {"mine": mine, "gaussian": gaussian, "doe": doe, "ksg": ksg, "classifier": classifier}
OF_PAIRS, OF_UNITS = ("ksg", "mine", "gaussian", "doe"), ("mine", "gaussian", "doe", "ksg")
OF_LABELS = ("mine", "classifier", "ksg")
SELDOM_ABOVE = ("mine", "ksg")
"""Methods that hardly ever say more than the truth."""
TAKEN = "xt_from_"
"""Before the name of a method, in the diagnostics."""


def estimate(x: Tensor, t: Tensor, y: Tensor, *, noise: object = None, seed: int = 0) -> Information:
    """I(X;T) and I(T;Y), each by the first method of the order above that raises no flag.

    Args:
        x: inputs, shape (n, d_x).
        t: activations at e epochs, shape (e, n, d_t).
        y: class labels, shape (n,).
        noise: not used.
        seed: of all methods.

    Returns: Information in nats, arrays of shape (e,), with the bars and flags of what was taken; a method without a
        bar has its value at both ends. The ceiling of I(T;Y) is H(Y). Diagnostics: `xt_from_<method>` and
        `ty_from_<method>`, 1 where it was taken.

    Raises:
        ValueError: as the methods do.
    """
    found = _Found(lambda name: METHODS[name].estimate(x, t, y, seed=seed))
    return chosen(found, {"xt": order(x.shape[1], t.shape[2]), "ty": OF_LABELS})


def order(d_x: int, d_t: int) -> Sequence[str]:
    """In which methods are asked for I(X;T) of sides of these dimensions."""
    return OF_PAIRS if d_x == d_t == 1 else OF_UNITS


def taken(info: Information, epoch: int) -> str:
    """The method whose I(X;T) an estimate of `best` gives at one epoch; empty for an estimate of another method."""
    marks = {name: of_epochs[epoch] for name, of_epochs in info.diagnostics.items() if name.startswith(TAKEN)}
    return next((name.removeprefix(TAKEN) for name, on in marks.items() if on), "")


class _Found(dict[str, Information]):
    """What methods find, each run when it is first asked for."""

    def __init__(self, run: Callable[[str], Information]):
        super().__init__()
        self._run = run

    def __missing__(self, name: str) -> Information:
        self[name] = self._run(name)
        return self[name]


def chosen(found: Mapping[str, Information], orders: Mapping[str, Sequence[str]]) -> Information:
    """The estimate from what the methods found, for the axes `xt` and `ty` of which the order is given."""
    fields, diagnostics, epochs = {}, {}, len(found["mine"].flag)
    for axis, names in orders.items():
        given_by = [_first_without_flag(found, names, axis, epoch) for epoch in range(epochs)]
        fields |= _fields(found, given_by, axis)
        for name in names:
            diagnostics[f"{axis}_from_{name}"] = np.array([float(each == name) for each in given_by])
    return Information(**fields, flag=(), diagnostics=diagnostics)


def _first_without_flag(found: Mapping[str, Information], names: Sequence[str], axis: str, epoch: int) -> str:
    first = next((name for name in names if not getattr(found[name], f"flag_{axis}")[epoch]), names[0])
    is_mine_right = not getattr(found["mine"], f"flag_{axis}")[epoch]
    return "mine" if is_mine_right and _says_more("mine", first, found, axis, epoch) else first


def _says_more(name: str, other: str, found: Mapping[str, Information], axis: str, epoch: int) -> bool:
    says, taken = (float(getattr(found[each], f"mi_{axis}")[epoch]) for each in (name, other))
    return bool(is_beyond_tolerance(max(says - taken, 0.0), taken))


def _fields(found: Mapping[str, Information], taken: list[str], axis: str) -> dict[str, object]:
    """The fields of one axis, each epoch's from the method that was taken there."""
    value = f"mi_{axis}"
    values: dict[str, object] = {}
    for field in (value, f"{value}_low", f"{value}_high"):
        of = {name: getattr(found[name], field) for name in taken}
        given = {name: getattr(found[name], value) if column is None else column for name, column in of.items()}
        values[field] = np.array([given[name][epoch] for epoch, name in enumerate(taken)])
    if axis == "ty":
        values["ceiling_ty"] = found["mine"].ceiling_ty
    return values | {f"flag_{axis}": [_flag(found, name, axis, epoch) for epoch, name in enumerate(taken)]}


def _flag(found: Mapping[str, Information], taken: str, axis: str, epoch: int) -> str:
    """The flag of what was taken, and whether another that is seldom too large says more."""
    rivals = (name for name in SELDOM_ABOVE if not getattr(found[name], f"flag_{axis}")[epoch])
    is_missed = any(_says_more(name, taken, found, axis, epoch) for name in rivals)
    return join_words(getattr(found[taken], f"flag_{axis}")[epoch], MISSED if is_missed else "")
