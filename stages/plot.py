"""plot@<key>: the tables of an estimator in plots/ -> plots/figures/<key>/, PNG and SVG."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import sys
from pathlib import Path

import pandas as pd

from infoplane import figures
from infoplane.planes.tables import AXES
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.storage.csv_files import read_table


def main() -> None:
    key = sys.argv[1]
    chosen = params.read()
    with figures.drawn_for(chosen.plot.style):
        draw(key, chosen)


def draw(key: str, chosen: params.Params) -> None:
    xt_label, ty_label = params.estimator(chosen, key).measured(chosen.plot.units)
    labels = {"units": chosen.plot.units, "xt_label": xt_label, "ty_label": ty_label}
    table, diagnostics = read_table(Path(f"plots/mi/{key}.csv")), read_table(Path(f"plots/diagnostics/{key}.csv"))
    folder = Path(f"plots/figures/{key}")
    figures.save(figures.plane(table, title=key, join=chosen.plot.join, **labels), folder / "plane")
    figures.save(figures.mi_over_epochs(table, title=key, **labels), folder / "over_epochs")
    if several_in_both(table):
        figures.save(figures.snapshots(table, title=key, **labels), folder / "snapshots")
    validation = read_table(Path(f"plots/validation/{key}.csv"))
    panels, title = figures.by_origin(key, validation), f"{key}: where the truth is known"
    figures.save(figures.truth_and_estimate(panels, units=chosen.plot.units, title=title), folder / "validation")
    if diagnostics["step"].notna().any():
        title = f"{key}: training of the critics"
        figures.save(figures.training_curves(diagnostics, units=chosen.plot.units, title=title), folder / "training")


def several_in_both(table: pd.DataFrame) -> bool:
    """Whether there are several repetitions, with both axes of a plane."""
    both = table.dropna(subset=AXES)
    return "repetition" in table and both["repetition"].nunique() > 1


if __name__ == "__main__":
    exit_in_one_line(main)
