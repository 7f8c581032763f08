"""What trained encoders and generators are worth, on samples that the training has not seen.

`known` is the estimator of channels of known noise, of I(x; E(x) + N) and of I(E(x) + N; mode of x).
"""

from collections.abc import Iterator, Mapping
from functools import partial

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from infoplane.estimators import dropout
from infoplane.information import Noise
from infoplane.learning.bigan.held_out import held_out
from infoplane.learning.gan.measuring import COLLAPSED, with_flag
from infoplane.learning.gan.modes import Judged, coverage
from infoplane.learning.gan.targets import target_of
from infoplane.learning.runs import Run, runs
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
    every = runs(chosen.bigan, chosen.seed)
    found = (journal.recall([run.name], partial(_row, run, tensors, samples, chosen)) for run in tqdm(every, "measure"))
    return pd.DataFrame(found)


def _row(run: Run, tensors: Mapping[str, Tensor], samples: Mapping[str, Tensor], chosen: Objectives) -> dict:
    of = {name: tensors[f"{run.name}.{name}"] for name in ("code", "reconstructed", "reconstructed_mode")}
    kept, m = held_out(chosen.bigan, samples, chosen.seed), target_of(chosen, samples).m
    found = coverage(Judged(*(tensors[f"{run.name}.{name}"] for name in Judged._fields)), m)
    noise = Noise("additive", torch.tensor(chosen.bigan.code_noise))
    known = dropout.estimate(kept.x, of["code"][None], kept.mode, noise=noise, inputs="population")
    row: dict = {"weight": run.weight, "seed": run.seed}
    row["flag"] = COLLAPSED if found.modes < m / 2 else ""
    row["reconstruction"] = kept.error(of["reconstructed"])
    row["same_mode"] = float((of["reconstructed_mode"] == kept.mode).double().mean())
    for axis, name in (("xt", "x"), ("ty", "mode")):
        for end in ("", "_low", "_high"):
            if (values := getattr(known, f"mi_{axis}{end}")) is not None:
                row[f"mi_{name}{end}"] = float(values[0])
        row[f"flag_{name}"] = (getattr(known, f"flag_{axis}") or [""])[0]
    return row | found._asdict()


def summary(table: pd.DataFrame) -> dict[str, float]:
    """A few scalars: means over seeds with the largest weight."""
    names = ["reconstruction", "modes", "mi_x"]
    return {str(name): float(value) for name, value in table.groupby("weight")[names].mean().iloc[-1].items()}


def in_markdown(table: pd.DataFrame) -> Iterator[str]:
    """The lines of a table in Markdown: a row a run, and the means of each weight."""
    names = ("weight", "seed", "reconstruction error", "of the same mode", "modes", "high quality", "KL of modes")
    names += ("I(x; E(x) + N)", "I(E(x) + N; mode)", "")
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for weight, of_weight in table.groupby("weight", sort=False):
        for _, row in of_weight.iterrows():
            yield _line(f"{weight:g}", f"{row['seed']:.0f}", row)
        yield _line(f"{weight:g}", "mean", of_weight.mean(numeric_only=True))


def _line(weight: str, seed: str, row: pd.Series) -> str:
    modes = f"{row['modes']:.0f}" if seed != "mean" else f"{row['modes']:.1f}"
    shares = f"{row['reconstruction']:.3f} | {100 * row['same_mode']:.1f} % | {modes} | {row['high_quality']:.3f}"
    information = f"{row['divergence']:.3f} | {with_flag(row, 'mi_x')} | {with_flag(row, 'mi_mode')}"
    return f"| {weight} | {seed} | {shares} | {information} | {row.get('flag', '')} |"
