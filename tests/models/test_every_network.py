"""Every network with every kind of noise on every data set it fits: trained, recorded and estimated, once each."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from conftest import ROOT
from infoplane import datasets, models
from infoplane.datasets.dataset import Split
from infoplane.estimators import binning, dropout
from infoplane.flags import NO_NOISE
from infoplane.models.parts.layers import noise_of
from infoplane.planes.plane import estimate_plane
from infoplane.planes.tables import tables
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.storage.activations import Activations
from infoplane.training import chosen_network, recorded_training
from infoplane.training.recorded_samples import TrainingSamples

SAMPLES = 12
SMALL: dict[str, dict[str, Any]] = {
    "cnn": {"channels": [2, 3], "hidden": 7},
    "fcn": {"width": 0.05},
    "mlp": {"widths": [6, 5], "activation": "softplus"},
    "recurrent": {"width": 6, "hidden": 5, "activation": "relu"},
    "resnet": {"bottleneck": 6},
    "transformer": {"depth": 1, "width": 8, "heads": 2, "hidden": 5, "activation": "relu"},
}
"""What differs from params.yaml, to be quick."""
RECORDED = {"fcn": ["conv7", "conv8", "output"], "resnet": ["bottleneck", "output"]}
"""The others of their layers have up to 65 536 units."""
NOISE: dict[str, dict[str, Any] | None] = {
    "none": None,
    "gaussian": {"kind": "gaussian", "std": 0.3},
    "additive": {"kind": "additive", "std": 0.3, "layers": "all"},
    "standard": {"kind": "standard", "rate": 0.2},
    "information": {"kind": "information", "prior": "log_uniform", "beta": 0.1, "largest_alpha": 0.7},
}
DATA = ("mnist5k", "cifar10", "szt")  # one data set of each shape
FITS = [(name, data) for name in models.names() for data in DATA if name == "mlp" or data != "szt"]
CASES = [(name, data, noise) for name, data in FITS for noise in NOISE]
ONE_OF_RESNET = ("resnet", "mnist5k", "gaussian")


@pytest.mark.parametrize(
    ("name", "data", "noise"),
    [
        pytest.param(*case, marks=pytest.mark.slow) if case[0] == "resnet" and case != ONE_OF_RESNET else case
        for case in CASES
    ],
)
def test_trained_recorded_and_estimated(tmp_path: Path, name: str, data: str, noise: str):
    content = copy.deepcopy(yaml.safe_load((ROOT / "params.yaml").read_text()))
    content |= {"model": name, "dataset": data}
    content["models"][name] |= SMALL.get(name, {}) | {"dropout": NOISE[noise]}
    content["train"] |= {"epochs": 1, "batch_size": SAMPLES // 2}
    content["record"] |= {"epochs": "all", "layers": RECORDED.get(name, "all"), "pre_activation": True}
    content["estimators"] = {"binning": {"method": "binning"}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    chosen = params.read(tmp_path / "params.yaml")
    chosen_network.check(chosen)

    draws = np.random.default_rng(0)
    x = draws.standard_normal((SAMPLES, *datasets.find(data).shape), dtype=np.float32)
    split = Split(x, np.arange(SAMPLES) % datasets.find(data).classes)
    (tmp_path / "work").mkdir()
    recorded_training.train(
        TrainingSamples(split, split, {"train": split}),
        chosen,
        torch.device("cpu"),
        Work("train", tmp_path / "work"),
        tmp_path / "a.zarr",
    )

    store = Activations(tmp_path / "a.zarr")
    network = chosen_network.build(chosen, "cpu")
    layers = list(network.layers) if chosen.record.layers == "all" else chosen.record.layers
    assert [layer for layer in store.layers if not layer.endswith("_pre")] == layers
    binned, dropped = (
        tables("run", estimate_plane(m.estimate, store, keywords={}, seed=0, device=torch.device("cpu"), name="run"))[0]
        for m in (binning, dropout)
    )
    assert len(binned) == len(dropped) == 2 * len(store.layers)
    assert np.isfinite(binned["mi_xt"]).all()
    noisy = {layer for layer in layers if noise_of(network.get_submodule(layer))}
    assert bool(noisy) == (noise in ("gaussian", "additive", "information"))
    assert set(dropped.loc[dropped["flag"] != NO_NOISE, "layer"]) == noisy
    assert dropped["mi_xt"].notna().tolist() == dropped["layer"].isin(noisy).tolist()
