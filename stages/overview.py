"""overview: every estimator's plane, the network's training -> plots/figures/overview/, plots/planes.html,
plots/over_epochs.csv."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane import figures
from infoplane.page import explorer
from infoplane.planes.captions import captions
from infoplane.planes.findings import findings
from infoplane.planes.over_epochs import over_epochs
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import measures, params
from infoplane.storage.csv_files import read_table, write_table

PAGE = Path("plots/planes.html")


def main() -> None:
    chosen = params.read()
    with figures.drawn_for(chosen.plot.style):
        draw(chosen)


def draw(chosen: params.Params) -> None:
    folder = Path("plots/figures/overview")
    # The keys of params.yaml and not the files at hand: a dropped estimator leaves its table behind.
    tables = {key: read_table(Path(f"plots/mi/{key}.csv")) for key in chosen.estimators}
    around = captions(chosen.title, chosen.plot.units, chosen.measured())._asdict()
    if tables:
        figures.save(figures.overview(tables, **around, join=chosen.plot.join), folder / "planes")
    write_table(over_epochs(tables), Path("plots/over_epochs.csv"))
    training = read_table(Path("plots/training.csv"))
    figures.save(figures.loss_accuracy(training), folder / "loss_accuracy")
    figures.save(figures.network_plane(training, tables, units=chosen.plot.units), folder / "network")
    gradients = read_table(Path("plots/gradients.csv"))
    figures.save(figures.gradients(gradients), folder / "gradients")
    resolution = read_table(Path("plots/resolution.csv"))
    samples = int(resolution["n"].max()) if len(resolution) else None
    units = chosen.plot.units
    figures.save(figures.resolution(resolution, samples=samples, units=units), folder / "resolution")
    beside, cka = (read_table(Path(f"plots/{name}.csv")) for name in ("measures", "cka"))
    titles = {each.label: each.title() for each in measures.chosen(chosen.measures)}
    figures.save(figures.measures(beside, cka, tables, titles=titles, units=units), folder / "measures")
    readout = read_table(Path("plots/readout.csv"))
    if len(readout):
        figures.save(figures.readout(readout, units=units), folder / "readout")
    figures.save(figures.two_phases(tables, gradients, **around, join=chosen.plot.join), folder / "two_phases")
    page = explorer.page(tables, **around, join=chosen.plot.join, readout=readout)
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    print("\n".join(["", *findings(tables, training, units)]))


if __name__ == "__main__":
    exit_in_one_line(main)
