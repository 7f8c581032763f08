"""What trained encoders and generators are worth, on samples that the training has not seen.

The estimator of channels of known noise gives I(x; E(x) + N) and I(E(x) + N; mode of x), N in proportion to E(x).
"""

from collections.abc import Iterator, Mapping
from functools import partial

import pandas as pd
import torch
from torch import Tensor

from infoplane.estimators import dropout
from infoplane.information import Noise
from infoplane.learning.bigan.held_out import held_out
from infoplane.learning.gan.modes import Judged, coverage
from infoplane.learning.gan.targets import target_of
from infoplane.learning.measured import COLLAPSED, of_runs, values, with_flag
from infoplane.learning.measured import in_markdown as lines
from infoplane.learning.networks import with_unit_std
from infoplane.learning.runs import Run
from infoplane.running.journal import Journal
from infoplane.settings.objectives import Objectives


def measure(
    tensors: Mapping[str, Tensor], samples: Mapping[str, Tensor], chosen: Objectives, journal: Journal
) -> pd.DataFrame:
    """A row a run: weight, seed, reconstruction, coverage, information in nats with its ends, and flags.

    Args:
        tensors: as `runs.train` gives them.
        samples: what stage `data` wrote.
        journal: to go on from where an interrupted run ended.
    """
    row = partial(_row, tensors=tensors, samples=samples, chosen=chosen)
    return of_runs(chosen.bigan, chosen.seed, journal, row)


def _row(run: Run, tensors: Mapping[str, Tensor], samples: Mapping[str, Tensor], chosen: Objectives) -> dict:
    of = {name: tensors[f"{run.name}.{name}"] for name in ("code", "reconstructed", "reconstructed_mode")}
    kept, m = held_out(chosen.bigan, samples, chosen.seed), target_of(chosen, samples).m
    found = coverage(Judged(*(tensors[f"{run.name}.{name}"] for name in Judged._fields)), m)
    noise = Noise("additive", torch.tensor(chosen.bigan.code_noise))
    code = with_unit_std(of["code"])
    known = dropout.estimate(kept.x, code[None], kept.mode, noise=noise, inputs="population")
    row: dict = {"weight": run.weight, "seed": run.seed}
    row["flag"] = COLLAPSED if found.modes < m / 2 else ""
    row["reconstruction"] = kept.error(of["reconstructed"])
    row["same_mode"] = float((of["reconstructed_mode"] == kept.mode).double().mean())
    return row | values(known, "xt", "x") | values(known, "ty", "mode") | found._asdict()


def summary(table: pd.DataFrame) -> dict[str, float]:
    """A few scalars: means over seeds with the largest weight."""
    names = ["reconstruction", "modes", "mi_x"]
    return {str(name): float(value) for name, value in table.groupby("weight")[names].mean().iloc[-1].items()}


def in_markdown(table: pd.DataFrame) -> Iterator[str]:
    """The lines of a table in Markdown: a row a run, and the means of each weight."""
    names = ("reconstruction error", "of the same mode", "modes", "high quality", "KL of modes")
    return lines(table, (*names, "I(x; E(x) + N)", "I(E(x) + N; mode)"), _cells)


def _cells(row: pd.Series, modes: str) -> list[str]:
    shares = [f"{row['reconstruction']:.3f}", f"{100 * row['same_mode']:.1f} %", modes]
    quality = [f"{row[name]:.3f}" for name in ("high_quality", "divergence")]
    return [*shares, *quality, *(with_flag(row, name) for name in ("mi_x", "mi_mode"))]
