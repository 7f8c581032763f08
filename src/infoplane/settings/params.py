"""params.yaml as a whole; every error is one line that names the key.

The sections of networks and estimators have no model here: the keyword arguments of their constructor or function
are the schema, so that a new one needs no change of this file.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from ruamel.yaml.error import YAMLError

from infoplane import datasets, models
from infoplane.datasets.reading import FileOptions, Reading
from infoplane.errors import UserError
from infoplane.models.parts import options  # noqa: F401  the types of networks' sections, which are looked up by name
from infoplane.named import PARAMS
from infoplane.running.workers.choice import parsed
from infoplane.settings.measures import Measures, chosen
from infoplane.settings.runs import Run, checked_run
from infoplane.settings.schema import Section, checked, one_of, one_of_ours, schema_of, shown
from infoplane.settings.sections import Import, Plot, Readout, Record, Resolution, Train, Validation
from infoplane.storage.yaml_files import parse_yaml

UNSEEN = ("size", "nfiles")
"""Keys, at any depth, that DVC leaves out where it looks for a run with the same params in its cache of runs
(dvc/stage/cache.py): one with another value would be taken for it. Sections of networks reach stages as a file."""


class Params(Section):
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    device: Literal["auto", "cpu", "cuda"]
    workers: Annotated[Any, BeforeValidator(parsed)] = 1
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
    return parse(read_text(path), path)


def read_text(path: Path = PARAMS) -> str:
    """What params.yaml holds, for `parse`.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error}") from error


def parse(text: str, path: Path = PARAMS) -> Params:
    """The parameters that the text of params.yaml sets: see `read`.

    Args:
        path: where it stands, for errors.
    """
    try:
        content = parse_yaml(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys and values, not {shown(content)}")
    params = checked(Params, content, "")
    one_of_ours("dataset", params.dataset, datasets.names())
    if not datasets.is_of_files(params.dataset):  # `check` and `prepare` alone look at those
        datasets.described(params.dataset)
    if params.source != "train" and params.record.gradients != "none":
        raise UserError(
            f"{PARAMS}: record.gradients = {params.record.gradients!r}: source = {params.source!r} trains nothing"
        )
    _check_networks(params)
    for key, section in params.estimators.items():
        for name in UNSEEN:
            if name in keys(section):
                raise UserError(
                    f"{PARAMS}: estimators.{key}.{name}: DVC's cache of runs does not see a key of this name, and "
                    "would give the results of another value: give the keyword another name"
                )
        params.estimators[key] = checked_run(key, section)._replace(reduced=params.record.reduced)
    chosen(params.measures)
    return params


def keys(value: Any) -> set[str]:
    """Those of all mappings in a value, at any depth."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()).union(*map(keys, inner))


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
    one_of_ours("model", params.model, models.names())
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
