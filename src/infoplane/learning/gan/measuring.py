"""What trained generators are worth: coverage, and information by estimators that did not train them.

All is measured on samples that the training has not seen. Of points: `known`, the estimator of channels of known
noise, of I(G(z, c) + N; z, c), and `ksg`, by neighbours, of I(G(z, c) + N; z) and I(G(z, c) + N; c). Of pictures, which
have too many dimensions for either: `classifier`, of what is left of I(G(z, c) + N; c) in means of 4 x 4 pixels; and
coverage by every picture, sure or not, as others count.
"""

import math
from collections.abc import Iterator, Mapping
from functools import partial

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.estimators import classifier, dropout, ksg
from infoplane.information import Information, Noise
from infoplane.learning.gan.modes import Judged, coverage
from infoplane.learning.gan.networks import coarse
from infoplane.learning.gan.targets import target_of
from infoplane.learning.runs import Run, runs
from infoplane.running.journal import Journal
from infoplane.settings.objectives import Gan, Objectives, StackedMnist

ESTIMATED = 1000
"""Points of each generator that the estimators see."""
COLLAPSED = "collapsed"
"""Flag of a generator that covers less than half of the modes."""
EVERY = {"modes_every": "modes by every picture", "divergence_every": "their KL"}
HEADINGS = {
    "mi_c": "I(G + N; c), ksg",
    "mi_z": "I(G + N; z), ksg",
    "mi_zc": "I(G + N; z, c), known noise",
    "mi_c_read": "I(G + N; c), classifier",
}


def measure(
    tensors: Mapping[str, Tensor], samples: Mapping[str, Tensor], chosen: Objectives, journal: Journal
) -> pd.DataFrame:
    """A row a generator: weight, seed, coverage, information in nats, its ends, and flags.

    Args:
        tensors: as `runs.train` gives them.
        samples: what stage `data` wrote.
        journal: to go on from where an interrupted run ended.
    """
    settings = chosen.stacked_mnist if chosen.task == "stacked_mnist" else chosen.gan
    every, m = runs(settings, chosen.seed), target_of(chosen, samples).m
    found = (journal.recall([run.name], partial(_row, run, tensors, settings, m)) for run in tqdm(every, "measure"))
    return pd.DataFrame(found)


def _row(run: Run, tensors: Mapping[str, Tensor], settings: Gan | StackedMnist, m: int) -> dict:
    found = coverage(Judged(*(tensors[f"{run.name}.{name}"] for name in Judged._fields)), m)
    row: dict = {"weight": run.weight, "seed": run.seed}
    if isinstance(settings, StackedMnist):
        mode = tensors[f"{run.name}.mode"]
        every = coverage(Judged(mode, torch.ones_like(mode, dtype=torch.bool)), m)
        row |= {"modes_every": every.modes, "divergence_every": every.divergence}
    row["flag"] = COLLAPSED if row.get("modes_every", found.modes) < m / 2 else ""
    z, c, made = (tensors[f"{run.name}.{name}"] for name in ("z", "c", "made"))
    labels, noise = c.argmax(1), torch.randn(made.shape, generator=torch.Generator().manual_seed(run.seed))
    noisy = made + settings.output_noise * noise
    if isinstance(settings, StackedMnist):
        row |= _values(classifier.estimate(z, coarse(noisy)[None], labels), "ty", "c_read")
        return row | found._asdict()
    z, c, made, noisy, labels = (each[:ESTIMATED] for each in (z, c, made, noisy, labels))
    channel = Noise("additive", torch.tensor(settings.output_noise))
    row |= _values(
        dropout.estimate(torch.cat([z, c], 1), made[None], labels, noise=channel, inputs="population"), "xt", "zc"
    )
    near = ksg.estimate(z, noisy[None], labels)
    row |= _values(near, "xt", "z") | _values(near, "ty", "c")
    return row | found._asdict()


def _values(info: Information, axis: str, name: str) -> dict:
    """What an estimator says of an axis, under the name of what it is here."""
    values = {end: getattr(info, f"mi_{axis}{end}") for end in ("", "_low", "_high")}
    found: dict = {f"mi_{name}{end}": float(value[0]) for end, value in values.items() if value is not None}
    return found | {f"flag_{name}": (getattr(info, f"flag_{axis}") or [""])[0]}


def summary(table: pd.DataFrame) -> dict[str, float]:
    """A few scalars: means over seeds with the largest weight, and what they are beyond those with the least."""
    means = table.groupby("weight")[["modes", "high_quality", "divergence"]].mean()
    first, last = means.iloc[0], means.iloc[-1]
    scalars = {str(name): float(value) for name, value in last.items()}
    if len(means) > 1:
        scalars["modes_gained"] = float(last["modes"] - first["modes"])
    return {name: value for name, value in scalars.items() if math.isfinite(value)}


def in_markdown(table: pd.DataFrame) -> Iterator[str]:
    """The lines of a table in Markdown: a row a generator, and the means of each weight."""
    information = {name: heading for name, heading in HEADINGS.items() if name in table}
    every = [name for name in EVERY if name in table]
    names = ("weight", "seed", "modes", "high quality", "KL of modes", *(EVERY[name] for name in every))
    names += (*information.values(), "")
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for weight, of_weight in table.groupby("weight", sort=False):
        for _, row in of_weight.iterrows():
            yield _line(f"{weight:g}", f"{row['seed']:.0f}", row, every, [*information])
        yield _line(f"{weight:g}", "mean", of_weight.mean(numeric_only=True), every, [*information])


def _line(weight: str, seed: str, row: pd.Series, every: list[str], information: list[str]) -> str:
    modes = f"{row['modes']:.0f}" if seed != "mean" else f"{row['modes']:.1f}"
    shares = f"{row['high_quality']:.3f} | {row['divergence']:.3f}"
    values = " | ".join([f"{row[name]:.4g}" for name in every] + [with_flag(row, name) for name in information])
    return f"| {weight} | {seed} | {modes} | {shares} | {values} | {row.get('flag', '')} |"


def with_flag(row: pd.Series, name: str) -> str:
    """The value of the column `mi_...`, and its flag in brackets, if it has one."""
    flag = row.get(f"flag_{name.removeprefix('mi_')}")
    return f"{row[name]:.2f}" + (f" ({flag})" if isinstance(flag, str) and flag else "")
