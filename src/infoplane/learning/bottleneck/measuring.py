"""The information plane of z, by the main pipeline's estimator of channels of known noise: nothing it trained on.

z of the test images, with the encoder's own density, bounds I(X;Z) and I(Z;Y) from both sides; X is one of these
images, so that no value exceeds the logarithm of their number.
"""

from collections.abc import Iterator

import pandas as pd
import torch

from infoplane.estimators import dropout
from infoplane.planes.plane import estimate_plane
from infoplane.planes.tables import tables
from infoplane.running.journal import Journal
from infoplane.settings.objectives import Objectives
from infoplane.storage.activations import Activations

KEPT = ("mi_xt", "mi_xt_low", "mi_xt_high", "ceiling_xt", "mi_ty", "mi_ty_low", "mi_ty_high", "ceiling_ty")


def measure(
    activations: Activations, training: pd.DataFrame, chosen: Objectives, device: torch.device, journal: Journal
) -> pd.DataFrame:
    """A row for each weight and recorded epoch: the plane's values in nats, their flags, and the test error."""
    pieces = estimate_plane(
        dropout.estimate,
        activations,
        keywords={"inputs": "split"},
        seed=chosen.seed,
        device=device,
        name="dropout",
        journal=journal,
    )
    plane, _ = tables("dropout", pieces)
    plane["weight"] = [chosen.bottleneck.weights[place] for place in plane["repetition"]]
    plane = plane.rename(columns={"epoch": "step"})[["weight", "step", *KEPT, "flag_xt", "flag_ty"]]
    errors = training[["weight", "step", "train_error", "test_error"]]
    return plane.merge(errors, on=["weight", "step"], how="left")


def last(table: pd.DataFrame) -> pd.DataFrame:
    """The rows after training, by ascending weight."""
    return table[table["step"] == table["step"].max()].sort_values("weight")


def summary(table: pd.DataFrame) -> dict[str, float]:
    """The least test error over weights, its weight, and what it is without information in the loss, if that is there.

    Chosen on the test split among the weights: the best of several, and so a little too good.
    """
    final = last(table)
    best = final.sort_values("test_error", kind="stable").iloc[0]
    scalars = {"best_test_error": float(best["test_error"]), "best_weight": float(best["weight"])}
    without = final[final["weight"] == 0]
    return scalars | ({"test_error_without": float(without["test_error"].iloc[0])} if len(without) else {})


def in_markdown(table: pd.DataFrame) -> Iterator[str]:
    """The lines of a table in Markdown: a row a weight, after training."""
    yield "| weight | I(X;Z) | from, to | I(Z;Y) | error, training | error, test | |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for _, row in last(table).iterrows():
        errors = f"{100 * row['train_error']:.2f} % | {100 * row['test_error']:.2f} %"
        ends = f"{row['mi_xt_low']:.2f}, {row['mi_xt_high']:.2f}"
        information = f"{row['mi_xt']:.2f} | {ends} | {row['mi_ty']:.2f}"
        yield f"| {row['weight']:g} | {information} | {errors} | {row['flag_xt']} |"
