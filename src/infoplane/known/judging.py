"""Estimators held against distributions of known mutual information.

An estimator says itself which truths it can be held to, and under which keywords (`information.comparable_with`).
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, get_type_hints

import numpy as np
import pandas as pd
import torch
from pydantic import TypeAdapter, ValidationError

from infoplane.errors import UserError
from infoplane.information import (
    Estimator,
    Information,
    comparable_with,
    from_json,
    to_json,
)
from infoplane.known import transforms
from infoplane.known.judgements import table_of
from infoplane.known.task import Task
from infoplane.reductions import Reduction
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal

DISTANT = 86_028_121
"""Added to the seed of a sample for the estimator, which draws numbers like the sample's: the same ones would cancel in
its checks what they cannot cancel on other data. A prime, so that no seed, copy or noise of a task comes upon it."""


def judge(
    module: Estimator,
    keywords: Mapping[str, Any],
    tasks: Iterable[Task],
    *,
    name: str,
    n: int,
    seeds: Iterable[int],
    device: torch.device,
    journal: Journal | NoJournal = NO_JOURNAL,
) -> Iterator[pd.DataFrame]:
    """Truth, estimate and error of one estimator: a table for each task, empty for one that says nothing about it.

    Args:
        module: the estimator.
        keywords: its section of params.yaml, without `method`.
        name: of that section, for errors.
        n: samples drawn; of a finite population half of it, if that is less.
        seeds: of the samples; the estimator's are far from all of them.
        journal: to go on from where an interrupted run ended.

    Yields: tables with the columns of `judgements`, in nats, a row for each seed and axis. `error` is estimate
        minus truth, empty where the truth is infinite. `stderr` is the standard error that the estimator states,
        `low` and `high` its bounds or the ends of its bar. `seconds` are those of the call, which gave both axes.

    Raises:
        UserError: the estimator refuses its input; names the estimator and the task.
    """
    for place, task in enumerate(tasks):
        held = comparison(module, task) if _is_kept(module, task) else Comparison(task, {}, {})
        rows = []
        drawn = n if task.population is None else min(n, task.population // 2)
        changed = {**keywords, **held.keywords}
        for seed in seeds if held.truths else ():
            judged = partial(_judged, module.estimate, changed, held.task, drawn, seed, device)
            try:
                d, seconds, result = journal.recall((place, task.name, seed), judged)
            except (ValueError, torch.OutOfMemoryError) as error:
                raise UserError(f"estimators.{name}: {task.name}: {str(error).splitlines()[0]}") from error
            info = from_json(result)
            for axis, truth in held.truths.items():
                if getattr(info, f"mi_{axis}") is not None:
                    rows.append((task.name, axis, drawn, d, seed, truth, *_stated(info, axis, truth), seconds))
        yield table_of(rows)


def _judged(
    estimate: Callable[..., Information],
    keywords: Mapping[str, Any],
    task: Task,
    n: int,
    seed: int,
    device: torch.device,
) -> tuple[int, float, dict[str, Any]]:
    """The dimension of t, the seconds that the estimate took, and the estimate as JSON can hold it."""
    x, t, y = task.sample(n, seed)
    labels = torch.zeros(n, dtype=torch.int64) if y is None else y
    x, t, labels = (part.to(device) for part in (x, t, labels))
    started = time.perf_counter()
    info = estimate(x, t[None], labels, noise=task.noise, seed=seed + DISTANT, **keywords)
    return t.shape[1], time.perf_counter() - started, to_json(info)


def _what_x_is(estimate: Callable[..., Information], task: Task) -> dict[str, Any]:
    """The keyword `inputs`, which says of what the inputs are a sample, for an estimator that can be told."""
    try:
        annotation = get_type_hints(estimate, include_extras=True).get("inputs")
    except (NameError, TypeError):  # a function of the user's, whose annotations are no types
        return {}
    inputs = task.population or "population"
    # one that knows `sample` and `all` alone cannot be told how many there are, and keeps what its section says
    return {"inputs": inputs} if _accepts(annotation, 4096) and _accepts(annotation, inputs) else {}


def _accepts(annotation: Any, value: object) -> bool:
    try:
        TypeAdapter(annotation).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


class Comparison(NamedTuple):
    """What an estimator is held to on one distribution.

    Attributes:
        task: as it is, or with its noise drawn into the samples.
        keywords: of the estimator, in place of those of its section.
        truths: nats, by axis (`xt`, `ty`); none where the estimator says nothing about this distribution.
    """

    task: Task
    keywords: Mapping[str, Any]
    truths: Mapping[str, float]


def comparison(module: Estimator, task: Task) -> Comparison:
    """The task as the estimator can take it: with its noise known, or else drawn."""
    for variant in (task, transforms.noisy(task)):
        use = comparable_with(module, variant.noise)
        truths = {} if use is None else {axis: getattr(variant, name) for axis, name in use.truths.items()}
        if use and (known_truths := {axis: truth for axis, truth in truths.items() if truth is not None}):
            return Comparison(variant, {**use.keywords, **_what_x_is(module.estimate, task)}, known_truths)
    return Comparison(task, {}, {})


def _is_kept(module: Estimator, task: Task) -> bool:
    """Whether all that x and t say of each other is left after the reduction before the estimator, if there is one."""
    reduction: Reduction | None = getattr(module, "reduction", None)
    if reduction is None:
        return True
    x, t, _ = task.sample(2, 0)
    d = max(t.shape[1], x.shape[1] * reduction.of_x)
    held_in = task.subspace if reduction.kind == "pca" else task.manifold
    return min(d, held_in or d) <= reduction.k


class _Stated(NamedTuple):
    """What an estimator states about one axis, in nats; None where it states nothing."""

    estimate: float
    error: float | None
    stderr: float | None
    low: float | None
    high: float | None
    flag: str


def _stated(info: Information, axis: str, truth: float) -> _Stated:
    def first(name: str) -> float | None:
        column = getattr(info, name) if hasattr(info, name) else info.diagnostics.get(name)
        return None if column is None else float(column[0])

    value = first(f"mi_{axis}")
    assert value is not None
    error = value - truth if np.isfinite(truth) else None
    low, high = first(f"mi_{axis}_low"), first(f"mi_{axis}_high")
    return _Stated(value, error, first(f"stderr_{axis}"), low, high, getattr(info, f"flag_{axis}")[0])
