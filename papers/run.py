"""make paper-<name>: a published setting as DVC experiments, the check of its finding, and its picture.

Each run of the preset is an experiment of its own (`dvc exp show`), made in a temporary folder: the workspace stays as
it is. What was run before with the same settings comes from DVC's run cache.
"""

import argparse
import io
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import pandas as pd
import yaml

from infoplane import figures
from infoplane.errors import UserError
from infoplane.planes.captions import captions
from infoplane.readout.correlations import by_network, correlations
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.storage.csv_files import read_table, write_table
from infoplane.storage.git import git
from papers import checks, presets
from papers.presets import Preset

ROOT = Path(__file__).parent.parent
_git = partial(git, folder=ROOT)
FIGURES = Path(__file__).parent / "figures"


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a published setting and check its finding.")
    parser.add_argument("paper", choices=presets.names())
    parser.add_argument("--quick", action="store_true", help="the smaller variant, where there is one")
    asked = parser.parse_args()
    preset = presets.read(asked.paper, quick=asked.quick)
    references = {run: _run(preset, run) for run in preset.runs}
    results = {run: _tables(reference, preset, run) for run, reference in references.items()}
    draw = _draw_over_networks if preset.reads_out else _draw_planes
    picture = draw(preset, references, results)
    quantities = checks.quantities(asked.paper, results, preset.words["accuracy"])
    print("\n" + report(preset, quantities))
    print(f"picture: {picture.relative_to(ROOT)}; experiments: {', '.join(map(preset.experiment, preset.runs))}")


def report(preset: Preset, quantities: list[checks.Quantity]) -> str:
    """The outcome in words: the finding, each number, and whether it holds."""
    outcome = "holds" if checks.holds(quantities) else "does not hold"
    lines = [preset.words["source"], " ".join(preset.words["finding"].split()), *(f"  {each}" for each in quantities)]
    return "\n".join([*lines, f"{preset.name}: {outcome}"])


def _run(preset: Preset, run: str) -> str:
    """Run an experiment, in place of an earlier one of that name; its git reference."""
    name = preset.experiment(run)
    head = _git("rev-parse", "HEAD").strip()
    reference = f"refs/exps/{head[:2]}/{head[2:]}/{name}"
    if _git("for-each-ref", reference):
        subprocess.run(["dvc", "exp", "remove", "--quiet", name], cwd=ROOT, check=True)
    changes = presets.arguments(yaml.safe_load((ROOT / "params.yaml").read_text()), preset.runs[run])
    done = subprocess.run(["dvc", "exp", "run", "--temp", "--name", name, *changes], cwd=ROOT, check=False)
    if done.returncode or not _git("for-each-ref", reference):
        raise UserError(f"the experiment {name} failed: see above")
    return reference


def _tables(reference: str, preset: Preset, run: str) -> dict[str, pd.DataFrame]:
    """The tables of an experiment: of its estimators, by key, of its training, and of a readout, if there is one."""
    paths = {key: f"plots/mi/{key}.csv" for key in preset.runs[run]["estimators"]}
    paths |= {"training": "plots/training.csv"} | ({"readout": "plots/readout.csv"} if preset.reads_out else {})
    return {key: read_table(io.StringIO(_git("show", f"{reference}:{path}"))) for key, path in paths.items()}


def _draw_planes(preset: Preset, references: dict[str, str], results: dict[str, dict[str, pd.DataFrame]]) -> Path:
    """The planes of the first network of each run -> papers/figures/<name>.png."""
    planes, xt_labels, ty_labels = {}, {}, {}
    around = None
    for run, reference in references.items():
        with tempfile.TemporaryDirectory() as folder:
            content = Path(folder) / "params.yaml"
            content.write_text(_git("show", f"{reference}:params.yaml"))
            chosen = params.read(content)
            around = captions(chosen.title, chosen.plot.units, chosen.measured())
        for key in preset.runs[run]["estimators"]:
            title = key if len(references) == 1 else f"{run}: {key}"
            table = results[run][key]
            planes[title] = table[table["repetition"] == 0]
            xt_labels[title], ty_labels[title] = around.xt_labels[key], around.ty_labels[key]
    assert around is not None
    figure = figures.overview(planes, units=around.units, title=preset.name, xt_labels=xt_labels, ty_labels=ty_labels)
    figures.save(figure, FIGURES / preset.name)
    (FIGURES / f"{preset.name}.svg").unlink()
    return FIGURES / f"{preset.name}.png"


def _draw_over_networks(
    preset: Preset, references: dict[str, str], results: dict[str, dict[str, pd.DataFrame]]
) -> Path:
    """What embeddings know against how well classifiers do, a network a run -> papers/figures/<name>.png and .csv."""
    readouts = {run: tables["readout"] for run, tables in results.items()}
    found = correlations(readouts)
    write_table(found, FIGURES / f"{preset.name}.csv")
    units = preset.runs[next(iter(references))].get("plot", {}).get("units", "nats")
    figure = figures.over_networks(by_network(readouts), found, units=units, title=preset.name)
    figures.save(figure, FIGURES / preset.name)
    (FIGURES / f"{preset.name}.svg").unlink()
    return FIGURES / f"{preset.name}.png"


if __name__ == "__main__":
    exit_in_one_line(main)
