"""Coordinates that are untwisted: planes turned by an angle that the rest of the sample decides.

Problem: where samples lie along spirals, canonical variates see little of what x and t know of each other, and a critic
that starts from them has nearly all to learn. A twist turns a plane with the orthonormal directions p and q,

    (a, b) -> (a cos w - b sin w, a sin w + b cos w),   a + i b = (p'x - c) + i (q'x - d),

by an angle w that is linear in what the turn leaves alone: the squared radius a^2 + b^2, the coordinates y outside of
the plane, and their square. So it can be undone, and mutual information stays as it is. Twists of x and of t are
trained together until both sides know as much of each other as if they were Gaussian, -1/2 ln det(1 - K K'), K the
correlations of the whitened sides: all samples of a minibatch have a say in that, where contrasts of pairs learn from
few, and a twist has some 4 d numbers, where a network has thousands.

References: Andrew, Arora, Bilmes & Livescu (2013), Deep canonical correlation analysis, ICML, for training coordinates
by their canonical correlations, there without the inverse. Butakov et al. (2024), Mutual information estimation via
normalizing flows, NeurIPS, arXiv:2403.02187, for maps that can be undone before a Gaussian's closed form.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.estimators.parts.closed_forms.worth import held_out_value
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.memberwise_adam import MemberwiseAdamW, Optimisation, minibatch
from infoplane.estimators.parts.ranks import normal_scores

TWISTS = 2
"""Of each side, one after the other."""
OPTIMISATION = Optimisation(steps=300, batch=500, learning_rate=0.02, clip=1.0)
JUDGED_EVERY, PATIENCE = 25, 3
"""Steps between two looks at held-out samples, and looks without progress after which training stops."""
PROGRESS = 5e-3
"""Nats that count as progress."""
TRIAL, WORTH, CHANCE = 100, 0.03, 0.3
"""Steps after which training goes on only if the folds' mean has gained so many nats, and what chance can give, so many
times one over the root of the number of held-out samples."""
AVERAGING = 0.95
"""Decay of the running mean of the weights, which is what is judged."""
FARTHEST = 8.0
"""Standard deviations from the mean beyond which distances are those of normal scores: few samples would decide."""
RIDGE, SMALLEST = 1e-3, 1e-6
"""Added to variances, as a share of their mean, which may be 0."""


def scaled(values: Tensor) -> Tensor:
    """Centred, all units on one scale, so that circles stay circles; normal scores if a sample lies far out."""
    values = values.float()
    values = (values - values.mean(0)) / values.std(0).mean().clamp(min=1e-12)
    return values if float(values.abs().amax()) <= FARTHEST else normal_scores(values).float()


def untwist(x: Tensor, t: Tensor, parts: Folds, generator: torch.Generator) -> tuple[Tensor, Tensor] | None:
    """Both sides in the coordinates that each fold's training samples choose; None if they hardly gain by it.

    Args:
        x, t: `scaled`, shapes (n, d_x) and (n, d_t); sides of one unit are left as they are.
        parts: training samples choose the twists, held-out ones when to stop.
        generator: of the first planes and of minibatches.
    Returns: shapes (folds, n, d_x) and (folds, n, d_t).
    """
    sides = x.float(), t.float()
    weights = [_twists(len(parts.train), side.shape[1], generator) for side in sides]
    flat = [w for of_side in weights for w in of_side]
    if not flat:
        return None
    adam = MemberwiseAdamW(flat, OPTIMISATION, weight_decay=0.0)

    def loss() -> Tensor:
        rows = minibatch(parts.train, OPTIMISATION.batch, generator)
        u, v = (_turned(side[rows], of_side) for side, of_side in zip(sides, weights, strict=True))
        return -_information(_whitened(u, u), _whitened(v, v)).sum()

    average, best = ([w.clone() for w in flat] for _ in range(2))
    cut = len(weights[0])
    start = top = _held_out(*_both(sides, best, cut), parts)
    waited, worth = torch.zeros_like(top), WORTH + CHANCE / math.sqrt(parts.held.shape[1])
    for step in range(1, OPTIMISATION.steps + 1):
        adam.step(loss, step)
        for a, w in zip(average, flat, strict=True):
            a.lerp_(w, 1 - min(AVERAGING, step / (step + 9)))
        if step % JUDGED_EVERY == 0:
            value = _held_out(*_both(sides, average, cut), parts)
            better = value > top + PROGRESS
            top, waited = torch.where(better, value, top), torch.where(better, 0, waited + 1)
            for b, a in zip(best, average, strict=True):
                b[better] = a[better]
            gained = float((top - start).mean())
            if bool((waited >= PATIENCE).all()) or (step >= TRIAL and gained < worth):
                break
    return _both(sides, best, cut) if float((top - start).mean()) > worth else None


def _twists(folds: int, d: int, generator: torch.Generator) -> list[Tensor]:
    """Plane, centre and angle of each twist, where the angle is 0; none where there is no plane."""
    if d < 2:
        return []
    device, weights = generator.device, []
    for _ in range(TWISTS):
        plane = torch.randn(folds, d, 2, generator=generator, device=device)
        weights += [plane, torch.zeros(folds, 1, 2, device=device), torch.zeros(folds, d + 3, 1, device=device)]
    return weights


@torch.no_grad()
def _both(sides: Sequence[Tensor], weights: list[Tensor], cut: int) -> tuple[Tensor, Tensor]:
    """Both sides turned by all weights, the first `cut` of which are those of x."""
    x, t = sides
    folds = len(weights[0])
    return _turned(x.expand(folds, -1, -1), weights[:cut]), _turned(t.expand(folds, -1, -1), weights[cut:])


def _turned(values: Tensor, weights: list[Tensor]) -> Tensor:
    """Values of shape (folds, m, d) after each twist in turn."""
    for plane, centre, angle in zip(weights[::3], weights[1::3], weights[2::3], strict=True):
        p = functional.normalize(plane[..., 0], dim=1)
        q = plane[..., 1] - (plane[..., 1] * p).sum(1, keepdim=True) * p
        basis = torch.stack([p, functional.normalize(q, dim=1)], 2)
        within = values @ basis
        outside = values - within @ basis.mT
        within = within - centre
        # of mean about 0, so that the angles of most samples stay small at first
        radius = within.square().sum(2, keepdim=True) / 2 - 1
        far = outside.square().sum(2, keepdim=True) / max(values.shape[2] - 2, 1) - 1
        w = torch.cat([radius, far, outside, torch.ones_like(far)], 2) @ angle
        a, b = within[..., :1], within[..., 1:]
        turned = torch.cat([a * torch.cos(w) - b * torch.sin(w), a * torch.sin(w) + b * torch.cos(w)], 2)
        values = values + (turned - within) @ basis.mT
    return values


def _whitened(values: Tensor, samples: Tensor) -> Tensor:
    """The values, shape (folds, m, d), in coordinates in which the samples are white."""
    mean = samples.mean(1, keepdim=True)
    covariance = (samples - mean).mT @ (samples - mean) / samples.shape[1]
    scale = covariance.diagonal(dim1=-2, dim2=-1).mean(-1)[:, None, None].clamp(min=SMALLEST)
    covariance = covariance + RIDGE * scale * torch.eye(values.shape[2], device=values.device)
    factor = torch.linalg.cholesky(covariance)
    return torch.linalg.solve_triangular(factor, (values - mean).mT, upper=False).mT


def _information(u: Tensor, v: Tensor) -> Tensor:
    """-1/2 ln det(1 - K K') of white sides, nats, shape (folds,)."""
    k = u.mT @ v / u.shape[1]
    if k.shape[1] > k.shape[2]:
        k = k.mT
    return -0.5 * torch.logdet((1 + RIDGE) * torch.eye(k.shape[1], device=k.device) - k @ k.mT)


def _held_out(u: Tensor, v: Tensor, parts: Folds) -> Tensor:
    """What a Gaussian critic that was fitted to training samples is worth on held-out ones, nats, shape (folds,).

    Not the information that Gaussians of these correlations would have: coordinates that are not Gaussian can share
    what they know, and that counts it twice.
    """
    fits = (gaussian_log_ratio(*each) for each in zip(u, v, parts.train, parts.held, strict=True))
    values = (held_out_value(fit.scores, held) for fit, held in zip(fits, parts.held, strict=True))
    return torch.tensor(list(values), device=u.device)
