"""Estimators over dimensions, sample sizes and values of one keyword, where the information is known.

    python -m infoplane.library.sweep ksg gaussian --family gaussian --at 0.9 --d 1 5 20 --n 1000 10000
    python -m infoplane.library.sweep binning --family classes --at 2 --d 2 --n 300 1000 3000 --set bins=2,5,10,30

Writes a table, OUT.csv, with a row for each case, seed and axis, and a figure of the errors, OUT.png and OUT.svg.

References: Adilova, Geiger & Fischer (2023), arXiv:2303.00596, whose checks of estimators sweep these.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from ruamel.yaml.error import YAMLError
from tqdm import tqdm

from infoplane import estimators, figures
from infoplane.errors import UserError, in_one_line
from infoplane.known import channels, closed_forms, judging, mixtures
from infoplane.known.task import Task
from infoplane.running import devices
from infoplane.running.ends import exit_in_one_line
from infoplane.settings.runs import Run, checked_run
from infoplane.storage.csv_files import write_table
from infoplane.storage.yaml_files import parse_yaml

FAMILIES: dict[str, Callable[[int, float], Task]] = {
    "gaussian": closed_forms.gaussian,
    "dense": closed_forms.dense_gaussian,
    "student": partial(closed_forms.student, dof=3),
    "noise": channels.gaussian_in_noise,
    "dropout": channels.dropout_channel,
    "classes": mixtures.gaussian_classes,
}
"""Of d dimensions and a number: the correlation of each pair (of Student's with 3 degrees of freedom), the standard
deviation of what is added or multiplied, the distance of d classes from their mean."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("methods", nargs="+", choices=estimators.names(), metavar="method")
    parser.add_argument("--family", choices=FAMILIES, default="gaussian")
    parser.add_argument("--at", type=float, default=0.5, help="the family's number, such as a correlation")
    parser.add_argument("--d", type=int, nargs="+", default=[1, 5, 20], help="dimensions")
    parser.add_argument("--n", type=int, nargs="+", default=[1000, 3000, 10_000], help="samples")
    parser.add_argument("--set", dest="setting", default="", metavar="KEY=V,V,...", help="values of a keyword")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--out", type=Path, default=Path("sweep"), help="default: sweep")
    chosen = parser.parse_args()
    key, runs = settings(chosen.methods, chosen.setting)
    tasks = tasks_of(chosen.family, chosen.at, chosen.d)
    cases = [(run, task, n) for run in runs for task in tasks for n in chosen.n]
    table = swept(tqdm(cases), range(chosen.seeds), devices.choose(chosen.device))
    if not len(table):
        raise UserError(f"{', '.join(chosen.methods)}: nothing to be held to in the family {chosen.family}")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    write_table(table, chosen.out.with_suffix(".csv"))
    title = f"Error on the family {chosen.family} at {chosen.at:g}"
    figures.save(figures.known_sweep(table, key=key, title=title), chosen.out)
    print(f"{chosen.out}.csv, {chosen.out}.png")


def settings(methods: Sequence[str], setting: str) -> tuple[str, list[tuple[Any, Run]]]:
    """The keyword of `key=value,value`, and each method's checked run under each value; no text: under its defaults.

    Raises:
        UserError: it has another form, or a method has no such keyword or value.
    """
    key, _, values = setting.partition("=")
    if not setting:
        return "", [("", checked_run(method, {"method": method})) for method in methods]
    if not (key and values):
        raise UserError(f"--set {setting}: must be KEY=VALUE,VALUE,...")
    try:
        given = [parse_yaml(text) for text in values.split(",")]
    except YAMLError as error:
        raise UserError(f"--set {setting}: {in_one_line(error)}") from error
    return key, [(value, checked_run(method, {"method": method, key: value})) for method in methods for value in given]


def tasks_of(family: str, at: float, dimensions: Sequence[int]) -> list[Task]:
    """A distribution of the family for each of the dimensions.

    Raises:
        UserError: there is none of this number or dimension.
    """
    try:
        return [FAMILIES[family](d, at) for d in dimensions]
    except (ValueError, ArithmeticError, RuntimeError) as error:
        sizes = " ".join(map(str, dimensions))
        raise UserError(f"--family {family} --at {at:g} --d {sizes}: {in_one_line(error)}") from error


def swept(
    cases: Iterable[tuple[tuple[Any, Run], Task, int]], seeds: Iterable[int], device: torch.device
) -> pd.DataFrame:
    """The rows of `judging.judge` for each case: a run, a task, a sample size; columns `method` and `value` first.

    Returns: no rows where the runs' methods say nothing about these tasks.
    """
    tables = []
    for (value, run), task, n in cases:
        judged = judging.judge(run.module, run.keywords, [task], name=run.key, n=n, seeds=seeds, device=device)
        of_case = {"method": run.method, "value": value}
        tables += [pd.concat([pd.DataFrame(of_case, index=rows.index), rows], axis=1) for rows in judged]
    return pd.concat([table for table in tables if len(table)] or [pd.DataFrame()], ignore_index=True)


if __name__ == "__main__":
    exit_in_one_line(main)
