"""Activations that were not made by a training here go through the same stages, by DVC: recorded weights, imports."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from infoplane.models.mlp import Mlp
from pipeline import OF_SECONDS, Pipeline

pytestmark = pytest.mark.slow
LAST = "estimate@binning"


def save_weights(path: Path, seed: int) -> None:
    torch.manual_seed(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(Mlp((12,), 2, widths=[6, 3], activation="tanh").state_dict(), path)


def test_a_changed_weights_file_is_recorded_anew_and_one_that_does_not_fit_is_told(tmp_path: Path):
    pipeline = Pipeline.create(
        tmp_path / "infoplane",
        OF_SECONDS | {"source": "record", "record.weights": "run/*.safetensors", "record.epochs": "all"},
    )
    run = pipeline.folder / "inputs/run"
    for epoch in (1, 20):
        save_weights(run / f"epoch{epoch}.safetensors", epoch)
    assert pipeline.stages("dvc", "repro", LAST) == {"check", "prepare", "train", LAST}
    table = pd.read_csv(pipeline.folder / "plots/mi/binning.csv")
    assert table["epoch"].unique().tolist() == [1, 20]
    assert pd.read_csv(pipeline.folder / "plots/training.csv")["train_loss"].notna().all()
    save_weights(run / "epoch20.safetensors", 0)
    assert pipeline.stages("dvc", "repro", LAST) == {"check", "train", LAST}
    (pipeline.folder / "inputs/notes.txt").write_text("nothing that is read")
    assert pipeline.stages("dvc", "repro", LAST) == {"check"}
    before = pipeline.results()
    save_file({"hidden1.weights.weight": torch.zeros(2, 2)}, run / "epoch20.safetensors")
    said = pipeline.run("dvc", "repro", LAST, fails=True)
    assert "epoch20.safetensors: the weights do not fit the network" in said
    assert "Traceback" not in said
    assert {name for name in before if pipeline.results().get(name) != before[name]} <= {
        name for name in before if name.startswith(("data/code", "data/params.ok", "data/network.json"))
    }


def test_arrays_are_imported_and_a_changed_file_is_imported_anew(tmp_path: Path):
    changes = {"source": "import", "import.path": "mine.npz", "record.epochs": "all", "record.samples": None}
    pipeline = Pipeline.create(tmp_path / "infoplane", OF_SECONDS | changes)
    draw = np.random.default_rng(0)
    y = draw.integers(0, 3, 500)
    arrays = {"y": np.array(["ape", "bee", "cow"])[y], "hidden": draw.normal(size=(500, 2)) + y[:, None]}
    # `gaussian` compares T with x, which is not there yet
    np.savez(pipeline.folder / "inputs/mine.npz", **arrays)
    assert "gaussian compares T with x" in pipeline.run("dvc", "repro", fails=True)
    np.savez(pipeline.folder / "inputs/mine.npz", **arrays, x=draw.normal(size=(500, 4)))
    assert {"check", "prepare", "train", LAST} == pipeline.stages("dvc", "repro", LAST)
    table = pd.read_csv(pipeline.folder / "plots/mi/binning.csv")
    assert table["layer"].unique().tolist() == ["hidden"]
    np.savez(pipeline.folder / "inputs/mine.npz", **arrays, x=draw.normal(size=(500, 4)))
    assert {"check", "train", LAST} == pipeline.stages("dvc", "repro", LAST)
