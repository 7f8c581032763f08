"""The section `measures` of params.yaml: which measures of a layer, with which keywords, of how many samples."""

import inspect
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from infoplane import measures
from infoplane.errors import UserError, in_one_line
from infoplane.named import PARAMS, Named, is_own
from infoplane.settings.schema import Section, checked, one_of, schema_of, shown

KEY = "measures.which"
DEFAULT = (
    "effective_rank", "rankme", "participation_ratio", "renyi_entropy", {"renyi_entropy": {"alpha": 1.0}},
    "linear_probe", "v_information",
)  # fmt: skip


class Measures(Section):
    which: list[Any] = Field(default_factory=lambda: list(DEFAULT))
    cka: Literal["unbiased", "biased"] = "unbiased"
    epochs: Annotated[int, Field(ge=1)] = 5
    samples: Annotated[int, Field(ge=2, le=1_000_000)] = 1000


class Chosen(NamedTuple):
    """A measure that params.yaml asks for.

    Attributes:
        measure: what names it.
        keywords: those of its function that are given.
        defaults: those of the others.
    """

    measure: str
    keywords: dict[str, Any]
    defaults: dict[str, Any]

    @property
    def label(self) -> str:
        """What tells it from others in tables: the name, and the keywords that are given."""
        given = ", ".join(f"{key}={value:g}" if type(value) in (int, float) else f"{key}={value}"
                          for key, value in self.keywords.items())  # fmt: skip
        return f"{self.measure}({given})" if given else self.measure

    @property
    def named(self) -> Named:
        """The measure's function, not imported."""
        return measures.named(self.measure, KEY)

    def title(self) -> str:
        """What figures call it: the file's `LABEL`, or else the label.

        Raises:
            UserError: the label is no text, or has a place for what is no keyword.
        """
        text = self.named.value("LABEL", self.label)
        try:
            return text.format(**self.defaults | self.keywords)
        except (LookupError, ValueError, AttributeError, TypeError) as error:
            raise UserError(
                f"{PARAMS}: {KEY}: {self.measure}: LABEL = {shown(text)} is no text in which keywords can be filled in:"
                f" {in_one_line(error)}"
            ) from error


def chosen(section: Measures) -> list[Chosen]:
    """What the list asks for: names, or names with keywords.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    found = [_chosen(entry, f"{KEY}.{place}") for place, entry in enumerate(section.which)]
    labels = [each.label for each in found]
    for label in labels:
        if labels.count(label) > 1:
            raise UserError(f"{PARAMS}: {KEY}: {label} is repeated")
    for each in found:
        each.title()
    return found


def check_own(section: Measures) -> None:
    """Import each measure of the user's own, and see whether it can be called as measures are.

    Raises:
        UserError: one line with the key and what is wrong.
    """
    for each in chosen(section):
        if each.named.is_own:
            keywords = each.keywords | ({"seed": 0} if "seed" in each.named.keywords() else {})
            try:
                inspect.signature(each.named.load()).bind(None, None, **keywords)
            except (TypeError, ValueError) as error:
                reason = f"cannot be called as measure(t, y, *, ...): {in_one_line(error)}"
                raise UserError(f"{PARAMS}: {KEY}: {each.measure}: {reason}") from error


def _chosen(entry: Any, place: str) -> Chosen:
    name, section = entry, {}
    if isinstance(entry, dict) and len(entry) == 1:
        name, section = next(iter(entry.items()))
    if not isinstance(name, str):
        raise UserError(f"{PARAMS}: {place} = {shown(entry)}: must be a name, or one name with its keywords")
    if not is_own(name):
        one_of(place, name, measures.names())
    function = measures.named(name, place)
    values = dict(checked(schema_of(function.attribute, function.keywords(), place), section, place))
    given = {key: value for key, value in values.items() if key in section}
    return Chosen(name, given, {key: value for key, value in values.items() if key not in section})
