"""The figure of a layer's information over the size of the noise."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from test_figures import check_texts, words

from example_tables import LAYERS
from infoplane import figures

NOISES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
N = 4000


def table(epochs=(0, 10, 50), repetitions: int = 1, layers=LAYERS) -> pd.DataFrame:
    """Information that falls with the noise; at small noise bounds far apart and a flag."""
    rows = []
    for repetition in range(repetitions):
        for epoch in epochs:
            for depth, layer in enumerate(layers):
                for noise in NOISES:
                    low = min(math.log(N), math.log1p((4 - depth + 0.1 * repetition) ** 2 / noise**2))
                    high, flag = low + 0.02 / noise, ""
                    if low > 0.95 * math.log(N):
                        high, flag = low + 30, "saturated"
                    rows.append(("train", repetition, epoch, layer, noise, low + 0.005 / noise, low, high, flag))
    columns = ["split", "repetition", "epoch", "layer", "noise_std", "mi_xt", "mi_xt_low", "mi_xt_high", "flag_xt"]
    return pd.read_csv(io.StringIO(pd.DataFrame(rows, columns=columns).to_csv(index=False)))


def panels(figure: Figure) -> list[Axes]:
    return [ax for ax in figure.findobj(Axes) if ax.get_xscale() == "log"]


def points(ax: Axes) -> list[PathCollection]:
    return [found for found in ax.collections if type(found) is PathCollection]


@pytest.mark.parametrize(
    "data",
    [table(), table([50]), table(range(9), 3), table(layers=["hidden1"]), table().assign(mi_xt_high=np.nan)],
    ids=["three", "one epoch", "repetitions", "one layer", "no upper bounds"],
)
@pytest.mark.parametrize("samples", [None, N])
def test_no_text_lies_over_another_or_outside(data, samples):
    check_texts(figures.resolution(data, samples=samples))


def test_a_line_for_each_layer_with_its_bounds_and_hollow_where_it_is_not_to_be_believed():
    data = table([50])
    (ax,) = panels(figures.resolution(data, samples=N))
    assert len(points(ax)) == len(LAYERS)
    assert len([each for each in ax.collections if isinstance(each, FillBetweenPolyCollection)]) == len(LAYERS)
    for drawn, (_, rows) in zip(points(ax), data.groupby("layer", sort=False), strict=True):
        x, y = np.asarray(drawn.get_offsets()).T
        np.testing.assert_allclose(x, rows["noise_std"])
        np.testing.assert_allclose(y, rows["mi_xt"])
        hollow = (drawn.get_facecolors() == 1).all(axis=1)
        assert hollow.tolist() == rows["flag_xt"].notna().tolist()


def test_what_the_samples_cannot_show_is_shaded_and_named():
    figure = figures.resolution(table([50]), samples=N)
    (ax,) = panels(figure)
    (shade,) = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert shade.get_y() == pytest.approx(math.log(N))
    assert shade.get_y() + shade.get_height() == pytest.approx(ax.get_ylim()[1])
    assert f"what {N}\nsamples cannot show" in words(figure)
    assert not panels(figures.resolution(table([50])))[0].patches


def test_bounds_that_are_far_off_do_not_squeeze_the_lines():
    (ax,) = panels(figures.resolution(table([50]), samples=N))
    assert ax.get_ylim()[1] < 1.5 * math.log(N)


def test_epochs_stand_side_by_side_on_one_axis():
    axes = panels(figures.resolution(table(range(9)), most_epochs=3))
    assert len({ax.get_ylim() for ax in axes}) == 1
    assert [ax.get_title(loc="left") for ax in axes][0::2] == ["epoch 0", "epoch 8"]
    (last,) = panels(figures.resolution(table(range(9)), most_epochs=1))
    assert last.get_title(loc="left") == "epoch 8"


def test_bits():
    for samples in (None, N):
        nats, bits = (panels(figures.resolution(table([1]), samples=samples, units=u))[0] for u in ("nats", "bits"))
        assert bits.get_ylabel() == "I(X;T+N) [bits]"
        heights = [np.asarray(points(ax)[0].get_offsets())[:, 1] for ax in (nats, bits)]
        np.testing.assert_allclose(heights[1], heights[0] / math.log(2))
    with pytest.raises(ValueError, match="trits"):
        figures.resolution(table(), units="trits")  # type: ignore[arg-type]


def test_repetitions_are_drawn_as_their_mean_flagged_where_one_is():
    data = table([50], repetitions=2, layers=["output"])
    data["flag_xt"] = [
        "overfit" if r == 1 and noise > 1 else ""
        for r, noise in zip(data["repetition"], data["noise_std"], strict=True)
    ]
    figure = figures.resolution(data)
    (drawn,) = points(panels(figure)[0])
    np.testing.assert_allclose(np.asarray(drawn.get_offsets())[:, 1], data.groupby("noise_std")["mi_xt"].mean())
    assert (drawn.get_facecolors() == 1).all(axis=1).tolist() == [False] * 5 + [True]
    assert "Means over 2 repetitions" in words(figure)


def test_without_a_value_it_says_so():
    assert "No layer in noise to draw." in words(figures.resolution(table().assign(mi_xt=np.nan)))
    assert "No layer in noise to draw." in words(figures.resolution(table().head(0)))


def test_a_layer_keeps_its_mark_when_another_has_no_value():
    data = table([50])
    (ax,) = panels(figures.resolution(data.assign(mi_xt=data["mi_xt"].where(data["layer"] != "hidden1"))))
    (everything,) = panels(figures.resolution(data))
    for drawn, same in zip(points(ax), points(everything)[1:], strict=True):
        np.testing.assert_array_equal(drawn.get_paths()[0].vertices, same.get_paths()[0].vertices)
        np.testing.assert_array_equal(drawn.get_edgecolors()[0], same.get_edgecolors()[0])
