"""Coordinates that are untwisted: twists of both sides that let a Gaussian critic know most.

Problem: where samples lie along spirals, canonical variates see little of what x and t know of each other, and a critic
that starts from them has nearly all to learn. Twists (`twists`) can be undone, so that mutual information stays as it
is. Those of x and of t are trained together until both sides know as much of each other as if they were Gaussian,
-1/2 ln det(1 - K K'), K the correlations of the whitened sides: all samples of a minibatch have a say in that, where
contrasts of pairs learn from few. In many dimensions that still finds chance first; so where moments show a plane
(`turned_planes`), its angle by the radii alone, some three numbers, is trained before all others.

References: Andrew, Arora, Bilmes & Livescu (2013), Deep canonical correlation analysis, ICML, for training coordinates
by their canonical correlations, there without the inverse. Butakov et al. (2024), Mutual information estimation via
normalizing flows, NeurIPS, arXiv:2403.02187, for maps that can be undone before a Gaussian's closed form.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from infoplane.estimators.parts.closed_forms.gaussian import gaussian_log_ratio
from infoplane.estimators.parts.closed_forms.turned_planes import turned_plane
from infoplane.estimators.parts.closed_forms.twists import Twists, random_twists
from infoplane.estimators.parts.closed_forms.worth import held_out_value
from infoplane.estimators.parts.folds import Folds
from infoplane.estimators.parts.memberwise_adam import MemberwiseAdamW, Optimisation, minibatch
from infoplane.estimators.parts.ranks import normal_scores

OPTIMISATION = Optimisation(steps=300, batch=500, learning_rate=0.02, clip=1.0)
JUDGED_EVERY, PATIENCE = 25, 3
"""Steps between two looks at held-out samples, and looks without progress after which training stops."""
PROGRESS = 5e-3
"""Nats that count as progress."""
WORTH, CHANCE = 0.03, 0.3
"""Nats that the folds' mean must gain, and what chance can give, so many times one over the root of the number of
held-out samples."""
TRIAL, TRIAL_SHARE = 100, 0.5
"""Steps after which training goes on only if so much of that is gained."""
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
    folds = len(parts.train)
    twists = Twists(*(random_twists(folds, side.shape[1], generator) for side in sides))
    if not twists.weights:
        return None
    worth = WORTH + CHANCE / math.sqrt(parts.held.shape[1])
    start = top = _held_out(*twists.all_turned(*sides), parts)
    if _turn_towards(twists, sides, parts):
        top = _trained(twists, sides, parts, generator, top, worth, only=twists.angles_of_radii().weights)
    top = _trained(twists, sides, parts, generator, top, worth)
    return twists.all_turned(*sides) if float((top - start).mean()) > worth else None


def _turn_towards(twists: Twists, sides: Sequence[Tensor], parts: Folds) -> bool:
    """Begin with the planes in which sides look turned, in place; whether one does by more than chance in any fold."""
    is_turned = False
    for weights, side, other in zip((twists.x, twists.t), sides, reversed(sides), strict=True):
        for fold, train in enumerate(parts.train if weights else ()):
            plane, more_than_chance = turned_plane(side[train], other[train])
            weights[0][fold] = plane if more_than_chance else weights[0][fold]
            is_turned |= more_than_chance
    return is_turned


def _trained(
    twists: Twists,
    sides: Sequence[Tensor],
    parts: Folds,
    generator: torch.Generator,
    start: Tensor,
    worth: float,
    only: Sequence[Tensor] = (),
) -> Tensor:
    """Train twists in place; the best held-out values, shape (folds,), of which `start` are the first.

    Args:
        only: 1 for the weights that are trained, 0 for those that are not; empty: all are.
    """
    weights = twists.weights
    adam = MemberwiseAdamW(weights, OPTIMISATION, weight_decay=0.0)

    def loss() -> Tensor:
        rows = minibatch(parts.train, OPTIMISATION.batch, generator)
        free = [m * w + (1 - m) * w.detach() for m, w in zip(only, weights, strict=True)] if only else weights
        u, v = twists.of(free).turned(*(side[rows] for side in sides))
        return -_information(_whitened(u, u), _whitened(v, v)).sum()

    average, best = ([w.clone() for w in weights] for _ in range(2))
    top, waited = start, torch.zeros_like(start)
    for step in range(1, OPTIMISATION.steps + 1):
        adam.step(loss, step)
        for a, w in zip(average, weights, strict=True):
            a.lerp_(w, 1 - min(AVERAGING, step / (step + 9)))
        if step % JUDGED_EVERY == 0:
            value = _held_out(*twists.of(average).all_turned(*sides), parts)
            better = value > top + PROGRESS
            top, waited = torch.where(better, value, top), torch.where(better, 0, waited + 1)
            for b, a in zip(best, average, strict=True):
                b[better] = a[better]
            gained = float((top - start).mean())
            if bool((waited >= PATIENCE).all()) or (step >= TRIAL and gained < TRIAL_SHARE * worth):
                break
    for w, b in zip(weights, best, strict=True):
        w.copy_(b)
    return top


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
