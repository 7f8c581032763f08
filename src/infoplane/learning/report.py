"""`make objectives-report`: the results of the last run of objectives/ -> docs/objectives/<page>.md and its figures."""

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
FIRST = "gaussians25"
PLOTS, DOCS = Path("objectives/plots"), Path("docs/objectives")


def main() -> None:
    chosen = objectives.read()
    settings, page = chosen.section, page_of(chosen)
    lines = MEASURING[chosen.task].in_markdown(read_table(PLOTS / "measures.csv"))
    DOCS.mkdir(parents=True, exist_ok=True)
    figures = sorted((PLOTS / "figures").glob("*.png"))
    for figure in figures:
        shutil.copy(figure, DOCS / f"{page}-{figure.name}")
    words = ", ".join(f"{name} {value}" for name, value in settings)
    shown = [f"![{figure.stem}]({page}-{figure.name})" for figure in figures]
    parts = [f"# {page}", f"By `make objectives-report`. Settings: {words}.", "\n".join(lines), *shown]
    (DOCS / f"{page}.md").write_text("\n\n".join(parts) + "\n")


def page_of(chosen: objectives.Objectives) -> str:
    """The task, and the data where they are not its first."""
    data = getattr(chosen.section, "data", FIRST)
    return chosen.task if data == FIRST else f"{chosen.task}-{data}"


if __name__ == "__main__":
    exit_in_one_line(main)
