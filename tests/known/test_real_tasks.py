"""The list of real networks, and tasks of those that are there."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from infoplane.errors import UserError
from infoplane.information import Noise
from infoplane.known import real_tasks, real_validation
from infoplane.known.population_truth import information
from infoplane.known.real_networks import NETWORKS, Case, RealNetwork
from infoplane.known.real_tasks import KeptTruths, tasks, there
from infoplane.storage import activations_writer
from infoplane.storage.activations import Recorded
from infoplane.storage.csv_files import read_table, write_table

CASES = (Case("hidden", 2, "additive", 0.5), Case("hidden", 0, "gaussian", 0.25), Case("output", 2, "bins", 4))


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealNetwork:
    """A network whose store holds fifty samples, their activations drawn at random."""
    monkeypatch.setattr("infoplane.known.real_networks.FOLDER", tmp_path)
    found = RealNetwork("tiny tanh", "szt", "all", "mlp", {}, {}, 0, True, CASES)
    draw = np.random.default_rng(0)
    with activations_writer.create(found.store, [0, 2], 1) as writer:
        writer.add_split("all", draw.normal(size=(50, 4)).astype(np.float32), np.arange(50) % 5)
        for epoch in (0, 2):
            t = {name: np.tanh(draw.normal(size=(50, 3))).astype(np.float32) for name in ("hidden", "output")}
            writer.add_epoch("all", 0, epoch, {name: Recorded(values, None, None) for name, values in t.items()})
        writer.finish(splits=["all"], layers=["hidden", "output"], output="output", model="mlp", dataset="szt", seed=0)
    return found


def test_each_case_is_a_task_of_the_name_that_is_known_before(network: RealNetwork, tmp_path: Path):
    found = list(tasks(network, KeptTruths(tmp_path / "truths.json")))
    assert [task.name for task in found] == network.task_names
    assert found[0].name == "tiny tanh hidden epoch 2, additive noise 0.5"
    assert [task.population for task in found] == [50] * 3
    assert found[0].noise == Noise("additive", torch.tensor(0.5))
    assert not torch.equal(found[0].sample(20, 0)[1], found[1].sample(20, 0)[1])


def test_truths_are_kept_and_belong_to_their_activations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    t, y, noise = torch.randn(40, 2), torch.arange(40) % 2, Noise("additive", torch.tensor(0.5))
    path = tmp_path / "truths.json"
    first = KeptTruths(path)(t, y, noise, 3)
    assert first == information(t, y, noise, 3)
    monkeypatch.setattr(real_tasks, "information", None)
    assert KeptTruths(path)(t, y, noise, 3) == first
    for other in ((2 * t, y, noise, 3), (t, 1 - y, noise, 3), (t, y, noise._replace(kind="gaussian"), 3)):
        with pytest.raises(TypeError):
            KeptTruths(path)(*other)


def test_networks_that_are_not_there_are_told_apart(network: RealNetwork):
    other = network._replace(name="another")
    assert there([network, other]) == ([network], [other])


def test_the_halves_share_nothing_by_which_one_could_be_tuned_on_the_other():
    names = [name for network in NETWORKS for name in network.task_names]
    assert len(set(names)) == len(names)
    halves = [[network for network in NETWORKS if network.for_tuning is tuning] for tuning in (True, False)]
    counts = [sum(len(network.cases) for network in half) for half in halves]
    assert min(counts) >= 30
    assert abs(counts[0] - counts[1]) <= 5
    for part in ("name", "seed", "options"):
        assert not [getattr(a, part) for a in halves[0] for b in halves[1] if getattr(a, part) == getattr(b, part)]
    for half in halves:
        assert {case.kind for network in half for case in network.cases} == {"additive", "gaussian", "bins"}
        assert {network.options["activation"] for network in half} == {"tanh", "relu", "softplus"}
        assert {network.split for network in half} == {"train", "all"}


def test_validation_names_what_is_not_there_and_refuses_to_do_nothing(network, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(real_validation, "TRUTHS", tmp_path / "truths.json")
    monkeypatch.setattr(real_validation, "NETWORKS", (network, network._replace(name="another")))
    monkeypatch.setattr("sys.argv", ["real_validation", "exact", "--seeds", "2", "--to", str(tmp_path)])
    real_validation.main()
    assert "not there: another" in capsys.readouterr().err
    table = read_table(tmp_path / "exact.csv")
    assert set(table["task"]) == set(network.task_names)
    assert set(table["part"]) == {"tuning"}
    assert set(table["n"]) == {25}
    assert set(table["seed"]) == {0, 1}
    # again: its rows are replaced, those of tasks among them about which the method no longer says anything
    monkeypatch.setattr(real_validation, "NETWORKS", (network, network._replace(name="another", cases=CASES[:1])))
    stale = table[table["task"] == network.task_names[0]].assign(axis="stale")
    elsewhere = stale.assign(task="another hidden epoch 2, additive noise 0.5")
    write_table(pd.concat([table, stale, elsewhere]), tmp_path / "exact.csv")
    real_validation.main()
    again = read_table(tmp_path / "exact.csv")
    assert len(again) == len(table) + len(elsewhere)
    assert set(again.loc[again["axis"] == "stale", "task"]) == {"another hidden epoch 2, additive noise 0.5"}
    monkeypatch.setattr("sys.argv", ["real_validation", "exact", "--only", "another"])
    with pytest.raises(UserError, match="no network is there"):
        real_validation.main()
