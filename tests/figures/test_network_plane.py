"""H(Y) less the network's cross-entropy, against the divergence of information dropout or over the epochs."""

import math

import numpy as np
import pandas as pd
import pytest
from test_figures import check_texts, words

from example_tables import mi_table, training_table
from infoplane import figures

TABLES = {"binning": mi_table(splits=("train", "test"))}


def with_divergence(epochs: int) -> pd.DataFrame:
    table = training_table(epochs)
    decay = np.exp(-np.arange(epochs) / 5)
    return table.assign(train_divergence=3 + 2 * decay, test_divergence=3.2 + 2 * decay)


def test_without_a_divergence_it_is_drawn_over_the_epochs():
    table = training_table(11)
    figure = figures.network_plane(table, TABLES)
    check_texts(figure)
    (ax,) = figure.axes
    train, test = ([float(y) for y in line.get_ydata()] for line in ax.lines[:2])
    assert train == pytest.approx(math.log(10) - table["train_loss"].astype(float))
    assert test == pytest.approx(math.log(10) - 0.002 - table["test_loss"].astype(float))
    assert "H(Y) = 2.30" in words(figure)
    assert "epoch" in ax.get_xlabel()


def test_with_a_divergence_it_is_a_plane_in_the_units_that_are_asked_for():
    table = with_divergence(30)
    figure = figures.network_plane(table, {"mine": mi_table(splits=("train",))}, units="bits")
    check_texts(figure)
    (ax,) = [ax for ax in figure.axes if ax.get_xlabel() == "divergence from the prior, I(X;Z) or more [bits]"]
    assert [float(x) for x in ax.lines[0].get_xdata()] == pytest.approx(table["train_divergence"] / math.log(2))
    told = (math.log(10) - table["test_loss"].astype(float)) / math.log(2)
    assert [float(y) for y in ax.lines[1].get_ydata()] == pytest.approx(told)


@pytest.mark.parametrize("tables", [{}, {"none": mi_table().head(0)}])
def test_without_h_y_nothing_is_drawn(tables):
    assert "nothing to draw" in words(figures.network_plane(training_table(5), tables))
