"""The networks on whose layers estimators are validated: trained once, always the same, left out without their data."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import real_networks
from infoplane.known.real_networks import Case, RealNetwork
from infoplane.storage.activations import Activations

TINY = RealNetwork(
    "tiny tanh", "szt", "all", "mlp", {"widths": [4, 3], "activation": "tanh", "dropout": None},
    {"epochs": 2, "batch_size": 512}, 7, True, (Case("hidden2", 2, "additive", 0.1), Case("hidden2", 0, "bins", 3)),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("infoplane.known.real_networks.FOLDER", tmp_path / "known")


def recorded() -> np.ndarray:
    return Activations(TINY.store).layer("all", "hidden2", slice(None)).t


def test_only_what_the_cases_need_is_recorded_of_all_inputs(tmp_path: Path):
    assert "accuracy" in real_networks.train(TINY, tmp_path)
    activations = Activations(TINY.store)
    assert (activations.layers, activations.epochs) == (["hidden2"], [0, 2])
    assert recorded().shape == (2, 4096, 3)
    assert not np.array_equal(*recorded())


def test_a_network_is_trained_once_and_again_to_the_bit_where_its_definition_changes(tmp_path: Path):
    real_networks.train(TINY, tmp_path)
    first = recorded()
    assert real_networks.train(TINY, tmp_path) == "is there"
    real_networks.train(TINY._replace(train={"epochs": 2, "batch_size": 256}), tmp_path)
    assert not np.array_equal(recorded(), first)
    assert real_networks.train(TINY, tmp_path) != "is there"
    assert np.array_equal(recorded(), first)


def test_networks_without_their_data_are_left_out_and_named(tmp_path: Path, monkeypatch, capsys):
    away = TINY._replace(name="tiny away", dataset="fashion_mnist")
    monkeypatch.setattr(real_networks, "NETWORKS", (away, TINY))
    monkeypatch.setenv("INFOPLANE_RAW", str(tmp_path / "raw"))
    # an unreadable file stands in for a download that fails
    (tmp_path / "raw/FashionMNIST/raw").mkdir(parents=True)
    (tmp_path / "raw/FashionMNIST/raw/train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    real_networks.main()
    said = capsys.readouterr()
    assert "tiny away: left out: dataset fashion_mnist cannot be downloaded or read" in said.err
    assert "tiny tanh: accuracy" in said.out
    assert TINY.store.exists()
    assert not away.store.exists()
