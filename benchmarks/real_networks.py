"""Train and record the networks on whose layers estimators are validated -> data/known/<network>.zarr.

    python -m benchmarks.real_networks

Which they are is said in `infoplane.known.real_networks`; `make validate` runs this first. What is there already, of
the same definition, stays. A few minutes on two cores, always the same networks. It lies here and not in `known`, which
may not train: it is beside `training` in the order of imports.
"""

import contextlib
import io
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import yaml

from infoplane import clone, datasets
from infoplane.errors import UserError
from infoplane.known.real_networks import NETWORKS, TRAIN, RealNetwork
from infoplane.running.ends import exit_in_one_line
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.settings.params import Params
from infoplane.training import recorded_training
from infoplane.training.recorded_samples import choose_samples


def main() -> None:
    raw = clone.raw()
    for network in NETWORKS:
        try:
            print(f"{network.name}: {train(network, raw)}", flush=True)
        except UserError as error:
            print(f"{network.name}: left out: {error}", file=sys.stderr, flush=True)


def train(network: RealNetwork, raw: Path) -> str:
    """Train and record one network, unless it is there; in words, what became of it.

    Args:
        raw: the folder of raw files.

    Raises:
        UserError: its data set cannot be had.
    """
    definition, content = network.store.with_suffix(".json"), json.dumps(_params(network), indent=2)
    if network.store.exists() and definition.exists() and definition.read_text() == content:
        return "is there"
    definition.unlink(missing_ok=True)
    settings = _read(_params(network))
    dataset = datasets.load(network.dataset, raw)
    samples = choose_samples(dataset, settings)
    # these networks do not depend on what else the process has computed, nor on how many threads it has
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            work = Work("train", Path(folder))
            trained = recorded_training.train(samples, settings, torch.device("cpu"), work, network.store)
    finally:
        torch.set_num_threads(threads)
    definition.write_text(content)
    last = trained.repetitions[0][-1]
    assert last.train is not None
    assert last.test is not None
    return f"accuracy {last.train.accuracy:.3f} in training, {last.test.accuracy:.3f} in testing"


def _params(network: RealNetwork) -> dict[str, Any]:
    """A whole params.yaml, in which nothing depends on that of the repository."""
    return {
        "seed": network.seed,
        "device": "cpu",
        "dataset": network.dataset,
        "model": network.model,
        "models": {network.model: network.options},
        "train": TRAIN | network.train,
        "record": {
            "epochs": sorted({case.epoch for case in network.cases}),
            "splits": [network.split],
            "layers": sorted({case.layer for case in network.cases}),
            "pre_activation": False,
        },
        "estimators": {},
        "validation": {"tasks": "quick", "samples": None, "seeds": 1},
        "resolution": {"noise_std": [1.0], "epochs": 1},
        "plot": {"units": "nats"},
    }


def _read(content: dict[str, Any]) -> Params:
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(yaml.safe_dump(content))
        return params.read(path)


if __name__ == "__main__":
    exit_in_one_line(main)
