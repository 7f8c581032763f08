"""validate@<key>: an estimator where the truth is known, on the run's own layers too -> plots/validation/<key>.csv."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import json
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.known import judging, own_layers, task_lists
from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.journal import Journal
from infoplane.settings import params
from infoplane.storage.activations import Activations
from infoplane.storage.csv_files import write_table

LAYERS, ACTIVATIONS = Path("data/layers.json"), Path("data/activations.zarr")


def main() -> None:
    key = sys.argv[1]
    chosen = params.read()
    run = params.estimator(chosen, key)
    device = devices.choose(chosen.device)
    layers = _read_layers()
    quick = chosen.validation.tasks == "quick"
    tasks = task_lists.quick(layers["units"].values()) if quick else task_lists.full()
    tasks += task_lists.in_many_dimensions(run.reduction.k) if run.reduction else []
    n = chosen.validation.samples or min(layers["samples"].values())
    stage = f"validate@{key}"
    # x, t and y in double precision, twice: as drawn and as they go to the estimator.
    memory = 4 * limits.FLOAT32 * n * (2 * max(layers["units"].values()) + 1)
    activations = Activations(ACTIVATIONS)
    # Of the layers at hand all samples, a few layers, and one of them in double precision.
    memory = max(memory, (own_layers.LAYERS + 2) * activations.largest(1))
    limits.announce(stage, LAYERS, disk=limits.TABLES, memory=memory)
    with unfinished.work(stage, fingerprint.of_stage(stage, device)) as work:
        own = list(own_layers.tasks(activations, layers["units"], run.module, run.defaults | run.keywords))
        tables = judging.judge(
            run.module,
            run.keywords,
            [*own, *tasks],
            name=key,
            n=n,
            seeds=range(chosen.seed, chosen.seed + chosen.validation.seeds),
            device=device,
            journal=Journal(work),
        )
        bar = tqdm(tables, total=len(own) + len(tasks), desc=f"{key}: known information", mininterval=0.5)
        # Times differ from run to run; tables must not.
        table = pd.concat(list(bar)).drop(columns="seconds")
        write_table(table, Path(f"plots/validation/{key}.csv"))


def _read_layers() -> dict:
    try:
        return json.loads(LAYERS.read_bytes())
    except FileNotFoundError as error:
        raise UserError(f"{LAYERS} is missing: run `dvc repro`") from error
    except ValueError as error:
        raise UserError(f"{LAYERS} is damaged ({error}): remove it and run `dvc repro`") from error


if __name__ == "__main__":
    exit_in_one_line(main)
