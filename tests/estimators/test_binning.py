"""Counting by hand, by another library and at the edges of bins; and what a sample leaves out."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from infoplane.datasets.szt import szt
from infoplane.estimators.binning import estimate
from infoplane.estimators.parts.counts import entropy_of_counts, unseen_entropy
from infoplane.flags import FEW_SAMPLES, SATURATED
from infoplane.known import mixtures
from infoplane.known.task import generator


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


def test_edges_may_be_given():
    t = torch.tensor([[[-9.0], [0.0], [0.4], [0.5], [7.0]]])
    y = torch.tensor([0, 0, 0, 1, 1])
    info = estimate(t[0], t, y, cuts=[0.5, 0.0], bins=2, width=100.0)
    assert info.diagnostics["patterns"].tolist() == [3]  # below 0, from 0, from .5
    assert info.mi_xt is not None
    assert info.mi_xt[0] == pytest.approx(-(0.2 * math.log(0.2) + 2 * 0.4 * math.log(0.4)))
    assert info.mi_ty is not None
    assert info.mi_ty[0] == pytest.approx(-(0.4 * math.log(0.4) + 0.6 * math.log(0.6)))


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


def test_entropy_in_rare_patterns_is_flagged():
    task = mixtures.rare_patterns(0.1, 6)
    _, t, _ = task.sample(10_000, 0)
    y = torch.arange(10_000) % 2
    info = estimate(t, t[None], y)
    assert info.mi_xt is not None
    # far from the ceiling, ln n, and far from the truth
    assert 0.9 < info.mi_xt[0] < 1.1 < task.truth_xt
    assert info.flag == [FEW_SAMPLES]
    assert estimate(t, t[None], y, inputs="all").flag == [""]
    often = estimate(t[:, :2], t[None, :, :2], y)
    assert often.mi_xt is not None
    assert often.mi_xt[0] == pytest.approx(mixtures.rare_patterns(0.1, 2).truth_xt, abs=0.03)
    assert often.flag == [""]


def test_what_is_unseen_of_an_entropy_equals_its_published_sum():
    counts = torch.tensor([50, 7, 2, 2, 2, 1, 1, 1, 1, 1])
    n, once, twice = 68, 5, 3
    seen = sum(c / n * sum(1 / k for k in range(c, n)) for c in counts.tolist())
    rare = 2 * twice / ((n - 1) * once + 2 * twice)
    rest = -math.log(rare) - sum((1 - rare) ** r / r for r in range(1, n))
    expected = seen + once / n * (1 - rare) ** (1 - n) * rest
    assert float(entropy_of_counts(counts)) + unseen_entropy(counts) == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("patterns", "n"), [(2, 500), (2000, 10_000), (2000, 2000), (100_000, 3000)])
def test_what_is_unseen_of_the_entropy_of_equally_likely_patterns(patterns: int, n: int):
    counts = torch.bincount(torch.randint(patterns, (n,), generator=generator(0)))
    counts = counts[counts > 0]
    assert float(entropy_of_counts(counts)) + unseen_entropy(counts) == pytest.approx(math.log(patterns), abs=0.1)


def test_what_is_unseen_of_the_entropy_of_few_counts_is_finite_and_not_negative():
    for counts in ([1], [2], [5], [1, 1], [1, 2], [1, 1000], [1] + [2] * 1000, [1] * 1000, [0, 3]):
        unseen = unseen_entropy(torch.tensor(counts))
        assert math.isfinite(unseen)
        assert unseen >= -1e-9


@pytest.mark.parametrize("informed", [True, False])
def test_samples_alone_in_their_pattern_are_judged_by_patterns_of_few(informed: bool):
    """Half of the samples in one pattern, half in patterns of their own or of few; labels by pattern, or by chance."""
    g = generator(0)
    pattern = torch.randint(2000, (3000,), generator=g) * (torch.rand(3000, generator=g) < 0.5)
    y = pattern % 2 if informed else torch.randint(2, (3000,), generator=g)
    info = estimate(pattern[:, None].float(), pattern[None, :, None].float(), y, width=1.0)
    assert info.mi_ty is not None
    assert info.mi_ty[0] > 0.2
    assert (FEW_SAMPLES in info.flag_ty[0]) is not informed
