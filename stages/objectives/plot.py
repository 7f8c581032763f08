"""plot: tables and what was generated -> objectives/plots/figures."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane.figures import style
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import objectives
from infoplane.storage.csv_files import read_table

PLOTS, DATA = Path("objectives/plots"), objectives.FOLDER / "data"


def main() -> None:
    chosen = objectives.read()
    training, measures = (read_table(PLOTS / f"{name}.csv") for name in ("training", "measures"))
    if chosen.task == "dependence":
        from infoplane.figures import sweeps

        tables = {str(method): rows for method, rows in measures.groupby("method", sort=False)}
        d = chosen.dependence.d
        title = f"I(X;T) of T = f(X) + noise in {d} dimensions, in nats"
        style.save(sweeps.functions_heat_map(tables, title=title), PLOTS / "figures/functions")
        style.save(sweeps.correlated_gaussians(tables, d=d), PLOTS / "figures/gaussians")
    elif chosen.task == "bottleneck":
        from infoplane.figures import bottleneck

        style.save(bottleneck.planes(measures), PLOTS / "figures/planes")
        style.save(bottleneck.curve(measures), PLOTS / "figures/curve")
    else:
        from safetensors.numpy import load_file

        from infoplane.figures import bigan, gan

        made = load_file(DATA / "trained/generated.safetensors")
        samples = load_file(DATA / "samples/samples.safetensors")
        if chosen.task == "bigan":
            figure = bigan.samples(made, measures)
        else:
            data = samples["points"] if chosen.task == "gan" else gan.stacked(samples["images"])
            figure = gan.samples(data, made, measures)
        style.save(figure, PLOTS / "figures/samples")
        style.save(gan.over_training(training), PLOTS / "figures/coverage")


if __name__ == "__main__":
    exit_in_one_line(main)
