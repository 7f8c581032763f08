"""`make validate`: every estimator at its default settings on every task -> docs/validation/<method>.csv."""

import argparse
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from infoplane import devices, estimators, validation, validation_tasks
from infoplane.planes import write_table

FOLDER = Path("docs/validation")
SAMPLES, SEEDS = 10_000, 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("methods", nargs="*", default=estimators.names(), help="names of files in estimators/")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    chosen = parser.parse_args()
    tasks = validation_tasks.full()
    for method in chosen.methods:
        tables = validation.judge(
            estimators.find(method), {}, tasks, n=SAMPLES, seeds=range(SEEDS), device=devices.choose(chosen.device)
        )
        table = pd.concat([t for t in tqdm(tables, total=len(tasks), desc=method) if len(t)])
        write_table(table, FOLDER / f"{method}.csv")


if __name__ == "__main__":
    main()
