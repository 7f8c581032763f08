"""The table of a readout, plots/readout.csv: one row for each measure of an embedding E or of predictions P.

Information and loss are in nats. An empty cell is not given: `length` where a measure is of E alone, which no training
of a classifier changes; `ceiling` of accuracy and loss.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

COLUMNS = (
    "split", "repetition", "epoch", "layer", "d", "n", "length", "measure", "value", "low", "high", "ceiling", "flag",
)  # fmt: skip
"""split, repetition, epoch, layer: whose activations E are; d, n: its units and samples; length: epochs that the
classifier was trained for; value, low, high: the measure and its bar; ceiling: the most that it can be; flag: why it
should not be trusted, empty where it can be."""
ACCURACY, LOSS, MI_EE, MI_EY, MI_PY = "accuracy", "loss", "I(E;E+N)", "I(E;Y)", "I(P;Y)"
SCORES, INFORMATION = (ACCURACY, LOSS), (MI_EE, MI_EY, MI_PY)
OF_EMBEDDING = (MI_EE, MI_EY)
"""The measures that are the same at every length."""
PLACE = ("split", "repetition", "epoch", "layer", "d", "n", "length", "measure")
VALUES = ("value", "low", "high", "ceiling")


def table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as a table; without rows, of columns alone. Lengths are whole numbers or missing."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"length": "Int64"})


def each_length(readout: pd.DataFrame) -> pd.DataFrame:
    """The same with a row of E's measures for every length, as figures and correlations want them."""
    lengths = readout["length"].dropna().drop_duplicates().to_frame()
    of_embedding = readout["measure"].isin(OF_EMBEDDING)
    repeated = readout[of_embedding].drop(columns="length").merge(lengths, how="cross")
    whole = pd.concat([repeated, readout[~of_embedding]], ignore_index=True)
    return whole[list(readout.columns)].astype({"length": int})
