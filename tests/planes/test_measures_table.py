"""The tables of measures of layers and of how alike layers are."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from infoplane.errors import UserError
from infoplane.measures import linear_probe, participation_ratio, renyi_entropy
from infoplane.planes import measures as of_layers
from infoplane.planes import similarity as of_pairs
from infoplane.planes.measures import Measure, measures
from infoplane.planes.sampling import Sampled
from infoplane.planes.similarity import similarity
from infoplane.running.journal import Journal
from infoplane.running.unfinished import Work
from infoplane.similarity.linear_cka import linear_cka, prepared
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

CPU = torch.device("cpu")
BY_LABEL = {
    "participation_ratio": Measure(participation_ratio.measure, {}, False),
    "renyi_entropy(samples=20)": Measure(renyi_entropy.measure, {"samples": 20}, False),
    "linear_probe": Measure(linear_probe.measure, {"folds": 3}, True),
}


def sampled(store: Activations, epochs: int = 2, samples: int = 1000, seed: int = 0) -> Sampled:
    return Sampled(store, epochs=epochs, samples=samples, seed=seed, device=CPU)


@pytest.fixture
def diverging(tmp_path: Path) -> Activations:
    """Epochs 0 and 1; layer b diverges at 1, layer c is constant."""
    with activations_writer.create(tmp_path / "d.zarr", [0, 1], allow_diverged=True) as writer:
        writer.add_split("train", np.ones((30, 2), "float32"), np.arange(30) % 2)
        for epoch in range(2):
            a, b = np.random.default_rng(epoch).normal(size=(2, 30, 3)).astype("float32")
            b[3, 1] = np.nan if epoch else 0
            layers = {"a": a, "b": b, "c": np.full((30, 3), 0.1, "float32")}
            writer.add_epoch("train", 0, epoch, {name: Recorded(t, None, None) for name, t in layers.items()})
        writer.finish(splits=["train"], layers=list("abc"), model="m", dataset="d", seed=0)
    return Activations(tmp_path / "d.zarr")


def test_each_layer_has_a_row_for_each_measure_at_a_few_epochs(store: Activations):
    table = measures(sampled(store, samples=50), BY_LABEL, seed=0)
    assert list(table.columns) == list(of_layers.COLUMNS)
    places = list(map(tuple, table[["split", "epoch", "layer", "measure"]].to_numpy()))
    assert sorted(places) == [
        (split, epoch, layer, label)
        for split in ("test", "train") for epoch in (0, 5) for layer in ("a", "b") for label in sorted(BY_LABEL)
    ]  # fmt: skip
    assert table["value"].notna().all()
    whole = table[table["measure"] != "renyi_entropy(samples=20)"]
    assert whole["n"].eq(whole["split"].map({"train": 50, "test": 40})).all()
    assert table.loc[table["measure"] == "renyi_entropy(samples=20)", "n"].eq(20).all()
    assert table["d"].eq(table["layer"].map({"a": 3, "b": 4})).all()


def test_a_row_is_what_the_measure_says_of_the_samples(store: Activations):
    some = sampled(store, epochs=1, samples=33, seed=4)
    rows = measures(some, BY_LABEL, seed=7)
    t, y = some.layer("train", 0, "b", 5), some.labels("train")
    assert t is not None
    assert t.shape == (33, 4)
    found = rows[(rows["split"] == "train") & (rows["layer"] == "b")].set_index("measure")["value"]
    assert found["participation_ratio"] == float(participation_ratio.measure(t[None], y))
    assert found["linear_probe"] == float(linear_probe.measure(t[None], y, seed=7, folds=3))


def test_samples_and_labels_belong_together_and_are_the_same_at_every_place(store: Activations):
    some = sampled(store, samples=25, seed=1)
    y = store.samples("train")[1]
    t = some.layer("train", 0, "a", 0)
    assert t is not None
    every = torch.from_numpy(store.layer("train", "a", slice(0, 1)).t[0])
    rows = [int((every == row).all(1).nonzero()) for row in t]
    assert len(set(rows)) == 25
    assert some.labels("train").tolist() == y[rows].tolist()
    assert torch.equal(sampled(store, samples=25, seed=1).labels("train"), some.labels("train"))
    assert rows != sorted(rows)


def test_each_two_layers_of_an_epoch_and_each_two_epochs_of_a_layer(store: Activations):
    some = sampled(store, epochs=3)
    table = similarity(some)
    assert list(table.columns) == list(of_pairs.COLUMNS)
    train = table[table["split"] == "train"]
    assert len(train) == 3 + 2 * 3
    across = train[train["layer"] != train["other_layer"]]
    assert across[["epoch", "other_epoch"]].drop_duplicates().to_numpy().tolist() == [[0, 0], [2, 2], [5, 5]]
    for layer in "ab":
        own = train[(train["layer"] == layer) & (train["other_layer"] == layer)]
        assert list(map(tuple, own[["epoch", "other_epoch"]].to_numpy())) == list(combinations((0, 2, 5), 2))
    row = across.iloc[1]
    pair = [some.layer("train", 0, layer, 2) for layer in "ab"]
    assert row["value"] == linear_cka(*(prepared(t) for t in pair if t is not None))
    biased = similarity(some, unbiased=False)
    assert (biased["value"] > table["value"]).all()


def test_diverged_and_constant_layers_have_empty_cells(diverging: Activations):
    some = sampled(diverging)
    table = measures(some, BY_LABEL, seed=0).set_index(["epoch", "layer", "measure"])["value"]
    assert table.loc[1, "b"].isna().all()
    assert table.loc[0, "b"].notna().all()
    assert np.isnan(table.loc[0, "c", "participation_ratio"])
    assert table.loc[0, "c", "renyi_entropy(samples=20)"] == 0
    pairs = similarity(some)
    empty = pairs["value"].isna()
    touched = [
        ((1, "b") in {(r.epoch, r.layer), (r.other_epoch, r.other_layer)}) or "c" in (r.layer, r.other_layer)
        for r in pairs.itertuples()
    ]
    assert empty.tolist() == touched
    assert not empty.all()


def test_what_is_done_is_not_done_again(diverging: Activations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "work").mkdir()

    def tables():
        journal = Journal(Work("measures", tmp_path / "work"))
        some = sampled(diverging)
        return measures(some, BY_LABEL, seed=0, journal=journal), similarity(some, journal=journal)

    whole = tables()
    monkeypatch.setattr(Sampled, "layer", None)
    again = tables()
    for one, other in zip(whole, again, strict=True):
        assert other.equals(one)
        assert other.to_csv() == one.to_csv()


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda t, y: t, r"it returns Tensor .*, not values of shape \(1,\)"),
        (lambda t, y: 3.0, "it returns float"),
        (lambda t, y: torch.tensor([float("inf")]), "its value is infinite"),
        (lambda t, y: 1 / 0, "division by zero"),
    ],
)
def test_a_measure_that_fails_is_named_with_its_place(store: Activations, function, reason: str):
    with pytest.raises(UserError, match=rf"measures\.which: mine: layer a, epoch 0 of train: {reason}"):
        measures(sampled(store), {"mine": Measure(function, {}, False)}, seed=0)
