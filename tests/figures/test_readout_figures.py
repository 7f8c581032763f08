"""The figures of what a frozen layer knows, of one network and over several."""

import io
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from test_figures import check_texts, words

from infoplane import figures
from infoplane.readout.correlations import by_network, correlations
from infoplane.readout.table import ACCURACY, LOSS, MI_EE, MI_EY, MI_PY, table

LENGTHS = (1, 30, 200)


def readout(
    know: float = 0.4, *, lengths: tuple[int, ...] = LENGTHS, splits=("train", "test"), repetitions: int = 1, flag=""
) -> pd.DataFrame:
    """A table as `overview` reads it from its file: more of everything with each length, of which one is flagged."""
    rows = []
    for split in splits:
        for repetition in range(repetitions):
            place = {"split": split, "repetition": repetition, "epoch": 50, "layer": "hidden3", "d": 16, "n": 1000}
            more = 0.02 * repetition + 0.03 * (split == "train")

            def row(measure: str, value: float, ceiling: float = math.nan, flag: str = "", place=place, **length: int):
                bar = {"value": value, "low": value - 0.01, "high": value + 0.02, "ceiling": ceiling, "flag": flag}
                return place | {"measure": measure} | bar | length

            rows += [row(MI_EE, 3 + know + more, 6.9), row(MI_EY, know + 0.1 + more, 0.693, flag)]
            for i, length in enumerate(lengths):
                rows += [
                    row(ACCURACY, 0.5 + know / 2 + 0.02 * i + more, length=length),
                    row(LOSS, 0.7 - 0.2 * i - know / 4, length=length),
                    row(MI_PY, know + 0.04 * i + more, 0.693, flag if i == 1 else "", length=length),
                ]
    return pd.read_csv(io.StringIO(table(rows).to_csv(index=False)))


def panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.findobj(Axes) if ax.get_xlabel() or ax.get_ylabel()]


def heights(line: Any) -> np.ndarray:
    return np.asarray(line.get_ydata(), float)


def points(ax: Axes) -> list[Any]:
    return [found for found in ax.collections if type(found) is PathCollection]


@pytest.mark.parametrize(
    "data",
    [
        readout(), readout(lengths=(5,)), readout(repetitions=3), readout(splits=("train", "test", "all")),
        readout(flag="few samples"),
    ],
    ids=["two splits", "one length", "repetitions", "three splits", "flagged"],
)  # fmt: skip
def test_no_text_lies_over_another_or_outside(data: pd.DataFrame):
    check_texts(figures.readout(data))


def test_each_measure_has_its_panel_and_each_split_its_line():
    accuracy, loss, label, noise = panels(figures.readout(readout()))
    assert accuracy.get_ylabel() == "accuracy [share correct]"
    assert loss.get_ylabel() == "cross-entropy loss [nats]"
    assert label.get_title(loc="left") == "I(P;Y) and, dashed, I(E;Y)"
    assert noise.get_ylabel() == "I(E;E+N) [nats]"
    train, test = accuracy.get_lines()
    np.testing.assert_allclose(heights(train), [0.73, 0.75, 0.77])
    np.testing.assert_allclose(heights(test), [0.7, 0.72, 0.74])
    assert [text.get_text() for text in noise.get_xticklabels()] == ["train", "test"]


def test_the_entropy_of_the_label_is_drawn_and_named():
    label = panels(figures.readout(readout()))[2]
    assert any(np.allclose(heights(line), 0.693) for line in label.get_lines())
    assert "H(Y) = 0.69" in [text.get_text() for text in label.texts]
    assert label.get_ylim()[1] > 0.693


def test_what_is_flagged_is_hollow_and_explained():
    figure = figures.readout(readout(flag="few samples"))
    label = panels(figure)[2]
    hollow = [(found.get_facecolors() == 1).all(axis=1).tolist() for found in points(label)]
    # the embedding's point of each split, then the predictions' line of each
    assert hollow == [[True], [True], [False, True, False], [False, True, False]]
    assert "few samples: too few to tell" in words(figure)
    assert "hollow" not in words(figures.readout(readout()))


def test_repetitions_are_drawn_as_their_mean():
    figure = figures.readout(readout(repetitions=3))
    np.testing.assert_allclose(heights(panels(figure)[0].get_lines()[1]), [0.72, 0.74, 0.76])
    assert "Means over 3 repetitions" in words(figure)


def test_bits_are_of_information_alone():
    nats, bits = (panels(figures.readout(readout(), units=units)) for units in ("nats", "bits"))
    np.testing.assert_allclose(*(heights(axes[1].get_lines()[0]) for axes in (nats, bits)))
    known = [np.asarray(points(axes[2])[-1].get_offsets())[:, 1] for axes in (nats, bits)]
    np.testing.assert_allclose(known[1], known[0] / math.log(2))
    with pytest.raises(ValueError, match="trits"):
        figures.readout(readout(), units="trits")  # type: ignore[arg-type]


def test_without_rows_it_says_so():
    assert "Nothing is read out" in words(figures.readout(readout().head(0)))


TABLES = {
    f"network {i}": readout(know, flag="overfit" if i == 2 else "") for i, know in enumerate((0.1, 0.2, 0.4, 0.5))
}


def over_networks(tables: dict[str, pd.DataFrame], **options) -> Figure:
    return figures.over_networks(by_network(tables), correlations(tables), **options)


@pytest.mark.parametrize("number", [2, 4])
def test_over_networks_no_text_lies_over_another_or_outside(number: int):
    check_texts(over_networks({name: TABLES[name] for name in list(TABLES)[:number]}, title="tyshchuk"))


def test_over_networks_a_panel_for_each_pair_with_all_networks():
    axes = panels(over_networks(TABLES))
    assert [ax.get_xlabel() for ax in axes] == ["I(E;E+N) [nats]", "I(E;Y) [nats]", "I(P;Y) [nats]"] * 2
    for ax in axes:
        assert len(points(ax)) == len(TABLES) * len(LENGTHS)
        assert len(ax.texts) == len(LENGTHS)
    places = np.concatenate([np.asarray(each.get_offsets()) for each in points(axes[0])])
    assert {round(x, 3) for x in places[:, 0]} == {3.1, 3.2, 3.4, 3.5}
    assert axes[0].texts[0].get_text().startswith("1.00 [")
    hollow = [(each.get_facecolors() == 1).all() for each in points(axes[2])]
    assert sum(hollow) == 1  # of the flagged network the one length that is
    assert "not known" in words(over_networks({name: TABLES[name] for name in list(TABLES)[:3]}))
