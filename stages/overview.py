"""overview: every estimator's plane, and the training of the network -> plots/figures/overview/, PNG and SVG."""

from pathlib import Path

from infoplane import figures, params
from infoplane.errors import exit_in_one_line
from infoplane.planes import read_table


def main() -> None:
    chosen = params.read()
    folder = Path("plots/figures/overview")
    # The keys of params.yaml and not the files at hand: a dropped estimator leaves its table behind.
    tables = {key: read_table(Path(f"plots/mi/{key}.csv")) for key in chosen.estimators}
    if tables:
        labels = {key: params.measured(section, chosen.plot.units) for key, section in chosen.estimators.items()}
        xt_labels, ty_labels = ({key: pair[i] or "" for key, pair in labels.items()} for i in (0, 1))
        title = f"{chosen.model} on {chosen.dataset}"
        overview = figures.overview(
            tables, units=chosen.plot.units, title=title, xt_labels=xt_labels, ty_labels=ty_labels
        )
        figures.save(overview, folder / "planes")
    figures.save(figures.loss_accuracy(read_table(Path("plots/training.csv"))), folder / "loss_accuracy")
    figures.save(figures.gradients(read_table(Path("plots/gradients.csv"))), folder / "gradients")


if __name__ == "__main__":
    exit_in_one_line(main)
