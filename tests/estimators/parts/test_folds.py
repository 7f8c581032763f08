"""Divisions of the samples: every sample is held out once, and never seen by the model that judges it."""

import torch

from infoplane.estimators.parts import folds

CPU = torch.device("cpu")


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_folds_that_are_dealt_or_numbered_hold_every_sample_once():
    dealt = folds.deal(23, 4, draw(), CPU)
    assert torch.cat(dealt).sort().values.tolist() == list(range(23))
    assert sorted(len(part) for part in dealt) == [5, 6, 6, 6]
    assert sorted(torch.bincount(folds.numbered(23, 4, draw(), CPU)).tolist()) == [5, 6, 6, 6]


def test_what_is_left_of_all_but_one_part_keeps_its_order():
    parts = [torch.tensor([3, 1]), torch.tensor([0]), torch.tensor([2])]
    assert folds.all_but(parts, 1).tolist() == [3, 1, 2]


def test_a_fold_is_tested_on_none_of_the_samples_that_it_saw():
    test, held, train = folds.split(203, 5, draw())
    assert test.shape == (5, 40)
    assert held.shape[1] == int(163 * folds.HELD_SHARE)
    for rows in zip(test, held, train, strict=True):
        assert torch.cat(rows).sort().values.tolist() == list(range(203))
    assert len(test.unique()) == 200


def test_the_same_seed_divides_alike():
    assert torch.equal(folds.random_half(50, 3), folds.random_half(50, 3))
    assert len(folds.random_half(10, 0, least=8)) == 8
    assert torch.equal(folds.split(60, 3, draw(1)).train, folds.split(60, 3, draw(1)).train)
