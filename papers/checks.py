"""Checks: does the finding of a paper come out? One pure function a paper, from tables to quantities with a target.

Each takes `results[run][table]`: the tables plots/mi/<key>.csv of each run, by key, its plots/training.csv as
`training`, and its plots/readout.csv, where there is one, as `readout`. Values are in bits unless a quantity says
otherwise, one for each network that was trained. A quantity with no interval is there to be read, since it cannot fail
or is no part of the finding.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from infoplane.flags import SATURATED
from infoplane.information import SATURATION_REACH
from infoplane.readout.correlations import by_network, correlations
from infoplane.readout.table import ACCURACY, MI_EE, MI_EY, MI_PY
from papers.reductions import (
    accuracy,
    correlation,
    extent,
    fall,
    fitted,
    hidden,
    lag,
    largest_share,
    last,
    layers,
    least_share,
    less,
    peak,
    rise,
)

Results = Mapping[str, Mapping[str, pd.DataFrame]]

NO_CHANGE = 0.5
"""Bits by which I(X;T) must rise or fall for us to say that it does. Our own choice."""
GOES_WITH = 0.9
"""Correlation from which on we say that one quantity goes with another. Our own choice."""
ROOM = 0.05
"""Bits below H(Y) at which I(T;Y) must start for its rise to be told. Our own choice."""

NEAR = 0.9
"""Share of what an embedding knows of the label from which on predictions come close to it. Our own choice."""

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
    def bounded(self) -> bool:
        """Whether anything is asked of it."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def holds(self) -> bool:
        """Whether nothing is asked, or every value is a number in the interval, and there is one."""
        return not self.bounded or (bool(self.values) and all(self.low <= value <= self.high for value in self.values))

    def __str__(self) -> str:
        values = f"{self.name}: {', '.join(f'{value:.3g}' for value in self.values)} {self.unit}".rstrip()
        ends = [f">= {self.low:g}" * math.isfinite(self.low), f"<= {self.high:g}" * math.isfinite(self.high)]
        wanted = " and ".join(filter(None, ends))
        return values + (f"   (wanted {wanted}: {'yes' if self.holds else 'NO'})" if wanted else "")


def quantities(paper: str, results: Results, least_accuracy: float | Mapping[str, float]) -> list[Quantity]:
    """All that is asked of a paper's results: that its networks learned, and its finding.

    Args:
        least_accuracy: on the test part, in percent, of every run or by run.
    """
    bars = least_accuracy if isinstance(least_accuracy, Mapping) else dict.fromkeys(results, least_accuracy)
    learned = [
        Quantity(f"{run}: test accuracy", accuracy(tables["training"]), low=bars[run], unit="%")
        for run, tables in results.items()
    ]
    return [*learned, *of(paper)(results)]


def holds(quantities: list[Quantity]) -> bool:
    """Whether the finding holds: all of its quantities do, and something is asked."""
    return any(quantity.bounded for quantity in quantities) and all(quantity.holds for quantity in quantities)


def of(paper: str) -> Callable[[Results], list[Quantity]]:
    """The check of a paper: the function of its name, with _ for -."""
    return globals()[paper.replace("-", "_")]


def szt2017(results: Results) -> list[Quantity]:
    """Shwartz-Ziv & Tishby (2017): fitting, then compression, in a tanh network."""
    table = _only(results)["binning"]
    return [
        Quantity("peak I(X;T) of hidden5", peak(table, "hidden5")),
        Quantity("rise of I(X;T) of hidden5 to its peak", rise(table, "hidden5")),
        Quantity("fall of I(X;T) of hidden5 from its peak", fall(table, "hidden5"), low=3),
        Quantity(
            "hidden5: from half the gain of I(T;Y) to half the fall of I(X;T)",
            lag(table, "hidden5"), low=1, unit="epochs",
        ),
        Quantity("final I(X;T) of hidden1", last(table, "hidden1"), low=11.9),
        Quantity("final I(T;Y) of hidden5", last(table, "hidden5", "mi_ty"), low=0.9),
    ]  # fmt: skip


def saxe2018_relu(results: Results) -> list[Quantity]:
    """Saxe et al. (2018), figure 1 B: with relu, I(X;T) rises and does not fall."""
    table = _only(results)["binning"]
    falls = [
        Quantity(f"fall of I(X;T) of {layer} from its peak", fall(table, layer), high=NO_CHANGE)
        for layer in hidden(table)
    ]
    deepest = hidden(table)[-1]
    return [*falls, Quantity(f"rise of I(X;T) of {deepest}", rise(table, deepest), low=NO_CHANGE)]


def saxe2018_mnist(results: Results) -> list[Quantity]:
    """Saxe et al. (2018), figure 1 C and D: on MNIST, late layers compress with tanh and not with relu.

    Late are the hidden layers after the first, which has 1024 units and is at ln n throughout.
    """
    tanh, relu = results["tanh"]["kde"], results["relu"]["kde"]
    late = hidden(tanh)[1:]
    return [
        *(Quantity(f"tanh: fall of I(X;T+N) of {layer}", fall(tanh, layer), low=NO_CHANGE) for layer in late),
        *(
            Quantity(f"tanh: fall of the {end} bound of {layer}", fall(results["tanh"][end], layer))
            for end in ("lower", "upper")
            for layer in late
        ),
        *(Quantity(f"relu: fall of I(X;T+N) of {layer}", fall(relu, layer), high=NO_CHANGE) for layer in late),
    ]


def goldfeld2019(results: Results) -> list[Quantity]:
    """Goldfeld et al. (2019): I(X;T+N) moves with H(bin T); of a deterministic network, fine bins show nothing."""
    noise, binned = results["noisy"]["noise"], results["noisy"]["binned"]
    fine = results["deterministic"]["fine"]
    early = fine[fine["epoch"] <= BEFORE_SATURATION]
    moving = [layer for layer in hidden(noise) if min(extent(noise, layer)) > 1]
    return [
        Quantity("hidden layers whose I(X;T+N) moves by more than a bit", (len(moving),), low=2, unit=""),
        *(
            Quantity(
                f"{layer}: correlation of I(X;T+N) and H(bin T)",
                correlation(noise, binned, layer), low=GOES_WITH, unit="",
            )
            for layer in moving
        ),
        Quantity("fine bins, least H(bin T) / ln n", least_share(fine), low=SATURATION_REACH, unit=""),
        Quantity(f"the same up to epoch {BEFORE_SATURATION}", least_share(early), unit=""),
    ]  # fmt: skip


def elad2019(results: Results) -> list[Quantity]:
    """Elad et al. (2019): MINE of I(T;T+N) is finite and falls as the noise grows; I(T;Y) is large in the end.

    Where values with less and with more noise are both at MINE's ceiling, they are lower bounds that cannot tell which
    is larger: those are counted and not compared. That values are finite and I(T;Y) <= H(Y) is so by construction.
    """
    by_noise = [table for key, table in _only(results).items() if key != "training"]
    falls, untold = [], []
    for one, more in pairwise(by_noise):
        at_ceiling = one["flag"].str.contains(SATURATED) & more["flag"].str.contains(SATURATED)
        falls.append(float((one["mi_xt"] - more["mi_xt"])[~at_ceiling].min(skipna=False)))
        untold.append(100 * float(at_ceiling.mean()))
    every = pd.concat(by_noise)
    end = every["epoch"].max()
    least, most = (table[table["epoch"] == end] for table in (by_noise[0], by_noise[-1]))
    final = every[every["epoch"] == end]
    return [
        Quantity("largest I(T;T+N)", (float(every["mi_xt"].max(skipna=False)),), unit="nats"),
        Quantity("least fall of I(T;T+N) from one noise to the next", tuple(falls), low=0, unit="nats"),
        Quantity("pairs that are both at the ceiling", tuple(untold), high=50, unit="%"),
        Quantity(
            "least fall of I(T;T+N) from the least noise to the most, final epoch",
            (float((least["mi_xt"] - most["mi_xt"]).min(skipna=False)),), low=0.5, unit="nats",
        ),
        Quantity(
            "least final I(T;Y) / H(Y) of a layer",
            (float((final["mi_ty"] / final["ceiling_ty"]).min(skipna=False)),), low=0.5, unit="",
        ),
        Quantity(
            "largest I(T;Y) less H(Y), by construction at most 0",
            (float((every["mi_ty"] - every["ceiling_ty"]).max()),), unit="nats",
        ),
    ]  # fmt: skip


def adilova2023(results: Results) -> list[Quantity]:
    """Adilova et al. (2023): with noise of its own, a layer compresses where binning sees nothing.

    The compression is that of the upper bound, a Gaussian's entropy less h(Z|X). The paper takes a mixture of Gaussians
    for h(Z); ours is soon at its ceiling ln n. Binning at ln n sees nothing whatever the network does.
    """
    asked = []
    for run in ("fc", "lenet"):
        dropout, binning = results[run]["dropout"], results[run]["binning"]
        (layer,) = layers(dropout)
        upper = "mi_xt_high"
        asked += [
            Quantity(f"{run}: rise of the upper bound on I(X;Z)", rise(dropout, layer, upper), low=NO_CHANGE),
            Quantity(f"{run}: fall of the upper bound on I(X;Z)", fall(dropout, layer, upper), low=NO_CHANGE),
            Quantity(f"{run}: fall of H(bin T)", fall(binning, layer), high=NO_CHANGE),
            Quantity(f"{run}: largest H(bin T) / ln n", largest_share(binning), high=SATURATION_REACH, unit=""),
        ]
    layer = layers(results["beta3"]["dropout"])[-1]
    weak, strong = (last(results[run]["dropout"], layer, "mi_xt_high") for run in ("beta3", "beta20"))
    asked.append(Quantity("upper bound with beta 3 less with beta 20", less(weak, strong), low=NO_CHANGE))
    for run, tables in results.items():
        flagged = 100 * float((tables["dropout"]["flag"] != "").mean())
        asked.append(Quantity(f"{run}: values of I(X;Z) that are flagged", (flagged,), unit="%"))
    return asked


def lorenzen2022(results: Results) -> list[Quantity]:
    """Lorenzen et al. (2022): exact values of 8-bit activations.

    Layers that start at H(Y) cannot show a fitting phase: they are counted and not asked.
    """
    asked, deepest = [], []
    for run in ("tanh", "relu"):
        table = results[run]["exact"]
        shares, untold = fitted(table, ROOM)
        last_hidden = hidden(table)[-1]
        deepest.append(fall(table, last_hidden))
        asked += [
            Quantity(f"{run}: least share of what a layer lacks of H(Y) that it gains", shares, low=0.5, unit=""),
            Quantity(f"{run}: layers that start within {ROOM:g} bits of H(Y)", untold, unit=""),
            Quantity(f"{run}: fall of I(X;T) of the output", fall(table, "output"), low=NO_CHANGE),
            Quantity(f"{run}: fall of I(X;T) of {last_hidden}", deepest[-1]),
        ]
    return [*asked, Quantity("fall of the last hidden layer, tanh less relu", less(*deepest), low=NO_CHANGE)]


def tyshchuk(results: Results) -> list[Quantity]:
    """Tyshchuk (2020): over networks, what predictions from a frozen embedding know goes with their accuracy.

    A network is a run. Correlations after each length of the classifier's training; the original prints those after one
    epoch. How the other pairs correlate stands in the table beside the picture.
    """
    readouts = {run: tables["readout"] for run, tables in results.items()}
    found, networks = correlations(readouts), by_network(readouts)
    found, networks = found[found["split"] == "test"], networks[networks["split"] == "test"]
    lengths = sorted(networks["length"].unique().tolist())
    after = {length: networks[networks["length"] == length] for length in lengths}
    asked = []
    for length in lengths:
        with_accuracy = found[(found["length"] == length) & (found["score"] == ACCURACY)].set_index("measure")
        place = f"after {length} epoch{'s' * (length > 1)}, over {len(readouts)} networks"
        asked.append(Quantity(f"{place}: test accuracy", tuple(after[length][ACCURACY] * 100), unit="%"))
        asked.append(Quantity(f"{place}: I(P;Y) on test", tuple(after[length][MI_PY]), unit="nats"))
        for measure in (MI_EE, MI_EY, MI_PY):
            r, *interval = (float(with_accuracy.loc[measure, f"pearson{end}"]) for end in ("", "_low", "_high"))
            bars = {"low": GOES_WITH} if measure == MI_PY else {}
            asked.append(Quantity(f"{place}: correlation of {measure} with accuracy", (r,), **bars, unit=""))
            asked.append(Quantity("    its 95 % interval", tuple(interval), unit=""))
    last_slow = after[lengths[max(0, len(lengths) - 2)]]
    every = pd.concat(readouts.values())
    of_labels = every[every["measure"].isin([MI_EY, MI_PY])]
    return [
        *asked,
        Quantity("I(E;Y) on test", tuple(last_slow[MI_EY]), unit="nats"),
        Quantity("I(E;E+N) on test", tuple(last_slow[MI_EE]), unit="nats"),
        Quantity(
            "I(P;Y) / I(E;Y) on test before overfitting", tuple(last_slow[MI_PY] / last_slow[MI_EY]), low=NEAR, unit=""
        ),
        Quantity(
            "largest I(E;Y) or I(P;Y) less H(Y)", (float((of_labels["value"] - of_labels["ceiling"]).max()),),
            high=0, unit="nats",
        ),
    ]  # fmt: skip


def _only(results: Results) -> Mapping[str, pd.DataFrame]:
    (tables,) = results.values()
    return tables
