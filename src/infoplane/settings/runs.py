"""The section `estimators` of params.yaml: each key is a run of a method, whose keyword arguments are the schema."""

import re
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from infoplane import estimators
from infoplane.errors import UserError, in_one_line
from infoplane.named import PARAMS, Named
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
        reduced: in words, what T is of layers of which less is recorded than they have; empty where all is.
    """

    key: str
    method: str
    parts: int
    keywords: dict[str, Any]
    defaults: dict[str, Any]
    reduced: str = ""

    @property
    def module(self) -> Any:
        """The estimator's module; imports it."""
        return estimators.find(self.method, f"estimators.{self.key}.method")

    @property
    def named(self) -> Named:
        """The estimator's file, not imported."""
        return estimators.named(self.method, f"estimators.{self.key}.method")

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
    keywords = {name: value for name, value in section.items() if name not in ("method", "parts")}
    method = estimators.named(section["method"], f"{name}.method")
    accepted = method.keywords()
    if taken := {"method", "parts"} & set(accepted):
        raise UserError(f"{PARAMS}: {name}: {taken.pop()} is a key of every estimator, and cannot be a keyword of one")
    values = checked(schema_of(method.attribute, accepted, name), keywords, name)
    given, left = ({key: value for key, value in values if (key in keywords) is wanted} for wanted in (True, False))
    return Run(key, section["method"], checked(_Parts, {"parts": section.get("parts", 1)}, name).parts, given, left)


class _Parts(Section):
    parts: Annotated[int, Field(ge=1, le=10_000)]
