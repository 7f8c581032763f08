"""Mixtures: densities against torch.distributions, and clusters that are there."""

import pytest
import torch

from infoplane.estimators.doe.mixtures import fit_mixture
from infoplane.known.task import generator


def test_mixture_density_and_its_margins():
    g = generator(0)
    z = torch.randn(800, 3, generator=g, dtype=torch.float64)
    z[:400] += 3
    mixture = fit_mixture(z, 2, 40, seed=0)
    components = [
        torch.distributions.MultivariateNormal(m, c) for m, c in zip(mixture.means, mixture.covariances, strict=True)
    ]
    expected = torch.stack([w + c.log_prob(z) for w, c in zip(mixture.log_weights, components, strict=True)]).logsumexp(
        0
    )
    assert torch.allclose(mixture.log_density(z), expected)
    margin = torch.stack(
        [
            w + torch.distributions.Normal(m[1], c[1, 1].sqrt()).log_prob(z[:, 1])
            for w, m, c in zip(mixture.log_weights, mixture.means, mixture.covariances, strict=True)
        ]
    ).logsumexp(0)
    assert torch.allclose(mixture.log_density(z, slice(1, 2)), margin)
    # the two clusters were found
    assert sorted(mixture.means[:, 0].tolist()) == pytest.approx([0, 3], abs=0.3)
