"""validate@<key>: an estimator on distributions of known information -> plots/validation/<key>.csv."""

import json
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from infoplane import devices, params, validation, validation_tasks
from infoplane.errors import UserError, exit_in_one_line
from infoplane.planes import write_table

LAYERS = Path("data/layers.json")


def main() -> None:
    key = sys.argv[1]
    chosen = params.read()
    run = params.estimator(chosen, key)
    if not LAYERS.exists():
        raise UserError(f"{LAYERS} is missing: run `dvc repro`")
    layers = json.loads(LAYERS.read_text())
    quick = chosen.validation.tasks == "quick"
    tasks = validation_tasks.quick(layers["units"].values()) if quick else validation_tasks.full()
    tables = validation.judge(
        run.module,
        run.keywords,
        tasks,
        n=chosen.validation.samples or min(layers["samples"].values()),
        seeds=range(chosen.seed, chosen.seed + chosen.validation.seeds),
        device=devices.choose(chosen.device),
    )
    bar = tqdm(tables, total=len(tasks), desc=f"{key}: known distributions", mininterval=0.5)
    # Times differ from run to run; tables must not.
    table = pd.concat(list(bar)).drop(columns="seconds")
    write_table(table, Path(f"plots/validation/{key}.csv"))


if __name__ == "__main__":
    exit_in_one_line(main)
