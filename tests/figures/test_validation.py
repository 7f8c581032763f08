"""Figures of the validation: what they draw, what they leave out and say so, and that they come out the same."""

import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
import test_figures
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

from infoplane import figures
from infoplane.figures import sweeps
from infoplane.known.judgements import COLUMNS

INF = math.inf


def table(rows: list[tuple], bars: bool = False) -> pd.DataFrame:
    """Rows of (task, axis, seed, truth, estimate, flag) as `validation.judge` gives them."""
    full = []
    for task, axis, seed, truth, estimate, flag in rows:
        low, high = (estimate - 0.2, estimate + 0.4) if bars else (None, None)
        error = estimate - truth if math.isfinite(truth) else None
        full.append((task, axis, 1000, 1, seed, truth, estimate, error, None, low, high, flag, 0.1))
    return pd.DataFrame(full, columns=list(COLUMNS))


PAIRS = [
    ("a", "xt", 0, 1.0, 1.05, ""),
    ("a", "xt", 1, 1.0, 1.3, ""),  # outside
    ("b", "xt", 0, 20.0, 21.5, ""),  # inside: 10 %
    ("c", "ty", 0, 0.1, 0.19, ""),
    ("c", "ty", 1, 0.1, 0.9, "saturated"),
    ("d", "xt", 0, 5.0, 100.0, "overfit"),  # beyond the axis
    ("d", "xt", 1, 5.0, -40.0, "overfit"),
    ("e", "xt", 0, INF, 9.0, "saturated"),
    ("e", "xt", 1, INF, 9.0, ""),
    ("f", "xt", 0, 2.0, math.nan, "failed"),
]
SMALL = table([("a", axis, seed, 0.5 * seed, 0.5 * seed + 0.02, "") for axis in ("xt", "ty") for seed in range(5)])


def functions(shift: float, flag: str = "", seeds: int = 2) -> pd.DataFrame:
    truths = {"x": 2.75, "x^3": 4.28, "sin x": 1.7}
    return table(
        [
            (f"{f}, noise {std:g}", axis, seed, truth / (1 + std) if std else INF, truth + shift + 2 * seed, flag)
            for f, truth in truths.items()
            for std in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
            for seed in range(seeds)
            for axis in ("xt",)
        ]
        + [("gaussian d=1 rho=0.5", "xt", 0, 0.14, 77.7, "")]
    )


def gaussians(d: int = 20, shift: float = 0.0, flagged: tuple[float, ...] = (), quantity: float = 1) -> pd.DataFrame:
    rows = []
    for rho in (0.99, -0.99, -0.5, 0.0, 0.5):
        truth = -d / 2 * math.log1p(-rho * rho) * quantity
        for seed in range(3):
            flag = "saturated" if rho in flagged and seed == 1 else ""
            rows.append((f"gaussian d={d} rho={rho:g}", "xt", seed, truth, truth + shift + seed - 1, flag))
    return table(rows)


def growing(dims: tuple[int, ...] = (1, 5, 10)) -> pd.DataFrame:
    rows = [
        (d, n, 1.5 * d, min(1.5 * d, math.log(n)) - 0.1, 1.5 * d * (1 + 20 / n**0.5), 1.7 * d, 0.6 * d + d / n, 0.6 * d)
        for d in reversed(dims)
        for n in (10_000, 100, 1000)
    ]
    columns = ["d", "n", "truth", "lower", "upper", "gaussian_bound", "h_z_given_x", "h_z_given_x_truth"]
    return pd.DataFrame(rows, columns=columns)


MANY = {f"estimator_{i}": table(PAIRS, bars=True) for i in range(13)}
FIGURES = {
    "one": (figures.truth_and_estimate, {"ksg": table(PAIRS, bars=True)}),
    "one, bits": (partial(figures.truth_and_estimate, units="bits"), {"ksg": table(PAIRS)}),
    "small": (figures.truth_and_estimate, {"ksg": SMALL, "kde": SMALL}),
    "three": (figures.truth_and_estimate, {key: table(PAIRS) for key in "abc"}),
    "thirteen": (figures.truth_and_estimate, MANY),
    "functions": (sweeps.functions_heat_map, {"edge": functions(0.1), "ksg": functions(120, "high")}),
    "functions of eleven": (sweeps.functions_heat_map, {f"estimator_{i}": functions(-i) for i in range(11)}),
    "functions of one": (sweeps.functions_heat_map, {"edge": functions(-0.1)}),
    "gaussians": (sweeps.correlated_gaussians, {f"estimator_{i}": gaussians(shift=-5 * i) for i in range(13)}),
    "gaussians, d=1": (partial(sweeps.correlated_gaussians, d=1), {"a": gaussians(1), "b": gaussians(1, 50)}),
    "convergence": (sweeps.convergence, growing()),
    "convergence, one": (sweeps.convergence, growing((3,))),
}


def points(figure: Figure) -> list[PathCollection]:
    return [found for found in figure.findobj(PathCollection) if len(found.get_offsets())]


def drawn(figure: Figure) -> np.ndarray:
    """x, y, and whether it is hollow, of every point."""
    return np.array(
        [
            (*offset, (face == 1).all())
            for found in points(figure)
            for offset, face in zip(found.get_offsets(), found.get_facecolors(), strict=True)
        ]
    )


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_lies_over_another_or_outside(name, monkeypatch):
    monkeypatch.setitem(test_figures.FIGURES, name, FIGURES[name])
    test_figures.test_no_text_lies_over_another_or_outside(name)


def test_every_finite_row_is_a_point_and_flagged_ones_are_hollow():
    figure = figures.truth_and_estimate({"one": table(PAIRS), "two": table(PAIRS[:2])})
    found = drawn(figure)
    assert len(found) == 7 + 2
    assert found[:, 2].sum() == 3
    inside = {(row[3], row[4], bool(row[5])) for row in PAIRS if 0 < row[4] < 50 and row[3] < INF}
    assert inside <= {(x, y, bool(hollow)) for x, y, hollow in found}


def test_the_two_axes_have_their_colours():
    figure = figures.truth_and_estimate({"one": SMALL})
    colours = [tuple(found.get_edgecolors()[0][:3]) for found in points(figure)]
    assert len(set(colours)) == 2
    text = test_figures.words(figure)
    assert "I(X;T)" in text
    assert "I(T;Y)" in text
    assert "hollow" not in text
    assert "stated bounds" not in text
    assert "I(T;Y)" not in test_figures.words(figures.truth_and_estimate({"one": SMALL[SMALL["axis"] == "xt"]}))


def test_the_notes_count_what_is_outside_and_what_is_not_drawn():
    text = one_line(figures.truth_and_estimate({"one": table(PAIRS), "two": table(PAIRS[:2])}))
    assert "2 of 6 unflagged values lie outside of the band." in text
    assert "Not drawn: 2 of infinite information, 1 of them flagged." in text
    assert "Not drawn: 1 without a finite estimate, all flagged." in text
    assert "Triangles on an edge: 2 beyond it." in text
    for tally in ("1 of 4 unflagged outside", "1 of 2 unflagged outside"):
        assert tally in text
    one = figures.truth_and_estimate({"one": table([*PAIRS[:2], PAIRS[8]])})
    assert "Not drawn: 1 of infinite information, none flagged." in one_line(one)


def one_line(figure: Figure) -> str:
    return test_figures.words(figure).replace("\n", " ")


def test_layers_of_the_run_have_a_panel_of_their_own():
    rows = table([*PAIRS[:2], ("own layer hidden1, additive noise 0.3", "xt", 0, 3.0, 3.9, "")])
    panels = figures.by_origin("ksg", rows)
    assert {name: len(part) for name, part in panels.items()} == {"known distributions": 2, "layers of this run": 1}
    text = one_line(figures.truth_and_estimate(panels))
    assert "layers of this run" in text
    assert "1 of 1 unflagged outside" in text
    assert list(figures.by_origin("ksg", rows[2:])) == ["layers of this run"]
    assert list(figures.by_origin("ksg", table(PAIRS))) == ["ksg"]


def test_values_beyond_the_axis_lie_on_its_edge():
    figure = figures.truth_and_estimate({"one": table(PAIRS)})
    low, high = figure.findobj(PathCollection)[0].axes.get_ylim()
    found = drawn(figure)
    np.testing.assert_array_equal(np.sort(found[found[:, 0] == 5][:, 1]), [low, high])


def test_scale_is_linear_only_where_no_truth_is_large():
    scales = [points(figures.truth_and_estimate({"one": data}))[0].axes.get_xscale() for data in (SMALL, table(PAIRS))]
    assert scales == ["linear", "asinh"]


def test_bars_from_low_to_high():
    figure = figures.truth_and_estimate({"one": table(PAIRS[:1], bars=True)})
    (bars,) = [found for found in points(figure)[0].axes.collections if found.get_label() == "bars"]
    np.testing.assert_allclose(bars.get_paths()[0].vertices, [[1.0, 0.85], [1.0, 1.45]])
    assert "bar: stated bounds" in test_figures.words(figure)


def test_bits():
    nats, bits = (drawn(figures.truth_and_estimate({"one": SMALL}, units=units)) for units in ("nats", "bits"))
    np.testing.assert_allclose(bits[:, :2], nats[:, :2] / math.log(2))
    text = test_figures.words(figures.truth_and_estimate({"one": table(PAIRS)}, units="bits"))
    assert "nats" not in text
    assert "± 0.14 bits" in text
    assert "1 of 4 unflagged values" in text
    with pytest.raises(ValueError, match="trits"):
        figures.truth_and_estimate({"one": SMALL}, units="trits")  # type: ignore[arg-type]


def cells(figure: Figure) -> dict[str, list[Text]]:
    """The numbers in each panel of a heat map."""
    return {ax.get_title(loc="left"): list(ax.texts) for ax in axes_of(figure) if ax.texts}


def axes_of(figure: Figure):
    return figure.findobj(lambda found: hasattr(found, "get_xscale"))


def test_heat_map_gives_means_of_seeds_and_the_truth():
    data = {"edge": functions(0.1), "other": table(PAIRS), "ksg": functions(-20, "coarse")}
    figure = sweeps.functions_heat_map(data)
    found = cells(figure)
    assert list(found) == ["truth", "edge", "ksg"]
    assert {key: len(texts) for key, texts in found.items()} == {"truth": 18, "edge": 18, "ksg": 18}
    truth, edge, ksg = ([text.get_text() for text in texts] for texts in found.values())
    assert truth.count("∞") == 3
    assert set(edge) == {"3.85", "5.38", "2.80"}  # truth without noise + 0.1, and 1 for the mean of the seeds
    assert "−16.2" in ksg
    assert "77.7" not in test_figures.words(figure)
    assert {text.get_fontstyle() for text in found["edge"]} == {"normal"}
    assert {text.get_fontstyle() for text in found["ksg"]} == {"italic"}
    assert "Grey italics: flagged for one seed or more." in test_figures.words(figure)
    assert "italics" not in test_figures.words(sweeps.functions_heat_map({"edge": functions(0.1)}))


def test_heat_map_has_one_scale_of_colours():
    figure = sweeps.functions_heat_map({"edge": functions(0.1), "ksg": functions(-20)})
    meshes = [ax.collections[0] for ax in axes_of(figure) if ax.texts]
    assert {(mesh.norm.vmin, mesh.norm.vmax) for mesh in meshes} == {(0, 4.28 / 1.1)}


def test_gaussians_are_means_and_hollow_where_any_seed_is_flagged():
    data = {"a": gaussians(shift=0.5, flagged=(-0.5,)), "none": functions(0), "b": gaussians(d=5)}
    figure = sweeps.correlated_gaussians(data)
    (only,) = points(figure)
    x, y = np.asarray(only.get_offsets()).T
    order = np.argsort(x)
    np.testing.assert_allclose(x[order], [-0.99, -0.5, 0, 0.5, 0.99])
    np.testing.assert_allclose(y, -10 * np.log1p(-(x**2)) + 0.5)
    hollow = (only.get_facecolors() == 1).all(axis=1)
    assert x[hollow].tolist() == [-0.5]
    (line,) = [line for line in only.axes.lines if len(line.get_xdata()) > 100]
    np.testing.assert_allclose(line.get_ydata(), -10 * np.log1p(-(np.asarray(line.get_xdata()) ** 2)))
    text = test_figures.words(figure)
    assert "hollow: flagged for\none seed or more" in text
    assert "20 dimensions" in text
    assert "hollow" not in test_figures.words(sweeps.correlated_gaussians({"a": gaussians()}))


def test_methods_among_the_gaussians_have_colours_of_their_own_while_there_are_enough():
    data = {f"{i}": gaussians() if i % 2 else functions(0) for i in range(14)}
    (ax,) = sweeps.correlated_gaussians(data).axes
    drawn = [tuple(points.get_edgecolors()[0]) for points in ax.collections]
    assert len(drawn) == len(set(drawn)) == 7


def test_gaussians_name_what_is_beyond_and_what_is_another_quantity():
    data = {"a": gaussians(), "far": gaussians(shift=30), "sliced": gaussians(quantity=0.01)}
    data["broken"] = gaussians()
    data["broken"].loc[0, "estimate"] = math.nan  # one seed of three
    figure = sweeps.correlated_gaussians(data)
    assert len(points(figure)) == 3
    text = test_figures.words(figure)
    assert "Beyond the axis or not finite: far (2 of 5), broken (1 of 5)." in text
    assert "Not drawn, since it is another quantity: sliced." in text


def test_convergence_draws_bounds_and_the_error_for_each_dimension():
    figure = sweeps.convergence(growing())
    tops = [ax for ax in axes_of(figure) if ax.get_title(loc="left")]
    assert [ax.get_title(loc="left") for ax in tops] == ["d = 1", "d = 5", "d = 10"]
    assert all(len(ax.lines) == 5 and ax.get_xscale() == "log" for ax in tops)
    heights = [np.asarray(line.get_ydata()) for line in tops[1].lines]
    np.testing.assert_allclose(heights[0], 7.5)
    np.testing.assert_allclose(heights[4], np.log([100, 1000, 10_000]))
    bottoms = [ax for ax in axes_of(figure) if ax.get_yscale() == "log"]
    assert len(bottoms) == 3
    np.testing.assert_allclose(bottoms[2].lines[0].get_ydata(), [0.1, 0.01, 0.001])


def test_an_infinite_bound_does_not_stretch_the_panel():
    data = growing((2,))
    data.loc[data["n"] == 100, "upper"] = INF
    top = next(ax for ax in axes_of(sweeps.convergence(data)) if ax.get_title(loc="left"))
    assert top.get_ylim()[1] < 2 * 3


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        (figures.truth_and_estimate({}), "No estimate of finite information to draw."),
        (figures.truth_and_estimate({"a": table([]), "b": table(PAIRS[-3:])}), "No estimate of finite information"),
        (sweeps.functions_heat_map({}), "No function with noise to draw."),
        (sweeps.functions_heat_map({"a": table([]), "b": gaussians()}), "No function with noise to draw."),
        (sweeps.correlated_gaussians({}), "No correlated Gaussian to draw."),
        (sweeps.correlated_gaussians({"a": table([]), "b": gaussians(d=5)}), "No correlated Gaussian to draw."),
        (sweeps.convergence(growing().head(0)), "No number of samples to draw."),
    ],
)
def test_nothing_to_draw_is_said(figure, message):
    assert message in test_figures.words(figure)


@pytest.mark.parametrize("name", ["three", "functions", "gaussians", "convergence"])
def test_files_are_the_same_every_time(name, tmp_path):
    function, data = FIGURES[name]
    for run in ("one", "two"):
        figures.save(function(data), tmp_path / run / "figure")
    for ending in ("png", "svg"):
        one, two = ((tmp_path / run / f"figure.{ending}").read_bytes() for run in ("one", "two"))
        assert one == two
