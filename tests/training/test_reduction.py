"""What is kept of large layers."""

import numpy as np
import pytest
import torch

from infoplane.errors import UserError
from infoplane.training.reduction import Reduction


def test_a_feature_map_is_averaged_over_its_places_and_tokens_over_theirs():
    reduction = Reduction("pool")
    maps, tokens, units = torch.randn(5, 3, 4, 6), torch.randn(5, 7, 3), torch.randn(5, 9)
    torch.testing.assert_close(reduction("a", maps), maps.mean((2, 3)))
    torch.testing.assert_close(reduction("b", tokens), tokens.mean(1))
    assert reduction("c", units) is units
    assert [reduction.unit(t.shape[1:]) for t in (maps, tokens, units)] == [(3,), (3,), (9,)]


def test_components_that_are_learned_in_blocks_are_those_of_all_samples():
    draws = torch.Generator().manual_seed(0)
    scales = torch.tensor([9.0, 5.0, 2.0, *[0.1] * 17])
    t = torch.randn(400, 20, generator=draws) * scales + 3
    reduction = Reduction("pca 3")
    assert reduction.is_learned
    for block in t.split(37):
        reduction.learn("a", block)
    reduction.learned()
    found = torch.cat([reduction("a", block) for block in t.split(50)]).double()
    centred = (t - t.mean(0)).double()
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    expected = centred @ directions[:3].T
    torch.testing.assert_close(found.abs(), expected.abs(), rtol=0.02, atol=0.05)


def test_fewer_samples_than_components_are_an_error():
    reduction = Reduction("pca 8")
    reduction.learn("a", torch.randn(5, 20))
    with pytest.raises(UserError, match="as many samples are needed as components, there are 5"):
        reduction.learned()


def test_projections_keep_distances_and_are_the_same_at_every_epoch():
    t = torch.randn(60, 3000)
    first, again = Reduction("random 200", 1)("a", t), Reduction("random 200", 1)("a", t)
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert first.shape == (60, 200)
    ratio = torch.pdist(first) / torch.pdist(t)
    assert 0.95 < ratio.mean() < 1.05
    assert ratio.std() < 0.1
    assert not torch.equal(first, Reduction("random 200", 1)("b", t))
    assert not torch.equal(first, Reduction("random 200", 2)("a", t))


@pytest.mark.parametrize("how", ["none", "pca 20", "random 20"])
def test_a_layer_that_is_no_larger_stays_as_it_is(how: str):
    t = torch.randn(30, 20)
    reduction = Reduction(how)
    assert reduction("a", t) is t
    assert not reduction.changes((20,))


def test_flat_is_all_of_it():
    t = torch.randn(4, 2, 3)
    reduction = Reduction("flatten")
    np.testing.assert_array_equal(reduction("a", t), t.reshape(4, 6))
    assert not reduction.changes((2, 3))
    assert reduction.unit((2, 3)) == (6,)


def test_a_block_that_has_diverged_makes_all_of_the_layer_so():
    reduction = Reduction("pca 30")
    bad = torch.randn(200, 40)
    bad[3, 3] = torch.nan
    for block in (torch.randn(200, 40), bad, torch.randn(20, 40)):
        reduction.learn("a", block)
    reduction.learned()
    assert reduction("a", torch.randn(5, 40)).isnan().all()
