"""Less of X and of T before an estimator sees them: `reduce` in a section of `estimators`, one file a kind.

What is measured then is I(r(X);r(T)), which by the data-processing inequality is at most I(X;T). Here is what
params.yaml says of it, without torch; `wrapping` has the function that reduces and estimates.

References: Cover & Thomas (2006), Elements of Information Theory, 2nd edition, Wiley, doi:10.1002/047174882X;
theorem 2.8.1.
"""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

FORM = re.compile(r"none|(pca|autoencoder) [1-9][0-9]{0,4}")
MUST_BE = "must be `none`, `pca k` or `autoencoder k`"
IN_WORDS = {
    "pca": "at most {k} principal components",
    "autoencoder": "an autoencoder's code of at most {k} units",
}
FOLDER = Path(__file__).parent


class Reduction(NamedTuple):
    """What x and t are reduced to, each on its own.

    Attributes:
        kind: the name of a file of this folder: `pca` or `autoencoder`.
        k: dimensions that are left; a side that has no more of them stays as it is.
        of_x: whether x is reduced, too; of no use to an estimator that does not look at x.
    """

    kind: str
    k: int
    of_x: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.k}"

    @property
    def files(self) -> tuple[Path, ...]:
        """The code that reduces, which nothing imports by name."""
        return FOLDER / "wrapping.py", FOLDER / f"{self.kind}.py"

    def formula(self, measured: str) -> str:
        """What an estimator measures of reduced sides: `I(X8;T8); X8, T8: ...` in place of `I(X;T)`."""
        # after a word and a colon stands what X is, as in `X: split`
        found = [side for side in ("X", "T")[not self.of_x :] if re.search(rf"\b{side}\b(?!:)", measured)] or ["T"]
        for side in found:
            measured = re.sub(rf"\b{side}\b(?!:)", f"{side}{self.k}", measured)
        sides = ", ".join(f"{side}{self.k}" for side in found)
        return f"{measured}; {sides}: {IN_WORDS[self.kind].format(k=self.k)}{' each' * (len(found) > 1)}"

    def wrapped(self, estimate: Callable[..., Any]) -> Callable[..., Any]:
        """The estimator after this reduction (`wrapping.reduced`); imports torch."""
        return import_module(f"{__name__}.wrapping").reduced(estimate, str(self), of_x=self.of_x)


def named(how: str, *, of_x: bool = True) -> Reduction | None:
    """The reduction that a text such as `pca 8` asks for; None for `none`.

    Raises:
        ValueError: it has another form.
    """
    if not isinstance(how, str) or not FORM.fullmatch(how):
        raise ValueError(MUST_BE)
    kind, _, k = how.partition(" ")
    return Reduction(kind, int(k), of_x) if k else None
