"""params.yaml: one pydantic model a section; every error is one line that names the key.

The sections of networks and estimators have no model here: the keyword arguments of their constructor or function
are the schema, so that a new one needs no change of this file.
"""

import re
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field
from ruamel.yaml.error import YAMLError

from infoplane import datasets, estimators, models
from infoplane.datasets.reading import FileOptions, Reading
from infoplane.errors import UserError, in_one_line
from infoplane.models.parts import options  # noqa: F401  the types of networks' sections, which are looked up by name
from infoplane.named import PARAMS, Named, is_own
from infoplane.population import Inputs
from infoplane.settings.measures import Measures, chosen
from infoplane.settings.recorded_epochs import RECORDED_EPOCHS
from infoplane.settings.schema import Section, checked, one_of, schema_of, shown
from infoplane.storage.yaml_files import read_yaml

REDUCE = re.compile(r"none|pool|flatten|(pca|random) [1-9][0-9]{0,4}")
REDUCED = {
    "pool": "averaged over positions",
    "pca": "its first {k} principal components",
    "random": "{k} random projections of it",
}
"""In words, for axes; `flatten` changes no information."""
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""Keys become file names."""


class Train(Section):
    epochs: Annotated[int, Field(ge=0, le=1_000_000)]
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


def _reduction(value: Any) -> Any:
    if isinstance(value, str) and REDUCE.fullmatch(value):
        return value
    raise ValueError("must be `none`, `pool`, `flatten`, `pca k` or `random k`")


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
    weights: Annotated[str | list[str], Field(min_length=1)] | None = None
    reduce: Annotated[Any, BeforeValidator(_reduction)] = "none"

    @property
    def reduced(self) -> str:
        """In words, for axes, what T is of large layers; empty where nothing is lost."""
        kind, _, number = self.reduce.partition(" ")
        return f"large T: {REDUCED[kind].format(k=number)}" if kind in REDUCED else ""


class Import(Section):
    path: Annotated[str, Field(min_length=1)] | None = None


class Validation(Section):
    tasks: Literal["quick", "full"]
    samples: Annotated[int, Field(ge=100, le=1_000_000)] | None
    seeds: Annotated[int, Field(ge=1, le=100)]


class Resolution(Section):
    noise_std: Annotated[list[Annotated[float, Field(gt=0, le=1e6)]], Field(min_length=1, max_length=100)]
    epochs: Annotated[int, Field(ge=1)]


def _ascending(lengths: list[int]) -> list[int]:
    if any(later <= earlier for earlier, later in pairwise(lengths)):
        raise ValueError("must ascend, each once")
    return lengths


class Readout(Section):
    layer: Annotated[str, Field(min_length=1)] | None = None
    normalise: bool = True
    noise_std: Annotated[float, Field(gt=0, le=1e6)] = 0.125
    inputs: Inputs = "split"
    lengths: Annotated[
        list[Annotated[int, Field(ge=1, le=100_000)]], Field(min_length=1, max_length=20), AfterValidator(_ascending)
    ] = Field(default_factory=lambda: [1, 30, 200])
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    lr: Annotated[float, Field(gt=0, le=1000)] = 1e-4
    last_lr: Annotated[float, Field(gt=0, le=1000)] | None = 0.08


class Plot(Section):
    units: Literal["nats", "bits"]
    join: Literal["layers", "epochs"] = "layers"


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


class Params(Section):
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    device: Literal["auto", "cpu", "cuda"]
    source: Literal["train", "record", "import"] = "train"
    dataset: str
    inputs: Annotated[str, Field(min_length=1)] = "inputs"
    files: FileOptions = FileOptions()
    model: str
    models: dict[str, Any]
    train: Train
    record: Record
    imported: Import = Field(default=Import(), alias="import")
    estimators: dict[str, Any]
    validation: Validation
    resolution: Resolution
    readout: Readout = Readout()
    measures: Measures = Measures()
    plot: Plot

    @property
    def title(self) -> str:
        """Which network on which data, for figures."""
        if self.source == "import":
            return str(self.imported.path)
        return f"{self.model} on {self.dataset}"

    @cached_property
    def reading(self) -> Reading:
        """How a data set of the user's own files is read; the same instance each time, which keeps what it has read."""
        return Reading(self.inputs, self.files, self.seed)

    def measured(self) -> dict[str, tuple[str | None, str | None]]:
        """What each estimator measures, by key (`Run.measured`)."""
        return {key: run.measured(self.plot.units) for key, run in self.estimators.items()}


def read(path: Path = PARAMS) -> Params:
    """Read and check every section of params.yaml; `settings.network.check` sees how they fit together.

    Returns: the parameters; `models` holds a checked section (a pydantic model) for each key, `estimators` a `Run`.

    Raises:
        UserError: one line with the key, its value and what is allowed.
    """
    try:
        content = read_yaml(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error}") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys and values, not {shown(content)}")
    params = checked(Params, content, "")
    _one_of_ours("dataset", params.dataset, datasets.names())
    if not datasets.is_of_files(params.dataset):  # `check` and `prepare` alone look at those
        datasets.described(params.dataset)
    _check_networks(params)
    for key, section in params.estimators.items():
        params.estimators[key] = _checked_estimator(key, section)._replace(reduced=params.record.reduced)
    chosen(params.measures)
    return params


def estimator(params: Params, key: str) -> Run:
    """The checked section of `estimators` with this key.

    Raises:
        UserError: there is none.
    """
    if key not in params.estimators:
        raise UserError(f"{PARAMS}: estimators.{key} does not exist; there are {', '.join(params.estimators)}")
    return params.estimators[key]


def _check_networks(params: Params) -> None:
    """Put the checked section in the place of each that belongs to a network of ours or to the chosen one.

    A section whose name begins with a capital letter is for a class of the user's own, which is imported when chosen.
    """
    _one_of_ours("model", params.model, models.names())
    models.named(params.model)  # a name of another form is told before the section is missed
    models.require_installed(params.model)
    section_name = models.section(params.model)
    if section_name not in params.models:
        raise UserError(f"{PARAMS}: model = {params.model!r}: there is no section models.{section_name}")
    for name, section in params.models.items():
        if not name[:1].isupper():
            one_of("models", name, [*models.names(), *models.library_names()])
        if name[:1].islower() or name == section_name:
            network = models.named(params.model if name == section_name else name)
            schema = schema_of(network.attribute, network.keywords(), f"models.{name}")
            params.models[name] = checked(schema, section, f"models.{name}")


def _checked_estimator(key: str, section: Any) -> Run:
    name = f"estimators.{key}"
    if not KEY.fullmatch(key):
        raise UserError(f"{PARAMS}: estimators: the key {key!r} names files: only letters, digits, - and _ are allowed")
    if not isinstance(section, dict) or "method" not in section:
        raise UserError(
            f"{PARAMS}: {name} = {shown(section)}: needs a key `method`, one of {', '.join(estimators.names())}"
        )
    _one_of_ours(f"{name}.method", section["method"], estimators.names())
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


def _one_of_ours(key: str, name: Any, ours: list[str]) -> None:
    """Raise a UserError unless the name is one of these, or has the form of something of the user's own."""
    if not (isinstance(name, str) and is_own(name)):
        one_of(key, name, ours)
