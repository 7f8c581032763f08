"""The table of what layers tell apart in noise of several sizes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane.estimators import kde
from infoplane.planes.resolution import COLUMNS, resolution
from infoplane.running.journal import Journal
from infoplane.running.unfinished import Work
from infoplane.storage.activations import Activations

CPU = torch.device("cpu")
NOISES = [0.1, 1.0, 100.0]


def test_each_layer_has_a_row_for_each_noise_at_a_few_epochs(store: Activations):
    table = resolution(store, noise_std=NOISES, epochs=2, seed=0, device=CPU)
    assert list(table.columns) == list(COLUMNS)
    places = table.drop_duplicates(["split", "epoch", "layer"])[["split", "epoch", "layer"]]
    assert sorted(map(tuple, places.to_numpy())) == [
        (split, epoch, layer) for split in ("test", "train") for epoch in (0, 5) for layer in ("a", "b")
    ]
    assert table["n"].eq(table["split"].map({"train": 60, "test": 40})).all()
    for _, rows in table.groupby(["split", "epoch", "layer"]):
        assert rows["noise_std"].tolist() == NOISES
        # more noise, less information; what n samples show is at most ln n
        assert rows["lower_bound"].is_monotonic_decreasing
        assert (rows["lower_bound"] <= np.log(rows["n"]) + 1e-6).all()
        assert ((rows["mi_xt_low"] <= rows["mi_xt"]) & (rows["mi_xt"] <= rows["mi_xt_high"])).all()
    assert (table.loc[table["noise_std"] == 0.1, "flag_xt"] != "").all()
    assert (table.loc[table["noise_std"] == 100.0, "mi_xt"] < 0.2).all()


def test_a_row_is_what_kde_says_of_a_population(store: Activations):
    row = resolution(store, noise_std=[1.0], epochs=1, seed=3, device=CPU).iloc[0]
    t = torch.from_numpy(store.layer("train", "a", slice(2, 3)).t)
    y = torch.from_numpy(store.samples("train")[1])
    info = kde.estimate(t[0], t, y, seed=3, noise_var=1.0, inputs="population")
    assert row["epoch"] == 5
    assert row["mi_xt"] == pytest.approx(float(np.asarray(info.mi_xt)[0]))


def test_what_is_done_is_not_done_again(store: Activations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "work").mkdir()
    given = {"noise_std": NOISES, "epochs": 1, "seed": 0, "device": CPU}
    whole = resolution(store, **given, journal=Journal(Work("resolution", tmp_path / "work")))
    monkeypatch.setattr(kde, "estimate", None)
    again = resolution(store, **given, journal=Journal(Work("resolution", tmp_path / "work")))
    assert again.equals(whole)
