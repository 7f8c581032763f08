"""Closed forms stay within what the samples say."""

import torch

from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.known.task import generator


def test_a_variate_that_held_out_samples_do_not_vary_in_throws_none_far_out():
    n = 200
    z = torch.randn(n, 3, generator=generator(0))
    train, held = torch.arange(150), torch.arange(150, 180)
    # a rare class: one coordinate is 0 but for a few training samples and one that is tested
    z[:, 2] = 0.0
    z[[0, 1, 2, 190], 2] = 5.0
    scores, u, v, *_ = gaussian_log_ratio(
        z, z + 0.1 * torch.randn(n, 3, generator=generator(1)) * (z != 0), train, held
    )
    assert max(u[190].abs().max(), v[190].abs().max()) < 20
    assert torch.isfinite(torch.cat([scores.row, scores.column])).all()
