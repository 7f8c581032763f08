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

from infoplane.estimators import classifier, dropout, ksg
from infoplane.information import Noise
from infoplane.learning.gan.modes import Judged, coverage
from infoplane.learning.gan.networks import coarse
from infoplane.learning.gan.targets import target_of
from infoplane.learning.measured import COLLAPSED, of_runs, values, with_flag
from infoplane.learning.measured import in_markdown as lines
from infoplane.learning.runs import Run
from infoplane.running.journal import Journal
from infoplane.settings.objectives import Gan, Objectives, StackedMnist

ESTIMATED = 1000
"""Points of each generator that the estimators see."""
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
    settings = chosen.section
    assert isinstance(settings, Gan | StackedMnist)
    row = partial(_row, tensors=tensors, settings=settings, m=target_of(chosen, samples).m)
    return of_runs(settings, chosen.seed, journal, row)


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
        row |= values(classifier.estimate(z, coarse(noisy)[None], labels), "ty", "c_read")
        return row | found._asdict()
    z, c, made, noisy, labels = (each[:ESTIMATED] for each in (z, c, made, noisy, labels))
    channel = Noise("additive", torch.tensor(settings.output_noise))
    row |= values(
        dropout.estimate(torch.cat([z, c], 1), made[None], labels, noise=channel, inputs="population"), "xt", "zc"
    )
    near = ksg.estimate(z, noisy[None], labels)
    row |= values(near, "xt", "z") | values(near, "ty", "c")
    return row | found._asdict()


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
    names = ("modes", "high quality", "KL of modes", *(EVERY[name] for name in every), *information.values())

    def cells(row: pd.Series, modes: str) -> list[str]:
        quality = [f"{row[name]:.3f}" for name in ("high_quality", "divergence")]
        return [modes, *quality, *(f"{row[name]:.4g}" for name in every), *(with_flag(row, n) for n in information)]

    return lines(table, names, cells)
