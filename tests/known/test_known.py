"""The truths themselves: against published numbers, second derivations and Monte Carlo."""

import math

import numpy as np
import pytest
import torch

from infoplane.information import Noise
from infoplane.known import channels, closed_forms, mixtures, transforms
from infoplane.known.task import generator


@pytest.mark.parametrize(
    ("d", "rho", "truth"),
    [
        (1, 0.1, 0.005),
        (1, 0.9, 0.830),
        (5, 0.5, 0.719),
        (5, 0.99, 9.793),
        (20, -0.9, 16.61),
        (20, 0.99, 39.17),
    ],
)
def test_gaussian_pairs(d, rho, truth):
    task = closed_forms.gaussian(d, rho)
    assert task.truth_xt == pytest.approx(truth, abs=6e-3)
    x, t, y = task.sample(4000, 0)
    assert x.shape == t.shape == (4000, d)
    assert y is None
    correlation = (x.double() * t.double()).mean(0)
    assert torch.allclose(correlation, torch.full((d,), rho, dtype=torch.float64), atol=0.08)


def test_the_same_seed_draws_the_same_and_another_does_not():
    for task in (
        closed_forms.student(2, 0.3, 3),
        mixtures.xor_mixture(),
        mixtures.gaussian_classes(3, 2.0),
    ):
        assert torch.equal(task.sample(50, 1)[1], task.sample(50, 1)[1])
        assert not torch.equal(task.sample(50, 1)[1], task.sample(50, 2)[1])


@pytest.mark.parametrize("bent", [False, True])
def test_few_dimensions_in_many(bent: bool):
    pairs = closed_forms.gaussian(3, 0.5)
    task = transforms.embedded(transforms.curved(pairs) if bent else pairs, 40, 0.1)
    assert (task.truth_xt, task.subspace, task.manifold) == (pairs.truth_xt, 6 if bent else 3, 3)
    x, t, y = task.sample(3000, 0)
    assert x.shape == t.shape == (3000, 40)
    assert y is None
    for side in (x, t):
        variances = torch.linalg.svdvals((side - side.mean(0)).double()).square() / 3000
        # what the units vary by is their signal's, and the noise across it is as large as it was asked for
        expected = 40 * (0.75 if bent else 1.0)
        assert float(variances[: task.subspace].sum()) == pytest.approx(expected, rel=0.1)
        torch.testing.assert_close(float(variances[-30:].mean()), 0.01, rtol=0.1, atol=0)
    # the plane is that of the seed, and along it stands the sample of the task
    again = transforms.embedded(pairs, 40, 0.0)
    (x, t, _), (u, v, _) = again.sample(3000, 0), pairs.sample(3000, 0)
    for side, inner in ((x, u), (t, v)):
        found = side.double() @ torch.linalg.pinv(side.double()) @ inner.double()
        torch.testing.assert_close(found, inner.double(), atol=1e-4, rtol=0)


def test_what_is_bent_one_by_one_lies_in_no_plane():
    task = transforms.transformed(transforms.embedded(closed_forms.gaussian(1, 0.5), 20, 0.1), "cubed")
    assert (task.subspace, task.manifold) == (None, 1)
    with pytest.raises(ValueError, match="would not lie in its plane"):
        transforms.embedded(channels.gaussian_in_noise(1, 0.5), 20, 0.1)


def test_covariance_tasks():
    # I = -1/2 ln det C for two coordinates of correlation .5
    assert closed_forms.dense_gaussian(1, 0.5).truth_xt == pytest.approx(-0.5 * math.log(0.75))
    # determinant of the equicorrelated matrix: (1 - r)^(p-1) (1 + (p - 1) r)
    inside, joint = 0.5**2 * 2, 0.5**5 * 3.5
    assert closed_forms.dense_gaussian(3, 0.5).truth_xt == pytest.approx(0.5 * math.log(inside**2 / joint))
    assert closed_forms.sparse_gaussian(7, 0.8).truth_xt == pytest.approx(-math.log(1 - 0.64))


def test_student_against_published_and_monte_carlo():
    assert closed_forms.student(1, 0.0, 1).truth_xt == pytest.approx(0.2242, abs=1e-4)
    task = closed_forms.student(1, 0.5, 3)
    x, t, _ = (v if v is None else v.double()[:, 0] for v in task.sample(400_000, 0))
    quadratic = (x * x - x * t + t * t) / 0.75
    log_joint = -math.log(2 * math.pi * math.sqrt(0.75)) - 2.5 * torch.log1p(quadratic / 3)

    def log_marginal(v):
        constant = math.lgamma(2) - math.lgamma(1.5) - 0.5 * math.log(3 * math.pi)
        return constant - 2 * torch.log1p(v * v / 3)

    values = log_joint - log_marginal(x) - log_marginal(t)
    assert float(values.mean()) == pytest.approx(task.truth_xt, abs=4 * float(values.std()) / 400_000**0.5)


def test_additive_uniform():
    assert closed_forms.additive_uniform(0.75).truth_xt == pytest.approx(1 / 3)
    assert closed_forms.additive_uniform(0.5).truth_xt == pytest.approx(0.5)
    assert closed_forms.additive_uniform(0.4999999).truth_xt == pytest.approx(0.5, abs=1e-6)


def test_symmetric_channel_equals_its_joint_table():
    task = closed_forms.symmetric_channel(4, 0.2)
    x, t, y = task.sample(200_000, 0)
    assert torch.equal(x[:, 0].long(), y)
    joint = np.histogram2d(x[:, 0], t[:, 0], bins=4)[0] / len(x)
    mi = np.sum(joint * np.log(joint / (joint.sum(0) * joint.sum(1, keepdims=True))))
    assert mi == pytest.approx(task.truth_xt, abs=0.01)
    assert closed_forms.symmetric_channel(3, 0.0).truth_xt == pytest.approx(math.log(3))


def test_monotone_maps_increase_and_keep_the_truth():
    grid = torch.linspace(-8, 8, 20001, dtype=torch.float64)
    for name, f in transforms.MONOTONE.items():
        assert (f(grid).diff() > 0).all(), name
        task = transforms.transformed(closed_forms.gaussian(2, 0.5), name)
        assert task.truth_xt == closed_forms.gaussian(2, 0.5).truth_xt
        assert name in task.name


def test_sliced_information_of_gaussians():
    assert closed_forms.gaussian(1, 0.5).sliced_xt == closed_forms.gaussian(1, 0.5).truth_xt
    g = generator(0)
    a, b = (torch.nn.functional.normalize(torch.randn(200_000, 5, generator=g), dim=1) for _ in range(2))
    mean = -0.5 * torch.log(1 - (0.9 * (a * b).sum(1)) ** 2).mean()
    assert closed_forms.sliced_information(5, 0.9) == pytest.approx(float(mean), abs=2e-3)


@pytest.mark.parametrize(("std", "truth"), [(0.1, 2.9118), (0.4, 1.5678)])
def test_dropout_channel(std, truth):
    task = channels.dropout_channel(5, std)
    assert task.truth_xt == pytest.approx(5 * truth, abs=1e-3)
    assert task.noise == Noise("gaussian", std)
    x, z, _ = transforms.noisy(task).sample(50_000, 0)
    assert float((z / (2 * x + 0.5)).std()) == pytest.approx(std, rel=0.02)
    # noise of its own, not the inputs over again
    assert abs(np.corrcoef(x[:, 0], (z / (2 * x + 0.5))[:, 0])[0, 1]) < 0.02


@pytest.mark.parametrize(("radius", "truth"), [(2.0, 1.3398), (4.0, 2.2525)])
def test_gaussian_classes(radius, truth):
    task = mixtures.gaussian_classes(10, radius)
    assert task.truth_ty == pytest.approx(truth, abs=1.5e-3)
    _, t, y = task.sample(100_000, 3)
    value = math.log(10) - torch.nn.functional.cross_entropy(radius * t, y, reduction="none")
    assert float(value.mean()) == pytest.approx(task.truth_ty, abs=4 * float(value.std()) / 100_000**0.5)


def test_class_noise_is_the_same_task_at_a_smaller_radius():
    plain = mixtures.gaussian_classes(4, 2.0 / math.sqrt(1.5))
    assert mixtures.gaussian_classes(4, 2.0, noise_var=0.5).truth_ty == pytest.approx(plain.truth_ty)


def test_noisy_function_of_little_noise_is_the_high_resolution_limit():
    # h(T) -> ln(2 pi) for T = x ~ U(-pi, pi)
    limit = math.log(2 * math.pi) - 0.5 * math.log(2 * math.pi * math.e * 0.01**2)
    assert channels.noisy_function("x", 0.01).truth_xt == pytest.approx(limit, abs=5e-3)
    assert channels.noisy_function("sin x", 0.0).truth_xt == math.inf


def test_xor_labels_and_mixtures_by_monte_carlo():
    task = mixtures.xor_labels(1.5)
    _, t, y = task.sample(200_000, 0)
    agree = (1 + torch.tanh(1.5 * t.double()).prod(1)) / 2
    value = math.log(2) + torch.log(torch.where(y == 1, agree, 1 - agree))
    assert float(value.mean()) == pytest.approx(task.truth_ty, abs=5e-3)

    mixture = mixtures.xor_mixture(2.0)
    x, t, _ = mixture.sample(200_000, 0)
    assert abs(np.corrcoef(x[:, 0], t[:, 0])[0, 1]) < 0.01
    c = torch.tensor([[2, 0], [-2, 0], [0, 2], [0, -2]], dtype=torch.float64)
    at = [torch.distributions.Normal(c[:, i], 1.0).log_prob(v.double()) for i, v in enumerate((x, t))]
    value = at[0].add(at[1]).exp().mean(1).log() - at[0].exp().mean(1).log() - at[1].exp().mean(1).log()
    assert float(value.mean()) == pytest.approx(mixture.truth_xt, abs=4 * float(value.std()) / 200_000**0.5)


def test_limits_of_points_and_signs():
    assert channels.points_in_noise([-9, -3, 3, 9], 0.2).truth_xt == pytest.approx(math.log(4), abs=1e-6)
    assert channels.points_in_noise([-9, -3, 3, 9], 0.2).truth_ty == pytest.approx(math.log(2), abs=1e-6)
    assert mixtures.sign_product(20.0).truth_xt == pytest.approx(math.log(2), abs=1e-6)
    assert closed_forms.identity(2).truth_xt == math.inf
    assert channels.gaussian_in_noise(3, 0.5).truth_xt == pytest.approx(1.5 * math.log(5))


def test_rare_patterns_and_letters_by_their_probabilities():
    task = mixtures.rare_patterns(0.3, 2)
    p = np.full(100, 0.003)
    p[0] += 0.7
    assert task.truth_xt == task.entropy_t == pytest.approx(-(p * np.log(p)).sum())
    x, t, _ = task.sample(200_000, 0)
    assert torch.equal(x, t)
    found = torch.bincount((10 * t[:, 0] + t[:, 1]).long(), minlength=100) / 200_000
    assert found[0] == pytest.approx(p[0], abs=5e-3)
    assert found[1:].max() == pytest.approx(0.003, abs=1e-3)
    assert closed_forms.symmetric_channel(4, 0.2).entropy_t == pytest.approx(math.log(4))


def test_a_continuous_layer_of_a_continuous_input_knows_infinitely_much():
    x, t, _ = mixtures.xor_labels().sample(100, 0)
    assert torch.equal(x, t)
    assert mixtures.xor_labels().truth_xt == math.inf


@pytest.mark.parametrize(("radius", "noise_var"), [(1.0, None), (3.0, None), (3.0, 1.25)])
def test_sliced_information_of_two_classes(radius, noise_var):
    task = mixtures.gaussian_classes(2, radius, noise_var)
    _, t, y = transforms.noisy(task).sample(200_000, 0)
    angle = 2 * math.pi * torch.rand(200_000, generator=generator(1))
    directions = torch.stack([angle.cos(), angle.sin()], 1)
    std = math.sqrt(1 + (noise_var or 0))
    # how the two means and t look along a direction of its own for each sample
    seen = -0.5 * (((t * directions).sum(1, keepdim=True) - radius * directions) / std).square()
    value = math.log(2) - torch.nn.functional.cross_entropy(seen, y, reduction="none")
    assert float(value.mean()) == pytest.approx(task.sliced_ty, abs=4 * float(value.std()) / 200_000**0.5)
    assert mixtures.gaussian_classes(10, radius).sliced_ty is None


def test_copies_add_up_and_share_nothing():
    task = transforms.copies(mixtures.crossed_gaussians(0.9), 3)
    assert task.truth_xt == pytest.approx(3 * mixtures.crossed_gaussians(0.9).truth_xt)
    x, t, _ = task.sample(4000, 0)
    assert x.shape == t.shape == (4000, 3)
    of_squares = torch.corrcoef(torch.cat([x.square(), t.square()], 1).T)
    # a pair shares the size of its two sides, and nothing with the other pairs
    assert of_squares[0, 3] > 0.5
    assert of_squares[0, [1, 2, 4, 5]].abs().max() < 0.08


def test_crossed_gaussians_against_monte_carlo():
    task = mixtures.crossed_gaussians(0.8)
    x, t, _ = (v if v is None else v.double()[:, 0] for v in task.sample(400_000, 0))
    ratios = torch.stack([-(0.64 * (x**2 + t**2) - 2 * sign * 0.8 * x * t) / (2 * 0.36) for sign in (1, -1)])
    found = (torch.logsumexp(ratios, 0) - math.log(2) - 0.5 * math.log(0.36)).mean()
    assert task.truth_xt == pytest.approx(float(found), abs=3e-3)
    assert abs(float((x * t).mean())) < 0.01


def test_log_normal_noise_is_additive_noise_in_the_logarithm():
    task = channels.lognormal_channel(2, 0.5)
    assert task.truth_xt == pytest.approx(channels.gaussian_in_noise(2, 0.5).truth_xt)
    _, z, _ = transforms.noisy(task).sample(20_000, 0)
    assert (z > 0).all()
    assert z.log().var(0).tolist() == pytest.approx([1.25, 1.25], abs=0.05)
