"""Correlations over networks, from their tables."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from infoplane.readout.correlations import COLUMNS, _spearman, by_network, correlations
from infoplane.readout.table import ACCURACY, LOSS, MI_EE, MI_EY, MI_PY, table

LENGTHS = (1, 30)


def readout(know: float, accuracy: float, flag: str = "", repetitions: int = 1) -> pd.DataFrame:
    """A network whose predictions know `know` nats; each repetition a little more, each length, too."""
    rows = []
    for split in ("train", "test"):
        for repetition in range(repetitions):
            place = {"split": split, "repetition": repetition, "epoch": 3, "layer": "e", "d": 2, "n": 50, "flag": ""}
            more = 0.1 * repetition
            rows += [
                place | {"measure": MI_EE, "value": 3.0 - know},
                place | {"measure": MI_EY, "value": 0.5, "flag": flag},
            ]
            for length in LENGTHS:
                rows += [
                    place | {"length": length, "measure": ACCURACY, "value": accuracy},
                    place | {"length": length, "measure": LOSS, "value": 1 - accuracy},
                    place | {"length": length, "measure": MI_PY, "value": know + more + 0.001 * length},
                ]
    return table(rows)


KNOW, ACCURACIES = [0.1, 0.2, 0.35, 0.3, 0.6], [0.6, 0.7, 0.75, 0.8, 0.85]
NETWORKS = {f"net{i}": readout(*each) for i, each in enumerate(zip(KNOW, ACCURACIES, strict=True))}


def row(found: pd.DataFrame, measure: str, score: str, split: str = "test", length: int = 30) -> pd.Series:
    place = {"measure": measure, "score": score, "split": split, "length": length}
    (index,) = found.index[np.logical_and.reduce([found[name] == value for name, value in place.items()])]
    return found.loc[index]


def test_a_row_for_each_network_split_and_length():
    networks = by_network(NETWORKS)
    assert len(networks) == len(NETWORKS) * 2 * len(LENGTHS)
    first = networks[(networks["network"] == "net2") & (networks["split"] == "test")]
    assert first["length"].tolist() == list(LENGTHS)
    assert first[MI_EE].tolist() == pytest.approx([2.65, 2.65])  # the same at each length
    assert first[MI_PY].tolist() == pytest.approx([0.351, 0.38])
    assert first[ACCURACY].tolist() == [0.75, 0.75]


def test_coefficients_and_intervals_are_those_of_scipy():
    found = correlations(NETWORKS)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == 2 * len(LENGTHS) * 3 * 2
    each = row(found, MI_PY, ACCURACY)
    theirs: Any = stats.pearsonr(KNOW, ACCURACIES)
    of_ranks: Any = stats.spearmanr(KNOW, ACCURACIES)
    assert each["pearson"] == pytest.approx(theirs.statistic)
    assert [each["pearson_low"], each["pearson_high"]] == pytest.approx(list(theirs.confidence_interval(0.95)))
    assert each["spearman"] == pytest.approx(of_ranks.statistic)
    assert -1 < each["spearman_low"] < each["spearman"] < each["spearman_high"] < 1
    assert row(found, MI_EE, ACCURACY)["pearson"] == pytest.approx(-each["pearson"])
    assert row(found, MI_PY, LOSS)["pearson"] == pytest.approx(-each["pearson"])
    assert each["networks"] == 5


def test_full_agreement_of_five_ranks_is_no_certainty():
    found = correlations({f"net{i}": readout(i / 10, i / 10) for i in range(5)})
    for measure, sign in ((MI_PY, 1), (MI_EE, -1)):
        each = row(found, measure, ACCURACY)
        assert each["spearman"] == pytest.approx(sign)
        ends = sorted(sign * each[[f"spearman_{end}" for end in ("low", "high")]].astype(float))
        assert 0 < ends[0] < 0.5
        assert ends[1] == pytest.approx(1)


def test_the_interval_of_ranks_covers_independent_networks():
    draw, outside = np.random.default_rng(0), 0
    for _ in range(400):
        low, high = _spearman(draw.permutation(12), draw.permutation(12), 0.95)[1:]
        outside += not low <= 0 <= high
    assert 5 <= outside <= 40  # 20 are expected


def test_without_differences_or_networks_there_is_no_coefficient():
    same = row(correlations(NETWORKS), MI_EY, ACCURACY)
    few = row(correlations({name: NETWORKS[name] for name in list(NETWORKS)[:3]}), MI_PY, ACCURACY)
    for each in (same, few):
        for name in ("pearson", "pearson_low", "spearman", "spearman_high"):
            assert math.isnan(each[name])


def test_repetitions_are_means_and_flags_are_counted():
    tables = NETWORKS | {"net1": readout(0.2, 0.7, "few samples", repetitions=2)}
    networks = by_network(tables).set_index(["network", "split", "length"])
    assert networks.loc[("net1", "test", 1), MI_PY] == pytest.approx(0.251)
    assert networks.loc[("net1", "test", 1), "flagged"] == MI_EY
    found = correlations(tables)
    assert row(found, MI_EY, LOSS)["flagged"] == 1
    assert row(found, MI_PY, LOSS)["flagged"] == 0
