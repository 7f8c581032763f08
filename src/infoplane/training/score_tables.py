"""What training is known by, as tidy tables: plots/training.csv, plots/gradients.csv, metrics/train.json.

An argument `repetitions` holds the epochs of every repetition of the training.
"""

import math

import pandas as pd

from infoplane.training.loop import Epoch, Score

GRADIENT_COLUMNS = ["repetition", "epoch", "layer", "weight_norm", "gradient_mean", "gradient_std"]


def scores(repetitions: list[list[Epoch]]) -> pd.DataFrame:
    """Loss (nats), accuracy and, with information dropout, the divergence (nats) of both splits."""
    return pd.DataFrame(
        [
            {"repetition": repetition, "epoch": e.number, **_named("train", e.train), **_named("test", e.test)}
            for repetition, epochs in enumerate(repetitions)
            for e in epochs
        ]
    )


def gradients(repetitions: list[list[Epoch]]) -> pd.DataFrame:
    """Norms of each layer's weights, and of the mean and standard deviation of its gradient over the minibatches."""
    rows = [
        (repetition, e.number, layer, *gradient)
        for repetition, epochs in enumerate(repetitions)
        for e in epochs
        for layer, gradient in e.gradients.items()
    ]
    return pd.DataFrame(rows, columns=GRADIENT_COLUMNS)


def final_scores(table: pd.DataFrame) -> dict[str, float]:
    """The scores after the last epoch, means over repetitions, from the table that `scores` gives."""
    table = table.groupby("epoch").mean().drop(columns="repetition")
    if table.empty:
        return {}
    return {str(name): round(float(value), 6) for name, value in table.iloc[-1].items() if not math.isnan(value)}


def _named(split: str, score: Score | None) -> dict[str, float]:
    """Empty cells of a split that nobody looked at."""
    values = (score or Score(math.nan, math.nan, None))._asdict()
    return {f"{split}_{name}": value for name, value in values.items() if value is not None}
