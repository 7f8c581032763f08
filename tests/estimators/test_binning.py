import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from infoplane.datasets import szt
from infoplane.estimators.binning import estimate
from infoplane.information import FEW_SAMPLES, SATURATED


def test_by_hand():
    t = torch.tensor([[[0.0], [0.1], [0.9], [1.0]]])
    y = torch.tensor([0, 0, 1, 1])
    info = estimate(t[0], t, y, bins=2)
    assert info.mi_xt is not None
    assert info.mi_xt[0] == pytest.approx(math.log(2))
    assert info.mi_ty is not None
    assert info.mi_ty[0] == pytest.approx(math.log(2))


def test_equal_to_counting_with_another_library():
    generator = torch.Generator().manual_seed(0)
    t = torch.rand(2, 500, 2, generator=generator)
    y = (t[0, :, 0] > 0.4).long()
    info = estimate(t[0], t, y, bins=4)
    for epoch in range(2):
        low, high = float(t[epoch].min()), float(t[epoch].max())
        cells = np.minimum(((t[epoch].double().numpy() - low) / (high - low) * 4).astype(int), 3)
        pattern = cells[:, 0] * 4 + cells[:, 1]
        assert info.mi_ty is not None
        assert info.mi_ty[epoch] == pytest.approx(mutual_info_score(pattern, y.numpy()))
        p = np.bincount(pattern)[np.bincount(pattern) > 0] / 500
        assert info.mi_xt is not None
        assert info.mi_xt[epoch] == pytest.approx(-(p * np.log(p)).sum())


def test_szt_inputs_carry_all_of_their_label(tmp_path):
    dataset = szt.load(tmp_path)
    x, y = (torch.from_numpy(np.concatenate(parts)) for parts in zip(dataset.train, dataset.test, strict=True))
    info = estimate(x, x[None], y, bins=2)
    assert info.mi_xt is not None
    assert info.mi_xt[0] == pytest.approx(math.log(4096))
    assert info.mi_ty is not None
    assert info.mi_ty[0] == pytest.approx(0.69256, abs=1e-5)


def test_edges_are_of_the_epoch_the_layer_or_all_layers():
    t = torch.tensor([[[0.0], [0.4], [0.6], [1.0]], [[0.0], [4.0], [6.0], [10.0]]])
    y = torch.tensor([0, 0, 1, 1])
    extent = {"layer": (0.0, 10.0), "global": (0.0, 100.0)}
    patterns = {
        edges: estimate(t[0], t, y, bins=10, edges=edges, extent=extent).diagnostics["patterns"].tolist()
        for edges in ("epoch", "layer", "global")
    }
    assert patterns == {"epoch": [4, 4], "layer": [2, 4], "global": [1, 2]}


def test_quantile_bins_hold_equally_many_samples_and_never_part_ties():
    generator = torch.Generator().manual_seed(0)
    t = torch.randn(1, 1000, 1, generator=generator).exp()
    info = estimate(t[0], t, torch.zeros(1000).long(), bins=8, edges="quantile")
    assert info.mi_xt is not None
    assert info.mi_xt[0] == pytest.approx(math.log(8))
    tied = torch.cat([torch.zeros(1, 700, 1), t[:, :300]], 1)
    labels = torch.cat([torch.zeros(700), torch.ones(300)]).long()
    split = estimate(tied[0], tied, labels, bins=10, edges="quantile")
    assert split.diagnostics["patterns"][0] == 4
    assert split.mi_ty is not None
    assert split.mi_ty[0] == pytest.approx(-(0.7 * math.log(0.7) + 0.3 * math.log(0.3)))


def test_bins_of_a_fixed_size_do_not_depend_on_the_range():
    t = torch.tensor([[[0.05], [0.15], [0.16], [-0.05]]])
    y = torch.zeros(4).long()
    assert estimate(t[0], t, y, width=0.1).diagnostics["patterns"][0] == 3
    assert estimate(t[0], torch.cat([t, t + 100], 1), y.repeat(2), width=0.1).diagnostics["patterns"][0] == 6


def test_many_fine_bins_are_flagged():
    generator = torch.Generator().manual_seed(0)
    t = torch.rand(1, 300, 5, generator=generator)
    y = torch.arange(300) % 3
    assert estimate(t[0], t, y, bins=1000).flag[0].split("; ") == [SATURATED, FEW_SAMPLES]
    assert estimate(t[0], t[..., :1], y, bins=3).flag == [""]
