"""`infoplane.load`: a run, or any revision or experiment, as tables and arrays."""

import io
import json
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from infoplane.errors import UserError
from infoplane.information import Noise
from infoplane.named import choice
from infoplane.storage import stored_gradients
from infoplane.storage.activations import KIND, SCHEMA_VERSION, Activations
from infoplane.storage.csv_files import read_table
from infoplane.storage.revisions import PARAMS, RevisionFiles
from infoplane.storage.yaml_files import parse_yaml

ACTIVATIONS = "data/activations.zarr"


class Layer(NamedTuple):
    """Samples of one layer, as `infoplane.estimate` takes them.

    Attributes:
        x: inputs, shape (n, d_x), float32.
        t: activations, shape (e, n, d_t), or (n, d_t) at one epoch, float32.
        y: class labels, shape (n,), int64.
        noise: what the layer injects in training, or None.
    """

    x: np.ndarray
    t: np.ndarray
    y: np.ndarray
    noise: Noise | None


def load(rev: str | None = None, repo: str | Path | None = None) -> "Results":
    """The results of a run.

    Args:
        rev: an experiment, commit, branch or tag; None: the workspace as it is.
        repo: the study or clone: a folder, or the address of a git repository; None: that of the current folder.

    Raises:
        UserError: there is no such repository or revision.
    """
    return Results(RevisionFiles(rev, None if repo is None else str(repo)))


class Results:
    """What a run has written; nothing is read before it is asked for, and activations only in part.

    Attributes:
        params: what params.yaml holds, as dicts and lists.
    """

    def __init__(self, files: RevisionFiles):
        self._files = files
        self.params: dict[str, Any] = parse_yaml(files.read(PARAMS))

    def __repr__(self) -> str:
        keys = ", ".join(self.params["estimators"])
        return f"<infoplane.Results of {self._files.name}: {self.params['model']} on {self.params['dataset']}, {keys}>"

    @cached_property
    def planes(self) -> pd.DataFrame:
        """The information planes of all estimators, in nats: a row per estimator, split, layer and epoch.

        Raises:
            UserError: an estimator of params.yaml has not run.
        """
        tables = [self.table(f"mi/{key}") for key in self.params["estimators"]]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

    @cached_property
    def tables(self) -> list[str]:
        """The names that `table` takes: the CSV files below plots/, such as `training` and `mi/binning`."""
        return self._files.names("plots", ".csv")

    def table(self, name: str) -> pd.DataFrame:
        """A table; empty flags are empty strings, other empty cells NaN.

        Raises:
            UserError: there is none of this name.
        """
        if name not in self.tables:
            allowed = choice(name, self.tables) if self.tables else "there are none: run `dvc repro`"
            raise UserError(f"load: table {name!r} of {self._files.name}: {allowed}")
        return read_table(io.StringIO(self._files.read(f"plots/{name}.csv")))

    @cached_property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """The scalars by file below metrics/: of the network under `train`, of an estimator under `mi/<key>`."""
        names = self._files.names("metrics", ".json")
        return {name: json.loads(self._files.read(f"metrics/{name}.json")) for name in names}

    @cached_property
    def activations(self) -> Activations:
        """The recorded activations; `activations.root` is the zarr group, of which a slice reads what it needs.

        Raises:
            UserError: they are neither here nor in DVC's cache or remote, or of another schema version.
        """
        return Activations(Path(ACTIVATIONS), self._files.open_store(ACTIVATIONS, KIND, SCHEMA_VERSION))

    def layer(self, name: str, split: str | None = None, *, epoch: int | None = None, repetition: int = 0) -> Layer:
        """The samples of a recorded layer.

        Args:
            split: `train`, `test` or `all`; None: the first that was recorded.
            epoch: a recorded one, -1 for the last; None: all of them.
            repetition: which of the networks.

        Raises:
            UserError: there is no such layer, split, epoch or repetition, or the network diverged there.
        """
        activations = self.activations
        split = split or activations.splits[0]
        _one_of("layer", name, activations.layers)
        _one_of("split", split, activations.splits)
        _one_of("repetition", repetition, list(range(activations.repetitions)))
        epoch = activations.epochs[-1] if epoch == -1 else epoch
        _one_of("epoch", epoch, [None, *activations.epochs])
        start = 0 if epoch is None else activations.epochs.index(epoch)
        epochs = slice(start, len(activations.epochs) if epoch is None else start + 1)
        diverged = activations.diverged(split, name, repetition)
        if lost := [
            number for number, is_lost in zip(activations.epochs[epochs], diverged[epochs], strict=True) if is_lost
        ]:
            raise UserError(
                f"load: layer {name!r} of {split}: the network diverged, without activations at epochs {lost}"
            )
        t, kind, std = activations.layer(split, name, epochs, repetition)
        x, y = activations.samples(split)
        noise = None if kind is None else Noise(kind, std)
        return Layer(x, t if epoch is None else t[0], y, noise)

    def gradients(self, layer: str, epoch: int = -1, *, repetition: int = 0) -> dict[str, np.ndarray]:
        """The gradients of the loss by a layer's parameters in an epoch, where `record.gradients` keeps them.

        Args:
            epoch: a recorded one of training, -1 for the last.
            repetition: which of the networks.

        Returns: by parameter of the layer, shape (m, *that of the parameter): m minibatches, or 1, their mean.

        Raises:
            UserError: there are none of this layer or epoch.
        """
        root = self.activations.root
        layers = stored_gradients.layers(root)
        if not layers:
            raise UserError(f"load: {self._files.name} has no gradients: set record.gradients")
        _one_of("gradients of layer", layer, layers)
        _one_of("repetition", repetition, list(range(self.activations.repetitions)))
        epochs = stored_gradients.epochs(root, layer, repetition)
        epoch = epochs[-1] if epoch == -1 and epochs else epoch
        _one_of("gradients of epoch", epoch, epochs)
        return stored_gradients.read(root, layer, epoch, repetition)

    def xarray(self, name: str, split: str | None = None, *, repetition: int = 0) -> Any:
        """A layer at all epochs as an xarray.DataArray (epoch, sample, unit), the label of each sample beside it.

        Raises:
            UserError: as `layer`, or xarray is not installed.
        """
        try:
            from xarray import DataArray
        except ImportError as error:
            raise UserError("load: xarray is not installed: pip install xarray") from error
        _, t, y, _ = self.layer(name, split, repetition=repetition)
        coordinates = {"epoch": self.activations.epochs, "y": ("sample", y)}
        return DataArray(t, coordinates, ("epoch", "sample", "unit"), name=name)


def _one_of(what: str, value: Any, allowed: list[Any]) -> None:
    if value not in allowed:
        names = [str(each) for each in allowed if each is not None]
        raise UserError(f"load: {what} {value!r}: {choice(value, names)}")
