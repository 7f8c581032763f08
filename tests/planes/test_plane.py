from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from infoplane.errors import UserError
from infoplane.estimators import binning, dropout
from infoplane.flags import NO_NOISE
from infoplane.information import Information
from infoplane.planes.plane import estimate_plane
from infoplane.planes.tables import COLUMNS, Piece, summary, tables
from infoplane.reductions import wrapping
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded
from infoplane.storage.csv_files import read_table, write_table


def piece(layer: str, mi_xt: list[float] | None, mi_ty: list[float], flag: str = "", split: str = "train") -> Piece:
    xt = None if mi_xt is None else np.array(mi_xt)
    epochs = list(range(len(mi_ty)))
    diagnostics = {
        "critic": np.ones((len(epochs), 2)),
        "step": np.tile([10, 20], (len(epochs), 1)),
        "h": np.zeros(len(epochs)),
    }
    info = Information(mi_xt=xt, mi_ty=np.array(mi_ty), flag=[flag] * len(epochs), diagnostics=diagnostics)
    return Piece(split, 0, 0, layer, epochs, info)


def test_a_table_has_one_row_per_split_epoch_and_layer_and_empty_cells_for_what_is_not_given(tmp_path: Path):
    plane, diagnostics = tables("run", [piece("a", [1.0, 2.0], [0.5, 0.25], "saturated"), piece("b", None, [0.1, 0.2])])
    assert list(plane.columns) == list(COLUMNS)
    write_table(plane, tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == (
        "split,repetition,part,epoch,layer,estimator,"
        "mi_xt,mi_ty,mi_xt_low,mi_xt_high,mi_ty_low,mi_ty_high,ceiling_xt,ceiling_ty,flag,flag_xt,flag_ty"
    )
    assert lines[1] == "train,0,0,0,a,run,1,0.5,,,,,,,saturated,saturated,saturated"
    assert lines[4] == "train,0,0,1,b,run,,0.2,,,,,,,,,"
    assert len(diagnostics) == 2 * 2 * 3
    assert diagnostics[diagnostics["diagnostic"] == "critic"]["step"].tolist() == [10, 20] * 4
    assert diagnostics[diagnostics["diagnostic"] == "h"]["step"].isna().all()


def test_a_table_survives_its_file(tmp_path: Path):
    plane, _ = tables("run", [piece("a", [1.0, 2.0], [0.5, 0.25]), piece("b", None, [0.1, 0.2], NO_NOISE)])
    write_table(plane, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv")
    assert back["flag"].tolist() == ["", "", NO_NOISE, NO_NOISE]
    assert back["mi_xt"].isna().tolist() == [False, False, True, True]


def test_a_missing_table_says_what_to_do(tmp_path: Path):
    with pytest.raises(UserError, match="run `dvc repro`"):
        read_table(tmp_path / "t.csv")


def test_the_summary_is_of_the_last_hidden_layer_and_the_largest_compression():
    plane, _ = tables(
        "run",
        [piece("h1", [5, 4.5], [1, 1.5]), piece("h2", [5, 2], [1, 2]), piece("output", [3, 2.5], [1, 2.1])],
    )
    assert summary(plane, "output") == {"mi_xt": 2, "mi_ty": 2, "compression": 3}
    assert summary(plane[plane["layer"] != "output"], None) == {"mi_xt": 2, "mi_ty": 2, "compression": 3}


def test_the_summary_leaves_out_what_is_not_given():
    plane, _ = tables("run", [piece("h1", None, [1, 1.5]), piece("output", None, [1, 2])])
    assert summary(plane, "output") == {"mi_ty": 1.5}
    only_output, _ = tables("run", [piece("output", [2.0, 1.0], [1, 2])])
    assert summary(only_output, "output") == {"mi_xt": 1, "mi_ty": 2, "compression": 1}


def flagged_piece(layer: str, mi_xt: list[float], flag_xt: list[str], flag_ty: list[str]) -> Piece:
    info = Information(mi_xt=np.array(mi_xt), mi_ty=np.ones(len(mi_xt)), flag_xt=flag_xt, flag_ty=flag_ty)
    return Piece("train", 0, 0, layer, list(range(len(mi_xt))), info)


def test_a_flagged_scalar_is_left_out_and_named():
    plane, _ = tables("run", [flagged_piece("h1", [5, 2, 1], ["saturated", "", ""], ["", "", "overfit"])])
    assert summary(plane, None) == {"mi_xt": 1, "flagged": "mi_ty: overfit, compression: saturated"}
    plane, _ = tables("run", [flagged_piece("h1", [1.5, 2, 1], ["saturated", "", ""], ["", "", "overfit"])])
    assert summary(plane, None) == {"mi_xt": 1, "compression": 1, "flagged": "mi_ty: overfit"}
    plane, _ = tables("run", [flagged_piece("h1", [5, 2, 1], ["", "", "wide bounds"], ["", "", ""])])
    assert summary(plane, None) == {"mi_ty": 1, "flagged": "mi_xt: wide bounds, compression: wide bounds"}


def estimated(store: Activations, module, key: str = "run", **keywords) -> pd.DataFrame:
    pieces = estimate_plane(module.estimate, store, keywords=keywords, seed=0, device=torch.device("cpu"), name=key)
    return tables(key, pieces)[0]


def test_every_split_layer_and_epoch_of_the_store_is_estimated(store: Activations):
    table = estimated(store, binning, edges="layer")
    places = list(zip(table["split"], table["layer"], table["epoch"], strict=True))
    assert places == [(s, n, e) for s in ("train", "test") for n in ("a", "b") for e in (0, 2, 5)]
    assert table["mi_xt"].notna().all()


def test_extents_and_noise_reach_the_estimator(store: Activations):
    wide = estimated(store, binning, edges="global")
    narrow = estimated(store, binning, edges="epoch")
    first = (wide["layer"] == "a") & (wide["epoch"] == 0) & (wide["split"] == "train")
    assert wide[first]["mi_xt"].item() < narrow[first]["mi_xt"].item()
    table = estimated(store, dropout)
    assert (table[table["layer"] == "a"]["flag"] == NO_NOISE).all()
    assert table[table["layer"] == "a"]["mi_xt"].isna().all()
    assert table[table["layer"] == "b"]["mi_xt"].notna().all()


def test_layers_are_reduced_before_an_estimator_that_also_asks_for_their_range(store: Activations):
    reduced = SimpleNamespace(estimate=wrapping.reduced(binning.estimate, "pca 1", of_x=False))
    pieces = list(
        estimate_plane(reduced.estimate, store, keywords={}, seed=0, device=torch.device("cpu"), name="run", parts=2)
    )
    diagnostics = tables("run", pieces)[1]
    kept = diagnostics[diagnostics["diagnostic"] == "kept_t"]
    assert len(kept) == len(pieces) == 2 * 2 * 3 * 2
    assert kept["value"].between(0, 1).all()


def test_a_refusal_names_estimator_layer_epoch_and_split(store: Activations):
    class Refusing:
        @staticmethod
        def estimate(x, t, y, *, noise=None, seed=0):
            raise ValueError("too few samples")

    with pytest.raises(UserError, match=r"estimators\.run: layer a, epoch 0 of train: too few samples"):
        estimated(store, Refusing)


def test_parts_are_equal_disjoint_and_each_estimated_alone(store: Activations):
    whole = estimated(store, binning, edges="layer")
    assert (whole["part"] == 0).all()
    seen = _Seen()
    pieces = estimate_plane(seen.estimate, store, keywords={}, seed=3, device=torch.device("cpu"), name="run", parts=7)
    table, _ = tables("run", pieces)
    assert table["part"].nunique() == 7
    for split, n in (("train", 60), ("test", 40)):
        rows = table[(table["split"] == split) & (table["layer"] == "b") & (table["epoch"] == 2)]
        x = torch.cat([seen.x[i] for i in rows.index])
        assert sorted({len(seen.x[i]) for i in rows.index}) == [n // 7, n // 7 + 1]
        assert sorted(x[:, 0].tolist()) == sorted(store.samples(split)[0][:, 0].tolist())
    first = [seen.x[i] for i in table.index[(table["split"] == "train") & (table["part"] == 0)]]
    assert all(torch.equal(x, first[0]) for x in first)


class _Seen:
    """An estimator that keeps the inputs of each call."""

    def __init__(self):
        self.x: list[torch.Tensor] = []

    def estimate(self, x, t, y, *, noise=None, seed=0):
        assert len(x) == t.shape[1] == len(y)
        self.x.append(x)
        return Information(mi_xt=np.zeros(1), mi_ty=np.zeros(1), flag=[""])


def test_more_parts_than_samples_are_an_error(store: Activations):
    with pytest.raises(UserError, match="40 samples cannot be cut into 50 parts"):
        list(
            estimate_plane(_Seen().estimate, store, keywords={}, seed=0, device=torch.device("cpu"), name="r", parts=50)
        )


def test_noise_that_depends_on_the_sample_is_cut_with_the_samples(tmp_path: Path):
    std = np.arange(12, dtype="float32").reshape(12, 1) + 1
    with activations_writer.create(tmp_path / "a.zarr", [0]) as writer:
        writer.add_split("test", std, np.zeros(12, "int64"))
        writer.add_epoch("test", 0, 0, {"a": Recorded(std, "lognormal", std)})
        writer.finish(splits=["test"], layers=["a"], model="m", dataset="d", seed=0)

    def estimate(x, t, y, *, noise, seed=0):
        assert torch.equal(noise.std, t)
        assert torch.equal(x, t[0])
        return Information(mi_xt=np.zeros(1), flag=[""])

    store = Activations(tmp_path / "a.zarr")
    pieces = estimate_plane(estimate, store, keywords={}, seed=0, device=torch.device("cpu"), name="r", parts=3)
    assert len(list(pieces)) == 3


def test_metrics_are_means_over_repetitions_and_parts():
    pieces = [
        Piece("train", repetition, part, layer, [0, 1], Information(mi_xt=np.array([peak, 1.0]), flag=["", ""]))
        for layer in ("hidden", "output")
        for repetition, part, peak in ((0, 0, 2.0), (0, 1, 4.0), (1, 0, 6.0), (1, 1, 8.0))
    ]
    assert summary(tables("run", pieces)[0], "output") == {"mi_xt": 1, "compression": 4}
