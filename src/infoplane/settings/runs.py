"""The section `estimators` of params.yaml: each key is a run of a method, whose keyword arguments are the schema."""

import re
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from infoplane import estimators, reductions
from infoplane.errors import UserError, in_one_line
from infoplane.named import PARAMS, Named
from infoplane.reductions import Reduction
from infoplane.settings.schema import Section, checked, one_of_ours, schema_of, shown

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Keys become file names."""


class Run(NamedTuple):
    """A key of the section `estimators`.

    Attributes:
        key: of the section.
        method: what it names.
        parts: equal, disjoint, random parts of the samples, each of which is estimated alone.
        keywords: of the estimator, as the section gives them; others have the estimator's defaults.
        defaults: those of the other keywords.
        reduction: of x and t before the estimator sees them; None for none.
        reduced: in words, what T is of layers of which less is recorded than they have; empty where all is.
    """

    key: str
    method: str
    parts: int
    keywords: dict[str, Any]
    defaults: dict[str, Any]
    reduction: Reduction | None = None
    reduced: str = ""

    @property
    def module(self) -> Any:
        """The estimator's module, or what stands for it where it is shown x and t that are reduced; imports it."""
        module = estimators.find(self.method, f"estimators.{self.key}.method")
        if self.reduction is None:
            return module
        reduced = {"estimate": self.reduction.wrapped(module.estimate), "reduction": self.reduction}
        return SimpleNamespace(**vars(module) | reduced)

    @property
    def named(self) -> Named:
        """The estimator's file, not imported."""
        return estimators.named(self.method, f"estimators.{self.key}.method")

    @property
    def compares_x(self) -> bool:
        """Whether it looks at x itself, and not only at which samples differ."""
        return compares_x(self.named, self.defaults | self.keywords)

    @property
    def same_t(self) -> bool:
        """Whether I(X;T|Y) is the difference of its axes: of one T, and of an X that has all that T knows of Y."""
        x_is_whole = self.reduction is None or not self.reduction.of_x
        return x_is_whole and bool(self.named.value("SAME_T", False))

    @property
    def streams(self) -> bool:
        """Whether it can read samples in blocks; what is reduced is held."""
        return self.reduction is None and bool(self.named.value("STREAMS", False))

    def measured(self, units: str) -> tuple[str | None, str | None]:
        """What is measured in place of I(X;T) and I(T;Y), with units, for the axes of figures.

        None for an axis that the estimator does not give.

        Raises:
            UserError: the estimator's constant is no text, or has a place for what is no keyword.
        """
        return self._formula("MEASURES_XT", units), self._formula("MEASURES_TY", units)

    def _formula(self, name: str, units: str) -> str | None:
        formula = self.named.value(name, MEASURED[name])
        if formula is None:
            return None
        try:
            filled = formula.format(**self.defaults, **self.keywords)
            filled = self.reduction.formula(filled) if self.reduction else filled
            return "; ".join(filter(None, [filled, self.reduced])) + f" [{units}]"
        except (LookupError, ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"{PARAMS}: estimators.{self.key}: {name} = {shown(formula)} is no text in which keywords can be "
                f"filled in: {in_one_line(error)}"
            ) from error


MEASURED = {"MEASURES_XT": "I(X;T)", "MEASURES_TY": "I(T;Y)"}
"""Constants of an estimator's file, and what an estimator of the user's that lacks one measures."""


def checked_run(key: str, section: Any) -> Run:
    """The run that a key of the section asks for.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    name = f"estimators.{key}"
    if not KEY.fullmatch(key):
        raise UserError(f"{PARAMS}: estimators: the key {key!r} names files: only letters, digits, - and _ are allowed")
    if not isinstance(section, dict) or "method" not in section:
        raise UserError(
            f"{PARAMS}: {name} = {shown(section)}: needs a key `method`, one of {', '.join(estimators.names())}"
        )
    one_of_ours(f"{name}.method", section["method"], estimators.names())
    keywords = {name: value for name, value in section.items() if name not in OF_EVERY}
    method = estimators.named(section["method"], f"{name}.method")
    accepted = method.keywords()
    if taken := set(OF_EVERY) & set(accepted):
        raise UserError(f"{PARAMS}: {name}: {taken.pop()} is a key of every estimator, and cannot be a keyword of one")
    values = checked(schema_of(method.attribute, accepted, name), keywords, name)
    given, left = ({key: value for key, value in values if (key in keywords) is wanted} for wanted in (True, False))
    every = checked(_OfEvery, {name: section[name] for name in OF_EVERY[1:] if name in section}, name)
    reduction = reductions.named(every.reduce, of_x=compares_x(method, left | given))
    if reduction:
        _check_reduced(name, every.reduce, method, left | given)
    return Run(key, section["method"], every.parts, given, left, reduction)


def compares_x(method: Named, keywords: dict[str, Any]) -> bool:
    """Whether a method looks at x itself, under all keywords of its section."""
    said = method.value("COMPARES_X", False)
    # the name of a keyword: unless it is set
    return not keywords.get(said) if isinstance(said, str) else bool(said)


def _check_reduced(name: str, how: str, method: Named, keywords: dict[str, Any]) -> None:
    """Raise a UserError where an estimator needs what is known only of the layer as it was recorded."""
    reason = ""
    if method.value("NEEDS_NOISE", False):
        reason = "the method needs the noise that the layer injects, which is not known of reduced activations"
    elif "extent" in method.keywords() and keywords.get("edges") not in ("epoch", "quantile"):
        edges = f": edges = {shown(keywords['edges'])} must be epoch or quantile" if "edges" in keywords else ""
        reason = f"the ends of activations over all epochs are not known of reduced ones{edges}"
    if reason:
        raise UserError(f"{PARAMS}: {name}.reduce = {how!r}: {reason}")


def _reduction(value: Any) -> Any:
    reductions.named(value)
    return value


OF_EVERY = ("method", "parts", "reduce")
"""Keys of a section that are no keywords of its method."""


class _OfEvery(Section):
    parts: Annotated[int, Field(ge=1, le=10_000)] = 1
    reduce: Annotated[Any, BeforeValidator(_reduction)] = "none"
