"""The figure of measures of layers, and of how alike layers are."""

import io
import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure
from test_figures import LONG, check_texts, words

from example_tables import LAYERS, mi_table
from infoplane import figures

EPOCHS = (0, 2, 10, 50)
MEASURES = ("rankme", "renyi_entropy", "linear_probe")
TITLES = {"rankme": "RankMe", "renyi_entropy": "Rényi entropy, α = 2 [nats]", "linear_probe": "linear probe, accuracy"}


def read_back(table: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(table.to_csv(index=False)))


def measured(layers=LAYERS, epochs=EPOCHS, repetitions: int = 1, splits=("train",), names=MEASURES) -> pd.DataFrame:
    rows = [
        (split, repetition, epoch, layer, 500 if "renyi" in name else 1000, 32, name,
         (place + 1) / (depth + 1) + 0.01 * epoch + 0.1 * repetition)
        for split in splits for repetition in range(repetitions) for epoch in epochs
        for depth, layer in enumerate(layers) for place, name in enumerate(names)
    ]  # fmt: skip
    columns = ["split", "repetition", "epoch", "layer", "n", "d", "measure", "value"]
    return read_back(pd.DataFrame(rows, columns=columns))


def alike(layers=LAYERS, epochs=EPOCHS, repetitions: int = 1, splits=("train",)) -> pd.DataFrame:
    pairs = [((e, a), (e, b)) for e in epochs for a, b in combinations(layers, 2)]
    pairs += [((a, layer), (b, layer)) for layer in layers for a, b in combinations(epochs, 2)]
    rows = [
        (split, repetition, *one, *other, 1000, 1 / (1 + abs(one[0] - other[0]) / 9 + (one[1] != other[1])))
        for split in splits for repetition in range(repetitions) for one, other in pairs
    ]  # fmt: skip
    columns = ["split", "repetition", "epoch", "layer", "other_epoch", "other_layer", "n", "value"]
    return read_back(pd.DataFrame(rows, columns=columns))


def plane(given: bool = True) -> pd.DataFrame:
    table = mi_table(splits=["train"])
    value = pd.to_numeric(table["mi_xt"]) - pd.to_numeric(table["mi_ty"])
    return read_back(table.assign(mi_xt_given_y=value if given else np.nan))


def panels(figure: Figure) -> dict[str, Axes]:
    return {ax.get_title(loc="left"): ax for ax in figure.findobj(Axes) if ax.get_title(loc="left")}


@pytest.mark.parametrize(
    ("table", "cka", "planes"),
    [
        (measured(), alike(), {"binning": plane(), "mine": plane(False)}),
        (measured(repetitions=3), alike(repetitions=3), {}),
        (measured(["hidden1"]), alike(["hidden1"]), {"binning": plane()}),
        (measured(epochs=[7]), alike(epochs=[7]), {}),
        (measured(LONG), alike(LONG), {}),
        (measured([f"block{i}" for i in range(40)]), alike([f"block{i}" for i in range(40)]), {}),
        (measured(names=MEASURES[:1]), alike().head(0), {}),
        (measured().head(0), alike(), {}),
    ],
    ids=["all", "repetitions", "one layer", "one epoch", "long names", "many layers", "one measure", "cka alone"],
)
def test_no_text_lies_over_another_or_outside(table, cka, planes):
    check_texts(figures.measures(table, cka, planes, titles=TITLES))


def test_a_panel_a_measure_and_a_line_a_layer():
    table = measured()
    found = panels(figures.measures(table, alike(), {"binning": plane(), "mine": plane(False)}, titles=TITLES))
    assert list(found) == [
        *TITLES.values(), "I(X;T|Y), binning [nats]", "CKA with the last epoch", "CKA of layers, epoch 50"
    ]  # fmt: skip
    for name, title in TITLES.items():
        lines = [line for line in found[title].lines if len(line.get_xdata()) == len(EPOCHS)]
        for line, (_, rows) in zip(lines, table[table["measure"] == name].groupby("layer", sort=False), strict=True):
            np.testing.assert_allclose(line.get_ydata(), rows["value"])
            np.testing.assert_array_equal(line.get_xdata(), EPOCHS)
    (last,) = {tuple(line.get_ydata()[-1:]) for line in found["CKA with the last epoch"].lines}
    assert last == (1.0,)


def test_the_map_is_symmetric_and_its_numbers_stand_in_it():
    found = panels(figures.measures(measured(), alike()))
    (image,) = found["CKA of layers, epoch 50"].images
    values = np.asarray(image.get_array())
    np.testing.assert_allclose(values, values.T)
    np.testing.assert_allclose(np.diag(values), 1)
    np.testing.assert_allclose(values[0, 1:], 0.5)
    assert len(found["CKA of layers, epoch 50"].texts) == len(LAYERS) ** 2


def test_one_split_is_drawn_and_named():
    table, cka = measured(splits=("train", "test")), alike(splits=("train", "test"))
    assert "(train split)" in words(figures.measures(table, cka))
    assert "(test split)" in words(figures.measures(table, cka, split="test"))


def test_bits_are_those_of_information_alone():
    found = [panels(figures.measures(measured(), alike(), titles=TITLES, units=u)) for u in ("nats", "bits")]
    for nats, bits, factor in (
        ("RankMe", "RankMe", 1),
        (TITLES["renyi_entropy"], "Rényi entropy, α = 2 [bits]", 1 / math.log(2)),
    ):
        one, other = found[0][nats].lines[0], found[1][bits].lines[0]
        np.testing.assert_allclose(other.get_ydata(), factor * np.asarray(one.get_ydata()))
    with pytest.raises(ValueError, match="trits"):
        figures.measures(measured(), alike(), units="trits")  # type: ignore[arg-type]


def test_repetitions_are_drawn_as_their_mean_in_a_band():
    table = measured(repetitions=2)
    figure = figures.measures(table, alike(repetitions=2), titles=TITLES)
    ax = panels(figure)["RankMe"]
    rows = table[(table["measure"] == "rankme") & (table["layer"] == LAYERS[0])]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), rows.groupby("epoch")["value"].mean())
    assert len([each for each in ax.collections if isinstance(each, FillBetweenPolyCollection)]) == len(LAYERS)
    assert "Means over 2 repetitions" in words(figure)


def test_a_measure_without_a_value_has_no_panel_and_none_at_all_is_said():
    table = measured()
    table["value"] = table["value"].where(table["measure"] != "rankme")
    assert "RankMe" not in panels(figures.measures(table, alike(), titles=TITLES))
    assert "No measure of a layer to draw." in words(figures.measures(table.head(0), alike().head(0)))


def test_layers_keep_their_marks_where_one_has_no_value():
    table = measured()
    some = table.assign(value=table["value"].where(table["layer"] != LAYERS[0]))
    whole, less = (panels(figures.measures(each, alike(), titles=TITLES))["RankMe"] for each in (table, some))
    assert [line.get_color() for line in less.lines] == [line.get_color() for line in whole.lines]
