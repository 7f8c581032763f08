"""Estimators against the truth over functions with noise and over correlations: nothing is trained with them.

Of f(x) = x, x^3 and sin x in d independent dimensions, and of d pairs of Gaussians, I(X;T) is known.

References: Belghazi et al. (2018), Mutual information neural estimation, ICML, arXiv:1801.04062; section 4.
"""

import dataclasses
from collections.abc import Iterator

import pandas as pd
import torch
from tqdm import tqdm

from infoplane import estimators
from infoplane.known import judging
from infoplane.known.channels import FUNCTIONS, noisy_function
from infoplane.known.closed_forms import gaussian
from infoplane.known.task import Task
from infoplane.known.transforms import copies
from infoplane.running.journal import Journal
from infoplane.running.unfinished import Work
from infoplane.settings.objectives import Dependence, Objectives


def tasks(settings: Dependence) -> list[Task]:
    """All distributions, with the names of `make validate`."""
    functions = [noisy_function(name, std) for name in FUNCTIONS for std in settings.noises]
    # in any number of dimensions a function keeps its name
    wide = [dataclasses.replace(copies(task, settings.d), name=task.name) for task in functions]
    return wide + [gaussian(settings.d, rho) for rho in settings.rhos]


def measure(chosen: Objectives, device: torch.device, work: Work) -> pd.DataFrame:
    """A row for each method, distribution and seed: those of `known.judging`, less the times, and the method."""
    settings, every = chosen.dependence, tasks(chosen.dependence)
    seeds = range(chosen.seed, chosen.seed + settings.repetitions)
    found = []
    for method in settings.methods:
        tables = judging.judge(
            estimators.find(method),
            {},
            every,
            name=method,
            n=settings.samples,
            seeds=seeds,
            device=device,
            journal=Journal(work, method),
        )
        table = pd.concat(list(tqdm(tables, total=len(every), desc=method, mininterval=0.5)))
        table.insert(0, "method", method)
        found.append(table[table["axis"] == "xt"].drop(columns="seconds"))
    return pd.concat(found, ignore_index=True)


def summary(table: pd.DataFrame) -> dict[str, float]:
    """The mean absolute error of each method where the truth is finite, in nats."""
    return {str(method): float(rows["error"].abs().mean()) for method, rows in table.groupby("method", sort=False)}


def in_markdown(table: pd.DataFrame) -> Iterator[str]:
    """The lines of a table in Markdown: a row a method."""
    yield "| method | mean absolute error [nats] | flagged |"
    yield "| --- | --- | --- |"
    for method, error in summary(table).items():
        rows = table[table["method"] == method]
        yield f"| {method} | {error:.3f} | {(rows['flag'] != '').sum()} of {len(rows)} |"
