"""Linear classifiers over several lengths of one training."""

import math
from typing import Any

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from infoplane.readout.classifiers import trained

SLOW: dict[str, Any] = {"batch_size": 256, "lr": 1e-4, "last_lr": 0.08, "seed": 0}


def classes(n: int, number: int, apart: float, d: int = 4, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Gaussian classes that overlap, so that the best classifier is finite."""
    draw = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % number
    return apart * torch.eye(number, d)[y] + torch.randn(n, d, generator=draw), y


@pytest.mark.parametrize("number", [2, 3])
def test_a_converged_classifier_is_that_of_scikit_learn(number: int):
    e, y = classes(600, number, 1.5)
    (found,) = trained(e, y, number, lengths=[1500], batch_size=600, lr=0.03, last_lr=None, seed=0)
    theirs = LogisticRegression(C=math.inf, tol=1e-8, max_iter=1000).fit(e.double().numpy(), y.numpy())
    expected = torch.from_numpy(theirs.predict_log_proba(e.double().numpy())).float()
    torch.testing.assert_close(found.log_probabilities(e), expected, atol=2e-3, rtol=0)


def test_two_logits_are_one_logistic_unit():
    e, y = classes(300, 2, 1.0)
    (found,) = trained(e, y, 2, lengths=[3], **SLOW | {"lr": 0.05})
    unit = torch.sigmoid(e @ (found.weight[:, 1] - found.weight[:, 0]) + found.offset[1] - found.offset[0])
    torch.testing.assert_close(found.log_probabilities(e)[:, 1].exp(), unit)


def test_all_lengths_are_of_one_training():
    e, y = classes(500, 3, 1.0)
    short, long = trained(e, y, 3, lengths=[1, 4], **SLOW)
    (short_alone,) = trained(e, y, 3, lengths=[1], **SLOW)
    assert torch.equal(short.weight, short_alone.weight)
    (long_alone,) = trained(e, y, 3, lengths=[4], **SLOW | {"last_lr": None})
    # a single length has no last but one: the rate never rises
    assert not torch.equal(long.weight, long_alone.weight)
    (as_given,) = trained(e, y, 3, lengths=[4], **SLOW)
    assert torch.equal(as_given.weight, long_alone.weight)


def test_the_rate_rises_after_the_last_but_one_length():
    e, y = classes(256, 2, 1.0)
    first, second, last = trained(e, y, 2, lengths=[2, 5, 6], **SLOW)
    slow = (second.weight - first.weight).abs().max()
    fast = (last.weight - second.weight).abs().max()
    # a batch an epoch: Adam moves by about its rate at each
    assert slow < 3 * 1.5e-4
    assert fast > 0.02


def test_the_last_length_learns_by_heart():
    e, y = torch.randn(60, 100), torch.arange(60) % 2  # labels that mean nothing, and more units than samples
    long = trained(e, y, 2, lengths=[1, 3, 40], **SLOW)[-1]
    assert (long.log_probabilities(e).argmax(1) == y).all()


def test_the_same_seed_gives_the_same_bits():
    e, y = classes(400, 3, 1.0)
    one, same, other = (trained(e, y, 3, lengths=[2], **SLOW | {"seed": seed})[0] for seed in (1, 1, 2))
    assert torch.equal(one.weight, same.weight)
    assert not torch.equal(one.weight, other.weight)
