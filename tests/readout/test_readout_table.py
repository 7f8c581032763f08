"""The table of what a frozen layer knows."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax

from infoplane.errors import UserError
from infoplane.estimators import classifier, kde
from infoplane.known.mixtures import gaussian_classes
from infoplane.readout import measuring
from infoplane.readout.measuring import readout
from infoplane.readout.table import COLUMNS, MI_EE, MI_EY, MI_PY, SCORES, each_length
from infoplane.running.journal import Journal
from infoplane.running.unfinished import Work
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

CPU = torch.device("cpu")
GIVEN: dict[str, Any] = {
    "layer": "e", "normalise": False, "noise_std": 0.5, "inputs": "population", "lengths": [1, 5, 15],
    "batch_size": 256, "lr": 1e-3, "last_lr": 0.05, "seed": 0, "device": CPU,
}  # fmt: skip
TASK = gaussian_classes(2, 1.5)


def changed(**options: Any) -> dict[str, Any]:
    return GIVEN | options


def stored(path: Path, repetitions: int = 1, splits: tuple[str, ...] = ("train", "test")) -> Activations:
    """Two Gaussian classes of known I(E;Y) as a layer `e`, at two epochs, and their logits."""
    with activations_writer.create(path, [0, 3], repetitions) as writer:
        for number, split in enumerate(splits):
            n = 1200 if split == "train" else 600
            for repetition in range(repetitions):
                _, e, y = TASK.sample(n, 10 * repetition + number)
                assert y is not None
                if repetition == 0:
                    labels = y.numpy()
                    writer.add_split(split, np.zeros((n, 1), "float32"), labels)
                # the same labels for each repetition: samples of a class go where the class is
                order = np.empty(n, int)
                order[np.argsort(labels, kind="stable")] = np.argsort(y.numpy(), kind="stable")
                for epoch in (0, 3):
                    t = e.numpy()[order] if epoch else np.zeros_like(e.numpy())
                    layers = {"e": Recorded(t, None, None), "logits": Recorded(t[:, :2], None, None)}
                    writer.add_epoch(split, repetition, epoch, layers)
        writer.finish(
            splits=list(splits), layers=["e", "logits"], output="logits", model="mlp", dataset="mnist5k", seed=0
        )
    return Activations(path)


@pytest.fixture(scope="module")
def activations(tmp_path_factory: pytest.TempPathFactory) -> Activations:
    return stored(tmp_path_factory.mktemp("readout") / "activations.zarr")


@pytest.fixture(scope="module")
def table(activations: Activations) -> pd.DataFrame:
    return readout(activations, **GIVEN)


def values(table: pd.DataFrame, measure: str, split: str) -> pd.DataFrame:
    return table[(table["measure"] == measure) & (table["split"] == split)]


def test_a_row_for_each_measure_and_length_at_the_last_epoch(table: pd.DataFrame):
    assert list(table.columns) == list(COLUMNS)
    assert table["epoch"].eq(3).all()
    assert table["layer"].eq("e").all()
    assert table["d"].eq(2).all()
    for split, n in (("train", 1200), ("test", 600)):
        rows = table[table["split"] == split]
        assert rows["n"].eq(n).all()
        assert rows[rows["length"].isna()]["measure"].tolist() == [MI_EE, MI_EY]
        for length in (1, 5, 15):
            assert rows[rows["length"] == length]["measure"].tolist() == [*SCORES, MI_PY]
    assert table["value"].between(table["low"], table["high"]).all()


def test_labels_are_known_as_well_as_the_truth_says(table: pd.DataFrame):
    for split in ("train", "test"):
        (of_e,) = values(table, MI_EY, split)["value"]
        assert of_e == pytest.approx(TASK.truth_ty, abs=0.05)
        # the best classifier of two such classes is linear: its predictions know as much
        assert values(table, MI_PY, split)["value"].iloc[-1] == pytest.approx(TASK.truth_ty, abs=0.05)


def test_no_label_holds_more_than_its_entropy(table: pd.DataFrame):
    of_labels = table[table["measure"].isin([MI_EY, MI_PY])]
    assert (of_labels["ceiling"] <= math.log(2) + 1e-9).all()
    assert (of_labels["value"] <= of_labels["ceiling"]).all()


def test_scores_are_those_of_the_classifier(activations: Activations, table: pd.DataFrame):
    e, y = torch.from_numpy(activations.layer("train", "e", slice(1, 2)).t[0]), activations.labels("train")
    training = {name: GIVEN[name] for name in ("lengths", "batch_size", "lr", "last_lr", "seed")}
    last = measuring.trained(e, torch.from_numpy(y), 2, **training)[-1]
    test, labels = activations.layer("test", "e", slice(1, 2)).t[0], activations.labels("test")
    log_p = log_softmax(test @ last.weight.numpy() + last.offset.numpy(), 1)
    assert values(table, "accuracy", "test")["value"].iloc[-1] == np.mean(log_p.argmax(1) == labels)
    loss = -log_p[np.arange(len(labels)), labels].mean()
    assert values(table, "loss", "test")["value"].iloc[-1] == pytest.approx(loss, abs=1e-5)


def test_information_in_noise_is_what_kde_says(activations: Activations, table: pd.DataFrame):
    e, y = torch.from_numpy(activations.layer("test", "e", slice(1, 2)).t), torch.from_numpy(activations.labels("test"))
    info = kde.estimate(e[0], e, y, noise_var=0.25, inputs="population")
    row = values(table, MI_EE, "test").iloc[0]
    assert [row["value"], row["low"], row["high"], row["flag"]] == [
        pytest.approx(float(np.asarray(each)[0])) for each in (info.mi_xt, info.mi_xt_low, info.mi_xt_high)
    ] + [info.flag_xt[0]]


def test_normalised_activations_have_length_1(activations: Activations, monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setattr(kde, "estimate", lambda e, *rest, **given: seen.append(e) or given["nothing"])
    with pytest.raises(KeyError):
        readout(activations, **changed(normalise=True))
    torch.testing.assert_close(seen[0].norm(dim=1), torch.ones(1200))


def test_each_repetition_is_a_network(tmp_path: Path):
    found = readout(stored(tmp_path / "activations.zarr", 2), **changed(lengths=[3]))
    assert found.groupby("repetition").size().tolist() == [10, 10]
    first, second = (found[found["repetition"] == repetition]["value"].to_numpy() for repetition in (0, 1))
    assert (first != second).any()


def test_an_overfitted_classifier_does_better_where_it_learned(tmp_path: Path):
    path = tmp_path / "activations.zarr"
    draw = np.random.default_rng(0)
    with activations_writer.create(path, [0]) as writer:
        for split, n in (("train", 80), ("test", 80)):
            writer.add_split(split, np.zeros((n, 1), "float32"), np.arange(n) % 2)
            writer.add_epoch(split, 0, 0, {"e": Recorded(draw.normal(size=(n, 100)).astype("float32"), None, None)})
        writer.finish(splits=["train", "test"], layers=["e"], model="mlp", dataset="mnist5k", seed=0)
    table = readout(Activations(path), **changed(lengths=[1, 60]))
    accuracy = {split: values(table, "accuracy", split)["value"].iloc[-1] for split in ("train", "test")}
    assert accuracy["train"] > 0.95
    assert accuracy["test"] < 0.7


def test_what_is_done_is_not_done_again(
    activations: Activations, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "work"
    folder.mkdir()
    count, estimate = 0, classifier.estimate

    def counting(*arguments, **keywords):
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return estimate(*arguments, **keywords)

    monkeypatch.setattr(classifier, "estimate", counting)
    with pytest.raises(KeyboardInterrupt):
        readout(activations, **GIVEN, journal=Journal(Work("readout", folder)))
    monkeypatch.setattr(measuring, "trained", None)
    again = readout(activations, **GIVEN, journal=Journal(Work("readout", folder)))
    assert count == 9  # 4 of each split, and the one that was interrupted
    assert again.to_csv() == table.to_csv()


def test_the_store_itself_is_asked_for_layer_and_splits(activations: Activations, tmp_path: Path):
    with pytest.raises(UserError, match=r"readout\.layer = 'logit': is not recorded: did you mean logits"):
        readout(activations, **changed(layer="logit"))
    with pytest.raises(UserError, match=r"readout needs record\.splits"):
        readout(stored(tmp_path / "activations.zarr", splits=("train",)), **GIVEN)


def test_too_few_samples_are_one_line(tmp_path: Path):
    path = tmp_path / "activations.zarr"
    with activations_writer.create(path, [0]) as writer:
        for split in ("train", "test"):
            writer.add_split(split, np.zeros((8, 1), "float32"), np.arange(8) % 2)
            writer.add_epoch(split, 0, 0, {"e": Recorded(np.eye(8, 3, dtype="float32"), None, None)})
        writer.finish(splits=["train", "test"], layers=["e"], model="mlp", dataset="mnist5k", seed=0)
    with pytest.raises(UserError, match="readout: layer e of train: 8 samples are too few for 5 folds"):
        readout(Activations(path), **GIVEN)


def test_every_length_has_the_measures_of_the_embedding(table: pd.DataFrame):
    whole = each_length(table)
    assert whole.groupby(["split", "length"]).size().eq(5).all()
    assert whole["length"].drop_duplicates().tolist() == [1, 5, 15]
    of_e = whole[(whole["measure"] == MI_EY) & (whole["split"] == "test")]
    assert of_e["value"].nunique() == 1
