"""Over networks: does what an embedding knows go with how well classifiers on it do?

For each split and length, each information (I(E;E+N), I(E;Y), I(P;Y)) against each score (accuracy, loss), a point for
each network. Few networks say little: intervals say how little.

Assumptions: networks are independent draws, and, for the interval of Pearson's coefficient, the pairs jointly Gaussian.

References: Fisher (1921), On the probable error of a coefficient of correlation, Metron 1, for Pearson's interval
(scipy). Bonett & Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations,
Psychometrika 65, for the standard error of Spearman's: sqrt((1 + r^2 / 2) / (n - 3)) of artanh r.
"""

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from infoplane.readout.table import INFORMATION, SCORES, each_length

COLUMNS = (
    "split", "length", "measure", "score", "networks", "flagged", "pearson", "pearson_low", "pearson_high", "spearman",
    "spearman_low", "spearman_high",
)  # fmt: skip
LEAST = 4
"""Networks, at least: of three there is no interval."""


def by_network(readouts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row for each network, split and length; a column for each measure, the mean over repetitions, and `flagged`.

    Args:
        readouts: for each network's name its table, with the columns of `infoplane.readout.table`.

    Returns: columns network, split, length, those of `SCORES` and `INFORMATION`; `flagged` holds the measures that are
        flagged in one of the repetitions, joined by "; ".
    """
    tables = [each_length(readout).assign(network=network) for network, readout in readouts.items()]
    whole = pd.concat(tables, ignore_index=True)
    place = ["network", "split", "length"]
    values = whole.pivot_table("value", place, "measure", sort=False)
    doubted = whole[whole["flag"].notna() & (whole["flag"] != "")]
    flagged = doubted.groupby(place)["measure"].agg(lambda measures: "; ".join(dict.fromkeys(measures)))
    values["flagged"] = flagged.reindex(values.index).fillna("")
    return values.reset_index()[[*place, *SCORES, *INFORMATION, "flagged"]].rename_axis(None, axis="columns")


def correlations(readouts: Mapping[str, pd.DataFrame], *, confidence: float = 0.95) -> pd.DataFrame:
    """Pearson's and Spearman's correlations over networks, a row for each split, length, measure and score.

    Args:
        readouts: for each network's name its table.
        confidence: of the intervals.

    Returns: the columns of `COLUMNS`: `networks`, their number; `flagged`, how many of their values of the measure are
        not to be believed; coefficients and intervals, which are NaN where there are fewer than 4 networks, or where
        all have the same value.
    """
    networks = by_network(readouts)
    rows = []
    for (split, length), found in networks.groupby(["split", "length"], sort=False):
        for measure, score in product(INFORMATION, SCORES):
            x, y = found[measure].to_numpy(), found[score].to_numpy()
            flagged = sum(measure in str(words).split("; ") for words in found["flagged"])
            coefficients = _pearson(x, y, confidence) + _spearman(x, y, confidence)
            rows.append((split, length, measure, score, len(found), flagged, *coefficients))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _pearson(x: np.ndarray, y: np.ndarray, confidence: float) -> tuple[float, float, float]:
    if not _tells(x, y):
        return math.nan, math.nan, math.nan
    found: Any = stats.pearsonr(x, y)
    interval = found.confidence_interval(confidence)
    return float(found.statistic), float(interval.low), float(interval.high)


def _spearman(x: np.ndarray, y: np.ndarray, confidence: float) -> tuple[float, float, float]:
    if not _tells(x, y):
        return math.nan, math.nan, math.nan
    found: Any = stats.spearmanr(x, y)
    n, r = len(x), float(found.statistic)
    # the largest coefficient below 1 is that of one swap; artanh 1 is infinite, so that 1 counts as half a swap away
    edge = 1 - 6 / (n * (n * n - 1))
    centre = math.atanh(min(max(r, -edge), edge))
    half = float(stats.norm.ppf((1 + confidence) / 2)) * math.sqrt((1 + r * r / 2) / (n - 3))
    return r, min(r, math.tanh(centre - half)), max(r, math.tanh(centre + half))


def _tells(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether there are enough networks, all have values, and these are not all the same."""
    return len(x) >= LEAST and bool(np.isfinite([x, y]).all()) and np.ptp(x) > 0 and np.ptp(y) > 0
