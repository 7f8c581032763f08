"""overview: every estimator's plane, and the training of the network -> plots/figures/overview/, PNG and SVG."""

from pathlib import Path

from infoplane import figures, params
from infoplane.captions import captions
from infoplane.errors import exit_in_one_line
from infoplane.planes import read_table


def main() -> None:
    chosen = params.read()
    folder = Path("plots/figures/overview")
    # The keys of params.yaml and not the files at hand: a dropped estimator leaves its table behind.
    tables = {key: read_table(Path(f"plots/mi/{key}.csv")) for key in chosen.estimators}
    if tables:
        figures.save(figures.overview(tables, **captions(chosen)._asdict()), folder / "planes")
    figures.save(figures.loss_accuracy(read_table(Path("plots/training.csv"))), folder / "loss_accuracy")
    figures.save(figures.gradients(read_table(Path("plots/gradients.csv"))), folder / "gradients")


if __name__ == "__main__":
    exit_in_one_line(main)
