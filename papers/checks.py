"""Checks: does the finding of a paper come out? One pure function a paper, from tables to quantities with a target.

Each takes `results[run][table]`: the tables plots/mi/<key>.csv of each run, by key, and its plots/training.csv as
`training`. Values are in bits unless a quantity says otherwise, one for each network that was trained.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from infoplane.information import SATURATED

Results = Mapping[str, Mapping[str, pd.DataFrame]]

BITS = 1 / math.log(2)
NOT_COMPRESSED = 0.5
"""Bits by which I(X;T) may fall where the finding is that it does not (Saxe et al. 2018, as read from their figure)."""


BEFORE_SATURATION = 300
"""Epochs after which tanh units are so close to 1 and -1 that even 65536 bins, or single precision, merge inputs."""


class Quantity(NamedTuple):
    """A number that the finding is about, for each network, and the interval that it must lie in."""

    name: str
    values: tuple[float, ...]
    low: float = -math.inf
    high: float = math.inf
    unit: str = "bits"

    @property
    def holds(self) -> bool:
        """Whether every value is a number in the interval."""
        return bool(self.values) and all(self.low <= value <= self.high for value in self.values)

    def __str__(self) -> str:
        said = f"{self.name}: {', '.join(f'{value:.3g}' for value in self.values)} {self.unit}".rstrip()
        ends = [f">= {self.low:g}" * math.isfinite(self.low), f"<= {self.high:g}" * math.isfinite(self.high)]
        wanted = " and ".join(filter(None, ends))
        return said + (f"   (wanted {wanted}: {'yes' if self.holds else 'NO'})" if wanted else "")


def holds(quantities: list[Quantity]) -> bool:
    """Whether the finding holds: all of its quantities do."""
    return all(quantity.holds for quantity in quantities)


def of(paper: str) -> Callable[[Results], list[Quantity]]:
    """The check of a paper: the function of its name, with _ for -."""
    return globals()[paper.replace("-", "_")]


def szt2017(results: Results) -> list[Quantity]:
    """Shwartz-Ziv & Tishby (2017): fitting, then compression, in a tanh network."""
    table = _only(results)["binning"]
    return [
        Quantity("peak I(X;T) of hidden5", _peak(table, "hidden5")),
        Quantity("fall of I(X;T) of hidden5 from its peak", _fall(table, "hidden5"), low=3),
        Quantity("final I(X;T) of hidden1", _last(table, "hidden1"), low=11.9),
        Quantity("final I(T;Y) of hidden5", _last(table, "hidden5", "mi_ty"), low=0.9),
    ]


def saxe2018_relu(results: Results) -> list[Quantity]:
    """Saxe et al. (2018), figure 1: no compression in the same network with relu."""
    table = _only(results)["binning"]
    return [
        Quantity(f"fall of I(X;T) of {layer} from its peak", _fall(table, layer), high=NOT_COMPRESSED)
        for layer in _hidden(table)
    ]


def saxe2018_mnist(results: Results) -> list[Quantity]:
    """Saxe et al. (2018), on MNIST: the last hidden layer compresses with tanh and not with relu."""
    tables = {run: tables["kde"] for run, tables in results.items()}
    ordered = [float((table["mi_xt_high"] - table["mi_xt_low"]).min()) for table in tables.values()]
    last = _hidden(tables["tanh"])[-1]
    return [
        Quantity(f"tanh: fall of I(X;T+N) of {last}", _fall(tables["tanh"], last), low=NOT_COMPRESSED),
        Quantity(f"relu: fall of I(X;T+N) of {last}", _fall(tables["relu"], last), high=NOT_COMPRESSED),
        Quantity(f"tanh: fall of the lower bound of {last}", _fall(tables["tanh"], last, "mi_xt_low")),
        Quantity(f"tanh: fall of the upper bound of {last}", _fall(tables["tanh"], last, "mi_xt_high")),
        Quantity("smallest upper less lower bound (tanh, relu)", tuple(ordered), low=0, unit="nats"),
    ]


def goldfeld2019(results: Results) -> list[Quantity]:
    """Goldfeld et al. (2019): I(X;T+N) moves with H(bin T); of a deterministic network, fine bins show nothing."""
    noise, binned = results["noisy"]["noise"], results["noisy"]["binned"]
    fine = results["deterministic"]["fine"]
    fine = fine.assign(share=fine["mi_xt"] / fine["ceiling_xt"])
    early = fine[fine["epoch"] <= BEFORE_SATURATION]
    moving = [layer for layer in _hidden(noise) if min(_range(noise, layer)) > 1]
    return [
        *(
            Quantity(
                f"{layer}: correlation of I(X;T+N) and H(bin T)", _correlation(noise, binned, layer), low=0.9, unit=""
            )
            for layer in moving
        ),
        Quantity("fine bins, least H(bin T) / ln n, first epochs", _each(early, _least_share), low=0.95, unit=""),
        Quantity("fine bins, least H(bin T) / ln n, all epochs", _each(fine, _least_share), unit=""),
    ]


def elad2019(results: Results) -> list[Quantity]:
    """Elad et al. (2019): MINE of I(T;T+N) is finite and falls as the noise grows; I(T;Y) <= H(Y).

    Where values with less and with more noise are both at MINE's ceiling, they are lower bounds that cannot tell which
    is larger: those are counted and not compared.
    """
    by_noise = [table for key, table in _only(results).items() if key != "training"]
    every = pd.concat(by_noise)
    not_finite = float((~np.isfinite(every["mi_xt"])).sum())
    falls, untold = [], []
    for less, more in pairwise(by_noise):
        at_ceiling = less["flag"].str.contains(SATURATED) & more["flag"].str.contains(SATURATED)
        falls.append(float((less["mi_xt"] - more["mi_xt"])[~at_ceiling].min()))
        untold.append(100 * float(at_ceiling.mean()))
    above = float((every["mi_ty"] - every["ceiling_ty"]).max())
    return [
        Quantity("values of I(T;T+N) that are not finite", (not_finite,), high=0, unit=""),
        Quantity("largest I(T;T+N)", (float(every["mi_xt"].max()),), unit="nats"),
        Quantity("least fall of I(T;T+N) from one noise to the next", tuple(falls), low=0, unit="nats"),
        Quantity("pairs that are both at the ceiling", tuple(untold), high=50, unit="%"),
        Quantity("largest I(T;Y) less H(Y)", (above,), high=0, unit="nats"),
    ]


def adilova2023(results: Results) -> list[Quantity]:
    """Adilova et al. (2023): with noise of its own, a layer compresses where binning sees nothing.

    The compression is that of the upper bound, the Gaussian's entropy less h(Z|X), which the paper draws: the lower one
    is soon at its ceiling ln n.
    """
    quantities = []
    for run in ("fc", "lenet"):
        dropout, binning = results[run]["dropout"], results[run]["binning"]
        (layer,) = _layers(dropout)
        quantities += [
            Quantity(
                f"{run}: fall of the upper bound on I(X;Z)", _fall(dropout, layer, "mi_xt_high"), low=NOT_COMPRESSED
            ),
            Quantity(f"{run}: fall of H(bin T)", _fall(binning, layer), high=NOT_COMPRESSED),
        ]
    layer = _layers(results["beta3"]["dropout"])[-1]
    ends = {run: _last(results[run]["dropout"], layer, "mi_xt_high") for run in ("beta3", "beta20")}
    quantities.append(
        Quantity("upper bound with beta 3 less with beta 20", _less(ends["beta3"], ends["beta20"]), low=0)
    )
    for run, tables in results.items():
        accuracy = 100 * float(tables["training"]["test_accuracy"].iloc[-1])
        flagged = 100 * float((tables["dropout"]["flag"] != "").mean())
        quantities += [
            Quantity(f"{run}: test accuracy", (accuracy,), unit="%"),
            Quantity(f"{run}: values of I(X;Z) that are flagged", (flagged,), unit="%"),
        ]
    return quantities


def lorenzen2022(results: Results) -> list[Quantity]:
    """Lorenzen et al. (2022): exact values of 8-bit activations."""
    tables = {run: tables["exact"] for run, tables in results.items()}
    quantities = []
    for run, table in tables.items():
        fitted = [_last(table, layer, "mi_ty") for layer in _layers(table)]
        first = [_first(table, layer, "mi_ty") for layer in _layers(table)]
        least = np.subtract(fitted, first).min(0)
        quantities += [
            Quantity(f"{run}: least gain of I(T;Y) of a layer", tuple(least), low=0),
            Quantity(f"{run}: fall of I(X;T) of the output", _fall(table, "output"), low=NOT_COMPRESSED),
        ]
    deepest = _hidden(tables["tanh"])[-1]
    falls = [_fall(tables[run], deepest) for run in ("tanh", "relu")]
    for run, fall in zip(tables, falls, strict=True):
        quantities.append(Quantity(f"{run}: fall of I(X;T) of {deepest}", fall))
    return [*quantities, Quantity("tanh less relu", _less(*falls), low=NOT_COMPRESSED)]


def _less(ones: tuple[float, ...], others: tuple[float, ...]) -> tuple[float, ...]:
    """The differences, network for network."""
    return tuple(one - other for one, other in zip(ones, others, strict=True))


def _only(results: Results) -> Mapping[str, pd.DataFrame]:
    (tables,) = results.values()
    return tables


def _layers(table: pd.DataFrame) -> list[str]:
    return [str(layer) for layer in table["layer"].drop_duplicates()]


def _hidden(table: pd.DataFrame) -> list[str]:
    return [layer for layer in _layers(table) if layer != "output"]


def _each(table: pd.DataFrame, value: Callable[[pd.DataFrame], float]) -> tuple[float, ...]:
    """A number of each network's rows, in order of epochs."""
    return tuple(value(rows.sort_values("epoch")) for _, rows in table.groupby("repetition"))


def _of_layer(reduce: Callable[[pd.Series], float]):
    """A function that reduces a layer's column, in bits, of each network."""

    def reduced(table: pd.DataFrame, layer: str, column: str = "mi_xt") -> tuple[float, ...]:
        return _each(table[table["layer"] == layer], lambda rows: float(reduce(rows[column] * BITS)))

    return reduced


_first = _of_layer(lambda values: values.iloc[0])
_last = _of_layer(lambda values: values.iloc[-1])
_peak = _of_layer(lambda values: values.max())
_fall = _of_layer(lambda values: values.max() - values.iloc[-1])
_range = _of_layer(lambda values: values.max() - values.min())


def _least_share(rows: pd.DataFrame) -> float:
    return float(rows["share"].min())


def _correlation(first: pd.DataFrame, second: pd.DataFrame, layer: str) -> tuple[float, ...]:
    """Pearson's correlation of I(X;T) in two tables of the same epochs."""
    other = dict(list(second[second["layer"] == layer].groupby("repetition")))
    return tuple(
        float(np.corrcoef(rows["mi_xt"], other[repetition]["mi_xt"])[0, 1])
        for repetition, rows in first[first["layer"] == layer].groupby("repetition")
    )
