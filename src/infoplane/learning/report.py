"""`make objectives-report`: the results of the last run of objectives/ -> docs/objectives/<task>.md and its figures."""

import shutil
from pathlib import Path

from infoplane.learning import dependence
from infoplane.learning.bigan import measuring as bigan
from infoplane.learning.bottleneck import measuring as bottleneck
from infoplane.learning.gan import measuring as gan
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import objectives
from infoplane.storage.csv_files import read_table

MEASURING = {"gan": gan, "stacked_mnist": gan, "bigan": bigan, "bottleneck": bottleneck, "dependence": dependence}
PLOTS, DOCS = Path("objectives/plots"), Path("docs/objectives")


def main() -> None:
    chosen = objectives.read()
    task = chosen.task
    table = read_table(PLOTS / "measures.csv")
    lines = MEASURING[task].in_markdown(table)
    DOCS.mkdir(exist_ok=True)
    figures = sorted((PLOTS / "figures").glob("*.png"))
    for figure in figures:
        shutil.copy(figure, DOCS / f"{task}-{figure.name}")
    settings = ", ".join(f"{name} {value}" for name, value in getattr(chosen, task))
    shown = [f"![{figure.stem}]({task}-{figure.name})" for figure in figures]
    parts = [f"# {task}", f"By `make objectives-report`. Settings: {settings}.", "\n".join(lines), *shown]
    (DOCS / f"{task}.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    exit_in_one_line(main)
