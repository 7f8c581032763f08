"""What trained generators are worth: coverage, and information by estimators that did not train them.

All is measured on points that the training has not seen. `known` is the estimator of channels of known noise, of
I(G(z, c) + N; z, c); `ksg` is by neighbours, of I(G(z, c) + N; z) and I(G(z, c) + N; c).
"""

import math
from collections.abc import Iterator, Mapping

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.estimators import dropout, ksg
from infoplane.information import Noise
from infoplane.learning.gan.modes import coverage
from infoplane.learning.gan.runs import Run, modes_of, runs
from infoplane.learning.gan.training import JUDGED
from infoplane.running.journal import Journal
from infoplane.settings.objectives import Objectives

ESTIMATED = 1000
"""Points of each generator that the estimators see."""
COLLAPSED = "collapsed"
"""Flag of a generator that covers less than half of the modes."""


def measure(tensors: Mapping[str, Tensor], chosen: Objectives, journal: Journal) -> pd.DataFrame:
    """A row a generator: weight, seed, coverage, information in nats, its ends, and flags.

    Args:
        tensors: as `runs.train` gives them.
        journal: to go on from where an interrupted run ended.
    """
    every = runs(chosen.gan, chosen.seed)
    rows = [journal.recall([run.name], lambda run=run: _row(run, tensors, chosen)) for run in tqdm(every, "measure")]
    return pd.DataFrame(rows)


def _row(run: Run, tensors: Mapping[str, Tensor], chosen: Objectives) -> dict:
    z, c, made = (tensors[f"{run.name}.{name}"] for name in ("z", "c", "made"))
    found = coverage(made[:JUDGED], modes := modes_of(chosen.gan))
    std, labels = chosen.gan.output_noise, c.argmax(1)[:ESTIMATED]
    z, c, made = (each[:ESTIMATED] for each in (z, c, made))
    known = dropout.estimate(
        torch.cat([z, c], 1), made[None], labels, noise=Noise("additive", torch.tensor(std)), inputs="population"
    )
    noise = torch.randn(made.shape, generator=torch.Generator().manual_seed(run.seed))
    near = ksg.estimate(z, (made + std * noise)[None], labels)
    row: dict = {"weight": run.weight, "seed": run.seed}
    row["flag"] = COLLAPSED if found.modes < len(modes.centres) / 2 else ""
    for name, info, axis in (("known", known, "xt"), ("ksg", near, "xt"), ("ksg", near, "ty")):
        of = {"known": "zc", "ksg": {"xt": "z", "ty": "c"}[axis]}[name]
        values = getattr(info, f"mi_{axis}"), getattr(info, f"mi_{axis}_low"), getattr(info, f"mi_{axis}_high")
        ends = ("", "_low", "_high")
        row |= {f"mi_{of}{end}": float(v[0]) for end, v in zip(ends, values, strict=True) if v is not None}
        row[f"flag_{of}"] = (getattr(info, f"flag_{axis}") or [""])[0]
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
    names = ("weight", "seed", "modes", "high quality", "KL of modes", "I(G + N; c), ksg", "I(G + N; z), ksg")
    names += ("I(G + N; z, c), known noise", "")
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for weight, of_weight in table.groupby("weight", sort=False):
        for _, row in of_weight.iterrows():
            yield _line(f"{weight:g}", f"{row['seed']:.0f}", row, row["flag"])
        yield _line(f"{weight:g}", "mean", of_weight.mean(numeric_only=True), "")


def _line(weight: str, seed: str, row: pd.Series, flag: str) -> str:
    modes = f"{row['modes']:.0f}" if seed != "mean" else f"{row['modes']:.1f}"
    shares = f"{row['high_quality']:.3f} | {row['divergence']:.3f}"
    information = " | ".join(f"{row[name]:.2f}" for name in ("mi_c", "mi_z", "mi_zc"))
    return f"| {weight} | {seed} | {modes} | {shares} | {information} | {flag} |"
