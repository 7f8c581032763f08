"""Schemas of sections of params.yaml; a mistake is one line that names the key, its value and what is allowed."""

import inspect
import re
import warnings
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from infoplane.errors import UserError, in_one_line
from infoplane.named import PARAMS, choice, is_own
from infoplane.sources import REQUIRED, Keyword

CONTRACT = ("x", "t", "y", "noise", "seed", "extent", "split_size")
"""Arguments of an estimator that come from the store and from `seed`, not from its section."""


class Section(BaseModel):
    """A section of params.yaml: unknown keys, other types and infinite numbers are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def schema_of(name: str, keywords: Mapping[str, Keyword], place: str = "") -> type[BaseModel]:
    """A pydantic model of a function's keyword-only arguments, less those of the estimators' contract.

    Args:
        name: of the function, for the model and for errors.
        place: of the section in params.yaml, for errors.

    Raises:
        UserError: pydantic cannot make a model of an annotation.
    """
    fields: dict[str, Any] = {
        key: (keyword.annotation, ... if keyword.default is REQUIRED else keyword.default)
        for key, keyword in keywords.items()
        if key not in CONTRACT
    }
    try:
        with warnings.catch_warnings():
            # a keyword may have the name of a method of pydantic's
            warnings.simplefilter("ignore", UserWarning)
            return create_model(name, __base__=Section, **fields)
    except Exception as error:  # of whatever type, for whatever the annotation is
        raise UserError(
            f"{PARAMS}: {place}: a keyword of {name} has a type that cannot be checked: {in_one_line(error)}"
        ) from error


def checked(schema: type[BaseModel], section: Any, name: str) -> Any:
    """The section as a model.

    Args:
        name: the section's place in params.yaml, such as `models.mlp`; empty for the whole.

    Raises:
        UserError: the first mistake, and how many more there are.
    """
    try:
        return schema.model_validate(section)
    except ValidationError as error:
        first, *more = error.errors()
        raise UserError(
            f"{PARAMS}: {_explained(schema, first, name)}{f' (and {len(more)} more)' * bool(more)}"
        ) from None


def _explained(schema: type[BaseModel], error: Any, section: str) -> str:
    # A union adds the names of its branches to the place of the error; keys of params.yaml are what is wanted.
    place = [part for part in error["loc"] if isinstance(part, int) or re.fullmatch(r"\w+", str(part))]
    key = ".".join(filter(None, [section, *map(str, place)]))
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] == "extra_forbidden":
        siblings = ", ".join(_fields(schema, place[:-1])) or "none"
        return f"{key} = {shown(error['input'])}: unknown key; known are {siblings}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{key} = {shown(error['input'])}: {message[0].lower()}{message[1:]}"


def _fields(schema: type[BaseModel], place: list) -> list[str]:
    for part in place:
        annotation = next(
            field.annotation for name, field in schema.model_fields.items() if part in (name, field.alias)
        )
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        schema = next(c for c in candidates if inspect.isclass(c) and issubclass(c, BaseModel))
    return [field.alias or name for name, field in schema.model_fields.items()]


def one_of(key: str, value: Any, allowed: list[str]) -> None:
    """Raise a UserError that names the nearest unless the value of this key is one of the allowed."""
    if value not in allowed:
        raise UserError(f"{PARAMS}: {key} = {shown(value)}: {choice(value, allowed)}")


def one_of_ours(key: str, name: Any, ours: list[str]) -> None:
    """Raise a UserError unless the name is one of these, or has the form of something of the user's own."""
    if not (isinstance(name, str) and is_own(name)):
        one_of(key, name, ours)


def shown(value: Any) -> str:
    """A value as it stands in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
