"""Tables as the stages write them, with made-up numbers of realistic shape, for tests that draw."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

EPOCHS = (0, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000)
LAYERS = ("hidden1", "hidden2", "hidden3", "output")
COLUMNS = [
    "split", "repetition", "part", "epoch", "layer", "estimator", "mi_xt", "mi_ty", "mi_xt_low", "mi_xt_high",
    "mi_ty_low", "mi_ty_high", "ceiling_xt", "ceiling_ty", "flag",
]  # fmt: skip


def mi_table(
    key: str = "binning",
    *,
    layers: Sequence[str] = LAYERS,
    epochs: Sequence[int] = EPOCHS,
    splits: Sequence[str] = ("test",),
    bounds: bool = False,
    saturated: bool = False,
    xt: bool = True,
    silent: Sequence[str] = (),
    samples: int = 10_000,
    seed: int = 0,
    repetitions: int = 1,
    parts: int = 1,
) -> pd.DataFrame:
    """A table of fitting and then compressing layers.

    Args:
        bounds: with error bars.
        saturated: the first layers sit exactly on their ceilings, one over the other.
        xt: with I(X;T); a classifier gives none.
        silent: layers without a value, flagged `no noise`.
        repetitions, parts: each with a shift of its own, the first with none.
    """
    if repetitions * parts > 1:
        keywords = {
            "layers": layers, "epochs": epochs, "splits": splits, "bounds": bounds, "saturated": saturated, "xt": xt,
            "silent": silent, "samples": samples // parts,
        }  # fmt: skip
        found = []
        for repetition, part in itertools.product(range(repetitions), range(parts)):
            one = mi_table(key, seed=seed + repetition * parts + part, **keywords)
            shift = np.random.default_rng(seed + repetition).normal(0, 0.25) if repetition else 0.0
            one["mi_xt"] = pd.to_numeric(one["mi_xt"]) + shift + 0.15 * part
            one["mi_ty"] = pd.to_numeric(one["mi_ty"]) - abs(shift) / 4 - 0.02 * part
            found.append(one.assign(repetition=repetition, part=part))
        table = pd.concat(found, ignore_index=True)
        return table.sort_values(["split", "repetition", "part"], key=_in_order, kind="stable", ignore_index=True)
    rng = np.random.default_rng(seed)
    rows = []
    for split in splits:
        ceiling_xt, ceiling_ty = math.log(samples), math.log(10) - (0.0 if split == "train" else 0.002)
        for depth, layer in enumerate(layers):
            share = 1 - depth / (len(layers) + 1)
            for epoch in epochs:
                fitted = 1 - math.exp(-epoch / 12)
                late = max(0.0, math.log1p(epoch) - 3.5) / 3.5
                mi_xt = 8.6 * share**0.5 * (0.55 + 0.42 * fitted - 0.18 * late * (1 - share)) + rng.normal(0, 0.05)
                mi_ty = 2.3 * (0.35 + 0.2 * share + (0.62 - 0.2 * share) * fitted) * (0.97 if split == "test" else 1)
                mi_ty += rng.normal(0, 0.01)
                flag = ""
                if saturated and depth < 2:
                    mi_xt, mi_ty, flag = ceiling_xt, ceiling_ty, "saturated"
                elif mi_ty > 0.95 * ceiling_ty:
                    mi_ty, flag = min(mi_ty, ceiling_ty), "saturated"
                if bounds and epoch > 200 and depth > 1:
                    flag = "; ".join(filter(None, [flag, "overfit"]))
                row = dict.fromkeys(COLUMNS, "") | {
                    "split": split, "repetition": 0, "part": 0, "epoch": epoch, "layer": layer, "estimator": key,
                    "flag": flag, "ceiling_ty": ceiling_ty,
                }  # fmt: skip
                if layer in silent:
                    rows.append(row | {"flag": "no noise", "ceiling_ty": ""})
                    continue
                row["mi_ty"] = mi_ty
                if xt:
                    row |= {"mi_xt": mi_xt, "ceiling_xt": ceiling_xt}
                if bounds:
                    spread = 0.1 + 0.5 * rng.random()
                    row |= {"mi_xt_low": mi_xt - spread, "mi_xt_high": mi_xt + spread / 2} if xt else {}
                    row |= {"mi_ty_low": mi_ty - spread / 8, "mi_ty_high": mi_ty + spread / 10}
                rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def flagged_by_axis(table: pd.DataFrame) -> pd.DataFrame:
    """The table with words for each axis: of four rows one has none, one has I(X;T), one I(T;Y), one both."""
    turn = np.arange(len(table)) % 4
    xt, ty = np.where(np.isin(turn, (1, 3)), "saturated", ""), np.where(turn >= 2, "overfit", "")
    flag = ["; ".join(filter(None, words)) for words in zip(xt, ty, strict=True)]
    return table.assign(flag=flag, flag_xt=xt, flag_ty=ty)


def _in_order(column: pd.Series) -> pd.Series:
    """Splits in the order of their appearance, numbers as they are."""
    return pd.Series(pd.factorize(column)[0], column.index) if column.name == "split" else column


def training_table(epochs: int = 1001, repetitions: int = 1) -> pd.DataFrame:
    """Loss and accuracy of every epoch; the test loss rises again."""
    if repetitions > 1:
        found = []
        for i in range(repetitions):
            one = training_table(epochs)
            found.append(one.assign(repetition=i, train_loss=one["train_loss"] * (1 + i / 20)))
        return pd.concat(found, ignore_index=True)
    rng = np.random.default_rng(0)
    e = np.arange(epochs)
    noise = rng.normal(0, 0.004, (2, epochs))
    return pd.DataFrame(
        {
            "repetition": 0,
            "epoch": e,
            "train_loss": 0.01 + 2.3 * np.exp(-e / 15),
            "train_accuracy": 0.995 - 0.9 * np.exp(-e / 10) + noise[0] / 2,
            "test_loss": 0.12 + 2.2 * np.exp(-e / 14) + 0.05 * np.log1p(e / 60),
            "test_accuracy": 0.965 - 0.87 * np.exp(-e / 10) + noise[1],
        }
    )


def gradients_table(
    layers: Sequence[str] = LAYERS, epochs: Sequence[int] = EPOCHS, repetitions: int = 1
) -> pd.DataFrame:
    """A signal-to-noise ratio that falls through 1."""
    rows = [
        (
            repetition,
            epoch,
            layer,
            3 + depth + 0.8 * math.log1p(epoch),
            0.1 / (1 + epoch / 5) ** 1.3 * (1 + repetition / 10),
            0.02 / (1 + epoch / 50) ** 0.3,
        )
        for repetition in range(repetitions)
        for depth, layer in enumerate(layers)
        for epoch in epochs
    ]
    return pd.DataFrame(rows, columns=["repetition", "epoch", "layer", "weight_norm", "gradient_mean", "gradient_std"])


def diagnostics_table(
    layers: Sequence[str] = LAYERS, epochs: Sequence[int] = EPOCHS, splits: Sequence[str] = ("test",)
) -> pd.DataFrame:
    """MINE's curves: training values climb past held-out ones, and one run starts far below 0."""
    rng = np.random.default_rng(0)
    steps = np.arange(0, 2001, 50)
    rows = []
    for split in splits:
        for depth, layer in enumerate(layers):
            for i, epoch in enumerate(epochs):
                for kind, top in (("xt", 5.0 - depth * 0.7), ("ty", 2.2)):
                    level = top * (0.5 + 0.5 * i / max(1, len(epochs) - 1)) * (1 - np.exp(-steps / 300))
                    heldout = level + rng.normal(0, 0.04, len(steps))
                    train = level * (1 + 0.12 * steps / 2000) + rng.normal(0, 0.06, len(steps))
                    if depth == 0 and i == 0:
                        heldout[0] = -140.0
                    for name, curve in (("train", train), ("heldout", heldout)):
                        rows += [
                            (split, 0, 0, epoch, layer, f"{name}_{kind}", step, value)
                            for step, value in zip(steps, curve, strict=True)
                        ]
                rows.append((split, 0, 0, epoch, layer, "gap_xt", "", 0.1))
    return pd.DataFrame(rows, columns=["split", "repetition", "part", "epoch", "layer", "diagnostic", "step", "value"])
