"""params.yaml: one pydantic model a section; every error is one line that names the key.

The sections of networks and estimators have no model here: the keyword arguments of their constructor or function
are the schema, so that a new one needs no change of this file.
"""

import re
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, NamedTuple

import yaml
from pydantic import AfterValidator, BeforeValidator, Field

from infoplane import datasets, estimators, models
from infoplane.errors import UserError
from infoplane.settings.recorded_epochs import RECORDED_EPOCHS
from infoplane.settings.schema import PATH, Section, checked, one_of, schema_of, shown

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Keys become file names."""


class Train(Section):
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)]
    optimizer: Literal["adam", "sgd"]
    lr: Annotated[float, Field(gt=0, le=1000)]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0, le=1000)]
    schedule: Literal["constant", "cosine"]
    fraction: Annotated[float, Field(gt=0, le=1)] = 1.0
    repetitions: Annotated[int, Field(ge=1, le=1000)] = 1


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
    samples: Annotated[int, Field(ge=2, le=100_000_000)] | None = None
    allow_diverged: bool = False


class Validation(Section):
    tasks: Literal["quick", "full"]
    samples: Annotated[int, Field(ge=100, le=1_000_000)] | None
    seeds: Annotated[int, Field(ge=1, le=100)]


class Plot(Section):
    units: Literal["nats", "bits"]
    join: Literal["layers", "epochs"] = "layers"


class Run(NamedTuple):
    """A key of the section `estimators`.

    Attributes:
        method: names the file of the estimator.
        parts: equal, disjoint, random parts of the samples, each of which is estimated alone.
        keywords: of the estimator.
    """

    method: str
    parts: int
    keywords: dict[str, Any]

    @property
    def module(self) -> ModuleType:
        """The estimator's module."""
        return estimators.find(self.method)


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
    """Read and check every section of params.yaml; `training.chosen_network.check` sees how they fit together.

    Returns: the parameters; `models` holds a checked section (a pydantic model) for each key, `estimators` a `Run`.

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
        raise UserError(f"{path} must hold keys and values, not {shown(content)}")
    params = checked(Params, content, "")
    one_of("dataset", params.dataset, datasets.names())
    _check_networks(params)
    for key, section in params.estimators.items():
        params.estimators[key] = _checked_estimator(key, section)
    return params


def estimator(params: Params, key: str) -> Run:
    """The checked section of `estimators` with this key.

    Raises:
        UserError: there is none.
    """
    if key not in params.estimators:
        raise UserError(f"{PATH}: estimators.{key} does not exist; there are {', '.join(params.estimators)}")
    return params.estimators[key]


def measured(run: Run, units: str) -> tuple[str | None, str | None]:
    """What an estimator measures in place of I(X;T) and I(T;Y), with units, for the axes of figures."""
    formulas = (getattr(run.module, name) for name in ("MEASURES_XT", "MEASURES_TY"))
    xt, ty = (None if formula is None else f"{formula.format(**run.keywords)} [{units}]" for formula in formulas)
    return xt, ty


def _check_networks(params: Params) -> None:
    """Put the checked section in the place of each that belongs to a network of ours or to the chosen one.

    A section whose name begins with a capital letter is for a class of the user's own, which is imported when chosen.
    """
    if not models.is_own(params.model):
        one_of("model", params.model, models.names())
    section_name = models.section(params.model)
    if section_name not in params.models:
        raise UserError(f"{PATH}: model = {params.model!r}: there is no section models.{section_name}")
    for name, section in params.models.items():
        if not name[:1].isupper():
            one_of("models", name, models.names())
        if name[:1].islower() or name == section_name:
            network = models.find(params.model if name == section_name else name)
            params.models[name] = checked(schema_of(network), section, f"models.{name}")


def _checked_estimator(key: str, section: Any) -> Run:
    name = f"estimators.{key}"
    if not KEY.fullmatch(key):
        raise UserError(f"{PATH}: estimators: the key {key!r} names files: only letters, digits, - and _ are allowed")
    if not isinstance(section, dict) or "method" not in section:
        raise UserError(
            f"{PATH}: {name} = {shown(section)}: needs a key `method`, one of {', '.join(estimators.names())}"
        )
    one_of(f"{name}.method", section["method"], estimators.names())
    keywords = {key: value for key, value in section.items() if key not in ("method", "parts")}
    keywords = dict(checked(schema_of(estimators.find(section["method"]).estimate), keywords, name))
    return Run(section["method"], checked(_Parts, {"parts": section.get("parts", 1)}, name).parts, keywords)


class _Parts(Section):
    parts: Annotated[int, Field(ge=1, le=10_000)]


class _Loader(yaml.SafeLoader):
    """YAML 1.2's floats: PyYAML alone takes 1e-3 for a string, DVC does not."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+"), list("-+.0123456789")
)
