"""params.yaml: one pydantic model a section; every error is one line that names the key.

The sections of networks and estimators have no model here: the keyword arguments of their constructor or function
are the schema, so that a new one needs no change of this file.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import torch
import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from infoplane import datasets, estimators, models
from infoplane.errors import UserError
from infoplane.layers import Network, noise_of
from infoplane.schedule import RECORDED_EPOCHS, recorded_epochs

PATH = Path("params.yaml")
CONTRACT = ("x", "t", "y", "noise", "seed", "extent")
"""Arguments of an estimator that come from the store and from `seed`, not from its section."""
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Keys become file names."""


class Section(BaseModel):
    """A section of params.yaml: unknown keys, other types and infinite numbers are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Train(Section):
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]
    optimizer: Literal["adam", "sgd"]
    lr: Annotated[float, Field(gt=0, le=1000)]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0, le=1000)]
    schedule: Literal["constant", "cosine"]


def _names_or_all(value: Any) -> Any:
    if value == "all" or (isinstance(value, list) and value and all(isinstance(name, str) for name in value)):
        return value
    raise ValueError("must be `all` or a list of names")


def _epochs(value: Any) -> Any:
    is_list = isinstance(value, list) and value and all(type(epoch) is int and epoch >= 0 for epoch in value)
    if is_list or (isinstance(value, str) and re.fullmatch(RECORDED_EPOCHS, value)):
        return value
    raise ValueError("must be `all`, `every k`, `log n` or a list of epochs")


def _without_repeats(values: Any) -> Any:
    if isinstance(values, list) and len(set(values)) < len(values):
        raise ValueError("an entry is repeated")
    return values


class Record(Section):
    epochs: Annotated[Any, BeforeValidator(_epochs), AfterValidator(_without_repeats)]
    splits: Annotated[list[Literal["train", "test", "all"]], Field(min_length=1), AfterValidator(_without_repeats)]
    layers: Annotated[Any, BeforeValidator(_names_or_all), AfterValidator(_without_repeats)]
    pre_activation: bool


class Validation(Section):
    tasks: Literal["quick", "full"]
    samples: Annotated[int, Field(ge=100, le=1_000_000)] | None
    seeds: Annotated[int, Field(ge=1, le=100)]


class Plot(Section):
    units: Literal["nats", "bits"]


class Params(Section):
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    device: Literal["auto", "cpu", "cuda"]
    dataset: str
    model: str
    models: dict[str, Any]
    train: Train
    record: Record
    estimators: dict[str, Any]
    validation: Validation
    plot: Plot


def read(path: Path = PATH) -> Params:
    """Read and check the whole of params.yaml, each section and how they fit together.

    Returns: the parameters; `models` and `estimators` hold a checked section (a pydantic model) for each key.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys and values, not {_shown(content)}")
    params = _checked(Params, content, "")
    _one_of("dataset", params.dataset, datasets.names())
    _one_of("model", params.model, models.names())
    for name in params.models:
        _one_of("models", name, models.names())
    if params.model not in params.models:
        raise UserError(f"{PATH}: model = {params.model!r}: there is no section models.{params.model}")
    for name, section in params.models.items():
        params.models[name] = _checked(schema_of(models.find(name)), section, f"models.{name}")
    for key, section in params.estimators.items():
        params.estimators[key] = _checked_estimator(key, section)
    network = build_network(params, device="cpu")
    _check_together(params, network)
    return params


def build_network(params: Params, device: str | torch.device) -> Network:
    """The chosen network, untrained, for the chosen data set's shape and classes.

    Raises:
        UserError: the network cannot be built for these data, or a name in its section does not exist.
    """
    data_set = datasets.find(params.dataset)
    keywords = dict(params.models[params.model])
    try:
        with torch.device(device):
            return models.find(params.model)(data_set.shape, data_set.classes, **keywords)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{PATH}: models.{params.model}: on dataset {params.dataset}: {error}") from error


def schema_of(function: Callable) -> type[BaseModel]:
    """A pydantic model of a function's keyword-only arguments, less those of the estimators' contract."""
    keywords: dict[str, Any] = {
        name: (argument.annotation, ... if argument.default is argument.empty else argument.default)
        for name, argument in inspect.signature(function).parameters.items()
        if argument.kind is argument.KEYWORD_ONLY and name not in CONTRACT
    }
    return create_model(function.__qualname__, __base__=Section, **keywords)


def method(section: Mapping[str, Any]) -> ModuleType:
    """The module of the estimator that a section of `estimators` names."""
    return estimators.find(section["method"])


def estimator(params: Params, key: str) -> dict[str, Any]:
    """The checked section of `estimators` with this key, `method` included.

    Raises:
        UserError: there is none.
    """
    if key not in params.estimators:
        raise UserError(f"{PATH}: estimators.{key} does not exist; there are {', '.join(params.estimators)}")
    return params.estimators[key]


def measured(section: Mapping[str, Any], units: str) -> tuple[str | None, str | None]:
    """What a section's estimator measures in place of I(X;T) and I(T;Y), with units, for the axes of figures."""
    formulas = (getattr(method(section), name) for name in ("MEASURES_XT", "MEASURES_TY"))
    xt, ty = (None if formula is None else f"{formula.format(**section)} [{units}]" for formula in formulas)
    return xt, ty


def _checked_estimator(key: str, section: Any) -> dict[str, Any]:
    name = f"estimators.{key}"
    if not KEY.fullmatch(key):
        raise UserError(f"{PATH}: estimators: the key {key!r} names files: only letters, digits, - and _ are allowed")
    if not isinstance(section, dict) or "method" not in section:
        raise UserError(
            f"{PATH}: {name} = {_shown(section)}: needs a key `method`, one of {_listed(estimators.names())}"
        )
    _one_of(f"{name}.method", section["method"], estimators.names())
    keywords = {key: value for key, value in section.items() if key != "method"}
    checked = _checked(schema_of(estimators.find(section["method"]).estimate), keywords, name)
    return {"method": section["method"], **dict(checked)}


def _check_together(params: Params, network: Network) -> None:
    """What no section can tell alone."""
    if isinstance(params.record.epochs, list):
        wrong = [epoch for epoch in params.record.epochs if not 0 <= epoch <= params.train.epochs]
        if wrong:
            raise UserError(
                f"{PATH}: record.epochs = {params.record.epochs}: {wrong[0]} is not from 0 to train.epochs = "
                f"{params.train.epochs}"
            )
    try:
        recorded_epochs(params.record.epochs, params.train.epochs)
    except ValueError as error:
        raise UserError(f"{PATH}: record.epochs = {params.record.epochs!r}: {error}") from error
    layers = list(network.layers)
    if isinstance(params.record.layers, list):
        for layer in params.record.layers:
            _one_of("record.layers", layer, layers)
        layers = params.record.layers
    if not any(noise_of(network.get_submodule(layer)) for layer in layers):
        for key, section in params.estimators.items():
            if getattr(method(section), "NEEDS_NOISE", False):
                raise UserError(
                    f"{PATH}: estimators.{key}: no recorded layer injects noise: set models.{params.model}.dropout, "
                    f"or drop this estimator with -S '~estimators.{key}'"
                )


class _Loader(yaml.SafeLoader):
    """YAML 1.2's floats: PyYAML alone takes 1e-3 for a string, DVC does not."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+"), list("-+.0123456789")
)


def _checked(schema: type[BaseModel], section: Any, name: str) -> Any:
    try:
        return schema.model_validate(section)
    except ValidationError as error:
        first, *more = error.errors()
        raise UserError(f"{PATH}: {_explained(schema, first, name)}{f' (and {len(more)} more)' * bool(more)}") from None


def _explained(schema: type[BaseModel], error: Any, section: str) -> str:
    # A union adds the names of its branches to the place of the error; keys of params.yaml are what is wanted.
    place = [part for part in error["loc"] if isinstance(part, int) or re.fullmatch(r"\w+", str(part))]
    key = ".".join(filter(None, [section, *map(str, place)]))
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] == "extra_forbidden":
        siblings = ", ".join(_fields(schema, place[:-1])) or "none"
        return f"{key} = {_shown(error['input'])}: unknown key; known are {siblings}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{key} = {_shown(error['input'])}: {message[0].lower()}{message[1:]}"


def _fields(schema: type[BaseModel], place: list) -> list[str]:
    for part in place:
        annotation = schema.model_fields[part].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        schema = next(c for c in candidates if inspect.isclass(c) and issubclass(c, BaseModel))
    return list(schema.model_fields)


def _one_of(key: str, value: Any, allowed: list[str]) -> None:
    if value not in allowed:
        raise UserError(f"{PATH}: {key} = {_shown(value)}: must be one of {_listed(allowed)}")


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
