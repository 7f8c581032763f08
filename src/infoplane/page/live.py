"""A page that shows a run while it runs, and reloads itself: the network's curves, each plane as its points come in.

Shown is the clone, or the experiment of `--temp` or `--queue` that worked last. Planes come from tables of this run,
and, of an estimator that is still at work, from the journal of its unfinished work. The bars that belong to a value are
there; flags that a whole table decides (`data processing`) are not yet.
"""

import base64
import html
import io
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from infoplane import figures
from infoplane.information import from_json
from infoplane.planes.captions import Captions
from infoplane.planes.reading import Join
from infoplane.planes.tables import Piece, tables
from infoplane.running import journal
from infoplane.running.unfinished import FINISHED, OF_EXPERIMENTS, PARTIAL
from infoplane.storage.csv_files import read_table

EXPERIMENTS = (".dvc/tmp/exps/standalone/tmp*", ".dvc/tmp/exps/tmp*")
"""Where DVC 3.67 runs `--temp`, and the queue."""
TRAINING = Path("plots/training.csv")
SECONDS = 5
HTML = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="{seconds}"><title>{title}</title>
<style>body {{ margin: 2rem; font-family: system-ui, sans-serif; }} img {{ max-width: 100%; }}</style></head>
<body><h1>{title}</h1><p>{doing}</p>{pictures}</body>
</html>
"""


class Place(NamedTuple):
    """Where a run works, and where its unfinished work lies."""

    folder: Path
    partial: Path


def places() -> list[Place]:
    """The clone and its experiments, that which has worked last at the end."""
    experiments = [folder for pattern in EXPERIMENTS for folder in Path().glob(pattern)]
    # DVC tells the name of an experiment to its stages alone; the newest unfinished work is that of the newest folder.
    unfinished = sorted(OF_EXPERIMENTS.glob("*"), key=_changed) or [OF_EXPERIMENTS]
    found = [Place(Path(), PARTIAL), *(Place(folder, unfinished[-1]) for folder in experiments)]
    return sorted(found, key=lambda place: max(_changed(place.folder / TRAINING), _changed(place.folder / "dvc.lock")))


def planes(place: Place, keys: list[str]) -> dict[str, pd.DataFrame]:
    """The planes of this run so far, by key: tables that are younger than its training, and unfinished ones."""
    found = {}
    for key in keys:
        table, results = place.folder / f"plots/mi/{key}.csv", place.partial / f"estimate@{key}" / "results"
        if table.exists() and _changed(table) >= _changed(place.folder / TRAINING):
            found[key] = read_table(table)
        elif results.exists() and (kept := journal.kept(results)):
            pieces = [Piece(split, number, part, layer, epochs, from_json(content)) for
                      (split, number, part, layer, epochs), content in kept]  # fmt: skip
            found[key] = tables(key, pieces)[0]
    return found


def unfinished_stages(place: Place) -> list[str]:
    """The stages that have begun, and not ended well."""
    return sorted(path.name for path in place.partial.glob("*") if path.is_dir() and not (path / FINISHED).exists())


def page(place: Place, around: Captions, join: Join) -> str:
    """The page as it is now.

    Args:
        around: the captions of the estimators that are wanted.
        join: what lines of a plane join.
    """
    drawn = [figures.loss_accuracy(read_table(place.folder / TRAINING))]
    if found := planes(place, list(around.xt_labels)):
        drawn.append(figures.overview(found, **around._asdict(), join=join))
    working = unfinished_stages(place)
    doing = f"working at {', '.join(working)}" if working else "no stage has unfinished work"
    return HTML.format(
        seconds=SECONDS,
        title=html.escape(around.title),
        doing=html.escape(doing),
        pictures="".join(map(_inline, drawn)),
    )


def _inline(figure: Figure) -> str:
    content = io.BytesIO()
    figure.savefig(content, format="svg", bbox_inches="tight")
    return f'<p><img src="data:image/svg+xml;base64,{base64.b64encode(content.getvalue()).decode()}"></p>'


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


def state(place: Place) -> Any:
    """What is another when the page is to be drawn anew."""
    files = [place.folder / TRAINING, *place.folder.glob("plots/mi/*.csv"), *place.partial.glob("estimate@*/results")]
    return [(path, _changed(path)) for path in sorted(files)], unfinished_stages(place)
