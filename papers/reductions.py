"""Reductions: a plane's table -> one number for each network that was trained. Values of information are in bits."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

BITS = 1 / math.log(2)


def layers(table: pd.DataFrame) -> list[str]:
    """The layers, in the network's order."""
    return [str(layer) for layer in table["layer"].drop_duplicates()]


def hidden(table: pd.DataFrame) -> list[str]:
    """The layers but the output."""
    return [layer for layer in layers(table) if layer != "output"]


def each(table: pd.DataFrame, value: Callable[[pd.DataFrame], float]) -> tuple[float, ...]:
    """A number of each network's rows, in order of epochs."""
    return tuple(float(value(rows.sort_values("epoch"))) for _, rows in table.groupby("repetition"))


def less(ones: tuple[float, ...], others: tuple[float, ...]) -> tuple[float, ...]:
    """The differences, network for network."""
    return tuple(one - other for one, other in zip(ones, others, strict=True))


def _of_layer(reduce: Callable[[pd.Series], float]):
    """A function that reduces a layer's column, in bits, of each network."""

    def reduced(table: pd.DataFrame, layer: str, column: str = "mi_xt") -> tuple[float, ...]:
        return each(table[table["layer"] == layer], lambda rows: reduce(rows[column] * BITS))

    return reduced


last = _of_layer(lambda values: values.iloc[-1])
peak = _of_layer(lambda values: values.max())
rise = _of_layer(lambda values: values.max() - values.iloc[0])
fall = _of_layer(lambda values: values.max() - values.iloc[-1])
extent = _of_layer(lambda values: values.max() - values.min())


def largest_share(table: pd.DataFrame) -> tuple[float, ...]:
    """The largest I(X;T) of each network, as a share of its ceiling."""
    return each(table, lambda rows: (rows["mi_xt"] / rows["ceiling_xt"]).max())


def least_share(table: pd.DataFrame) -> tuple[float, ...]:
    """The least I(X;T) of each network, as a share of its ceiling."""
    return each(table, lambda rows: (rows["mi_xt"] / rows["ceiling_xt"]).min())


def accuracy(training: pd.DataFrame) -> tuple[float, ...]:
    """The final test accuracy, in percent."""
    return each(training, lambda rows: 100 * rows["test_accuracy"].iloc[-1])


def correlation(one: pd.DataFrame, other: pd.DataFrame, layer: str) -> tuple[float, ...]:
    """Pearson's correlation of I(X;T) in two tables over the same epochs; NaN where one of them is constant."""
    both = one.merge(other, on=["repetition", "epoch", "layer"], validate="one_to_one")
    return each(both[both["layer"] == layer], lambda rows: rows["mi_xt_x"].corr(rows["mi_xt_y"]))


def lag(table: pd.DataFrame, layer: str) -> tuple[float, ...]:
    """Epochs from where I(T;Y) has made half of its gain to where I(X;T) has made half of its fall from its peak."""

    def of_network(rows: pd.DataFrame) -> float:
        xt, ty, epochs = (rows[column].to_numpy() for column in ("mi_xt", "mi_ty", "epoch"))
        fitted = np.argmax(ty >= (ty[0] + ty[-1]) / 2)
        top = np.argmax(xt)
        return epochs[top + np.argmax(xt[top:] <= (xt[top] + xt[-1]) / 2)] - epochs[fitted]

    return each(table[table["layer"] == layer], of_network)


def fitted(table: pd.DataFrame, room: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """How much of what a layer lacks of H(Y) before training it gains, and how many layers lack too little to tell.

    Args:
        room: bits that a layer must lack before training.

    Returns: The least share of a layer, NaN if none lacks as much; the number of layers that lack less.
    """

    def share(rows: pd.DataFrame) -> float:
        values, ceiling = rows["mi_ty"].to_numpy() * BITS, rows["ceiling_ty"].iloc[0] * BITS
        lacks = ceiling - values[0]
        return (values[-1] - values[0]) / lacks if lacks >= room else math.nan

    shares = pd.DataFrame({layer: each(table[table["layer"] == layer], share) for layer in layers(table)})
    return tuple(shares.min(axis=1)), tuple(shares.isna().sum(axis=1).astype(float))
