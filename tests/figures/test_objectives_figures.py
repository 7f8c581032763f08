"""Figures of networks that were trained with information in the loss, from small tables."""

import itertools

import numpy as np
import pandas as pd
import pytest

from infoplane.figures import bigan, bottleneck, gan


def runs() -> pd.DataFrame:
    rows = [
        {"weight": weight, "seed": seed, "step": step, "information": weight or None, "divergence": 0.1,
         "high_quality": 0.5, "modes": 20 + weight}
        for weight, seed, step in itertools.product((0.0, 1.0), (0, 1), (0, 10))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_samples_have_the_data_and_a_panel_for_each_generator():
    rng = np.random.default_rng(0)
    made = {f"weight_{w}_seed_{s}.made": rng.normal(size=(50, 2)) for w in (0, 1) for s in (0, 1)}
    table = runs()
    figure = gan.samples(rng.normal(size=(80, 2)), made, table[table["step"] == 10])
    words = [f"seed {seed}: {modes} modes, 50 %" for modes in (20, 21) for seed in (0, 1)]
    assert [ax.get_title() for ax in figure.axes] == ["data", *words[:2], "data", *words[2:]]


def test_pictures_are_side_by_side():
    pictures = np.stack([np.full((3, 2, 2), shade) for shade in (-1.0, 0.0, 1.0)])
    whole = gan.mosaic(pictures)
    assert whole.shape == (2 * gan.SIDE, 2 * gan.SIDE, 3)
    assert whole[0, :7, 0].tolist() == [0, 0, 0.5, 0.5, 1, 1, 0]
    stacked = gan.stacked(np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8))
    assert stacked.shape == (gan.SIDE**2, 3, 2, 2)
    assert stacked.max() < 0  # of pixels of at most 9 of 255


@pytest.mark.parametrize("d", [2, 16])
def test_what_an_encoder_leaves_is_beside_what_was_held_out(d: int):
    rng = np.random.default_rng(0)
    made = {
        f"weight_{weight}_seed_0.{name}": rng.uniform(-1, 1, size=(50, d))
        for weight in (0, 1)
        for name in ("x", "reconstructed", "made")
    }
    table = runs()
    table = table[(table["step"] == 10) & (table["seed"] == 0)].assign(reconstruction=0.25, same_mode=0.9)
    titles = [ax.get_title() for ax in bigan.samples(made, table).axes]
    before = ["held out", "reconstructed: error 0.25, mode 90 %"]
    assert titles == [*before, "generated: 20 modes, 50 %", *before, "generated: 21 modes, 50 %"]


def test_coverage_has_a_line_for_each_generator_and_no_bound_where_nothing_was_raised():
    figure = gan.over_training(runs())
    assert [len(ax.lines) for ax in figure.axes] == [4, 4, 4, 4]
    alone = runs()
    assert len(gan.over_training(alone[alone["weight"] == 0]).axes) == 3


def plane() -> pd.DataFrame:
    rows = []
    for (place, weight), step in itertools.product(enumerate((0.0, 0.1, 1.0)), (0, 5)):
        value = 1.0 + step - place
        row = {"weight": weight, "step": step, "flag_xt": "" if place else "saturated", "flag_ty": ""}
        for name, v in (("mi_xt", value), ("mi_ty", value / 4)):
            row |= {name: v, f"{name}_low": v - 0.1, f"{name}_high": v + 0.1}
        rows.append(row | {"ceiling_xt": 6.9, "ceiling_ty": 2.3, "train_error": 0.01, "test_error": 0.05})
    return pd.DataFrame(rows)


def test_planes_join_training_and_weights():
    over, after = bottleneck.planes(plane()).axes[-2:]
    assert [list(line.get_xdata()) for line in over.lines[:3]] == [[1.0, 6.0], [0.0, 5.0], [-1.0, 4.0]]
    assert list(after.lines[0].get_xdata()) == [6.0, 5.0, 4.0]
    # flagged points are empty
    faces = [points.get_facecolor()[0].tolist() for points in over.collections]
    assert faces[0] == [1, 1, 1, 1] != faces[1]


def test_the_curve_names_every_weight():
    figure = bottleneck.curve(plane())
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0", "0.1", "1"]
