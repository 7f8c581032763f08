"""I(X;Z) and I(Z;Y) of a channel whose noise is known, from n of its inputs: an estimate between bounds.

X is uniform over M inputs, of which the n samples are a part, drawn at random; M = n: they are all that there are.
With p_n the mixture of the samples' components, drawn outputs z_i, and p(z|y) the mixture of those of one class,

    I(X;Z) = F(M),          F(n) = mean_i ln p(z_i|x_i) / p_n(z_i)
    I(Z;Y) = F(M) - G(M),   G(n) = mean_i ln p(z_i|x_i) / p_n(z_i|y_i)

so that with M = n nothing is left to estimate but a mean over draws of the noise. F and G grow with n, and `nested`
follows both to M. Bounds, all but for the error of a mean:

    F(n) <= I(X;Z) <= the least of: F(n) + log2(M/n) (F(n) - F(n/2)), ln M, the mean with the sample's own component
        left out of p_n, and h of a Gaussian with Z's covariance less h(Z|X)
    H(Y) - cross-entropy of p_n(y|z) that leaves the sample's own component out <= I(Z;Y) <= F(n) - G(n)

The last is a bound since F - G is the Jensen-Shannon divergence of the classes' mixtures, which is convex: its mean
over samples is above that of the whole.

Means over draws have the part that a Gaussian explains taken out, whose mean is known (control variates).

References: Poole et al. (2019), On variational bounds of mutual information, ICML, arXiv:1905.06922; eqs. 10 and 13,
for the own component kept and left out. Kolchinsky & Tracey (2017), Estimating mixture entropy with pairwise distances,
Entropy 19, arXiv:1706.02419.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from infoplane.estimators.parts.channel import Drawn, Overlap, overlap
from infoplane.estimators.parts.channel_rows import StreamedChannel
from infoplane.estimators.parts.counts import entropy_of_counts
from infoplane.estimators.parts.gaussian_channel import gaussian_information, means
from infoplane.estimators.parts.nested import Extrapolated, extrapolate
from infoplane.estimators.parts.overlap_gains import curves, kept, left_out_gain
from infoplane.objectives.channel import Channel
from infoplane.tolerance import is_beyond_tolerance

STANDARD_ERRORS = 2.58
"""Of a mean over draws, in a bar: it is outside in 1 of 100 cases, if its errors are normal."""
DOUBT_XT, DOUBT_TY, MOST_DOUBT = 0.04, 0.09, 0.5
"""How far off what extrapolation adds may be: a share of it for each doubling, and at most."""
COMMON_DOUBT = 0.01
"""Of I(Z;Y), a difference of two that are extrapolated alike: a share of what is added to both, for each doubling."""
ALONE, MOST_DOUBLINGS = 0.05, 20.0
"""Where all others together weigh less than this beside a sample's own component, more inputs may leave it alone; for
so many doublings at most."""
UNSEEN = 1.0
"""Samples that a part of the inputs which nobody has seen would have had on average."""
LEAST_DRAWN, MOST_DRAWS = 2000, 100
"""Outputs, at least, so that rare confusions of few inputs are drawn, and draws of an input at most."""
SATURATED_STEP = 0.98
"""Share of ln 2 above which a doubling adds all that it can, so that nothing shows where that ends."""
LEAST = 3
"""Samples: one, and two others for the mixture without it."""


class AxisInformation(NamedTuple):
    """One axis at one epoch, in nats.

    Attributes:
        value: the estimate.
        low, high: where the truth is believed to be, within the bounds.
        lower, upper: the bounds, certain but for the error of a mean over draws.
        stderr: of that mean.
        is_wide: whether low to high is longer than the error of a value may be.
    """

    value: float
    low: float
    high: float
    lower: float
    upper: float
    stderr: float
    is_wide: bool


class ChannelInformation(NamedTuple):
    """Both axes at one epoch.

    Attributes:
        xt, ty: I(X;Z) and I(Z;Y).
        is_saturated: nearly every output tells its input, so that only the number of samples is seen.
        left_out, gaussian_bound: two of the upper bounds on I(X;Z), in nats; infinite where there is none.
    """

    xt: AxisInformation
    ty: AxisInformation
    is_saturated: bool
    left_out: float
    gaussian_bound: float


def enough_draws(n: int, draws: int = 1) -> int:
    """How many draws of the noise n inputs take, at least so many.

    Raises:
        ValueError: fewer than 3 samples.
    """
    if n < LEAST:
        raise ValueError(f"{n} samples are too few for a channel; at least {LEAST} are needed")
    return max(draws, min(MOST_DRAWS, -(-LEAST_DRAWN // n)))


def channel_information(
    channel: Channel | StreamedChannel, drawn: Drawn, population: float, generator: torch.Generator
) -> ChannelInformation:
    """Estimate both axes of one layer at one epoch.

    Args:
        channel: of n inputs.
        drawn: for them, `enough_draws` of the noise.
        population: M, n or more; may be infinite.
        generator: of the order in which a part of the inputs becomes all of them.
    """
    n, overlaps = len(drawn.labels), overlap(channel, drawn)
    doublings = math.log2(population / n)
    log_ratios = torch.stack([kept(each) for each in overlaps])
    (mean_xt, mean_ty), stderrs = means(log_ratios, channel, overlaps, n / population)
    # where all inputs are there, nothing is followed
    (curve_xt, curve_ty), step_errors = (
        curves(overlaps, generator) if doublings else ([[mean_xt], [mean_ty]], [0.0, 0.0])
    )
    # all sizes share the draws, so that what the control variates mend of the largest, they mend of all
    curve_xt = [value - curve_xt[0] + mean_xt for value in curve_xt]
    curve_ty = [value - curve_ty[0] + mean_ty for value in curve_ty]
    every = extrapolate(curve_xt, doublings)
    within = extrapolate([of_all - of_class for of_all, of_class in zip(curve_xt, curve_ty, strict=True)], doublings)
    is_saturated = len(curve_xt) > 1 and curve_xt[0] - curve_xt[1] > SATURATED_STEP * math.log(2)
    left_out = torch.stack([math.log(n - 1) - of.by_class.logsumexp(1) for of in overlaps]).mean(0)
    gaussian_bound, of_gaussian = gaussian_information(channel, is_sample=population > n)
    errors = [_Errors(*each) for each in zip(stderrs, step_errors, strict=True)]
    alone = torch.stack([of.of_all.sum(1) < ALONE for of in overlaps]).double().mean()
    steady = _with_steady_tail(curve_xt, float(alone), doublings)
    xt = _input_axis(every, steady, left_out, (gaussian_bound, of_gaussian), population, errors[0])
    ty = _label_axis(every, within, overlaps, doublings, errors[1])
    return ChannelInformation(xt, ty, is_saturated, float(left_out.mean()), gaussian_bound)


class _Errors(NamedTuple):
    """Standard errors of one axis: of its value at n, and of the step from n/2 to n."""

    stderr: float
    step: float

    def after(self, gain: float) -> float:
        """Half a bar, where extrapolation adds so many times the step."""
        # a step without error is one where every output tells its input
        return STANDARD_ERRORS * (self.stderr + (gain * self.step if self.step else 0.0))


def _with_steady_tail(curve: Sequence[float], alone: float, doublings: float) -> float:
    """What a population may hold if the samples that are alone stay so, while the rest is followed; nats."""
    each = alone * math.log(2)
    rest = [value + each * level for level, value in enumerate(curve)]
    followed = extrapolate(rest, doublings)
    return followed.seen + followed.added + each * min(doublings, MOST_DOUBLINGS)


def _unseen(n: int, doublings: float) -> float:
    """The entropy of whether an input is of a part that no sample has shown; 0 where all inputs are there."""
    share = min(UNSEEN / n, 0.5)
    return -share * math.log(share) - (1 - share) * math.log(1 - share) if doublings else 0.0


def _input_axis(
    every: Extrapolated,
    steady: float,
    left_out: Tensor,
    of_gaussian: tuple[float, float],
    population: float,
    errors: _Errors,
) -> AxisInformation:
    n = len(left_out)
    doublings = math.log2(population / n)
    upper = every.seen
    if doublings:
        others = float(left_out.mean() + STANDARD_ERRORS * left_out.std() / math.sqrt(n))
        upper = max(upper, min(every.seen + every.most, math.log(population), others, of_gaussian[0]))
    value = min(every.seen + every.added, upper)
    doubt = errors.after(every.gain) + min(MOST_DOUBT, DOUBT_XT * doublings) * every.added
    doubt = math.inf if every.is_blind else doubt
    above = max(doubt, steady - value)
    # the bound by a Gaussian has an error of its own
    unseen = _unseen(n, doublings) + STANDARD_ERRORS * of_gaussian[1]
    return _axis(value, (doubt, above), (every.seen, upper), errors.stderr, unseen, math.log(population))


def _label_axis(
    every: Extrapolated,
    within: Extrapolated,
    overlaps: Sequence[Overlap],
    doublings: float,
    errors: _Errors,
) -> AxisInformation:
    sizes = overlaps[0].sizes.sum(0)
    n = int(sizes.sum())
    # entropies of counts are too small on average (Miller 1955)
    missing = (len(sizes) - 1) / (2 * n) if doublings else 0.0
    h_y = float(entropy_of_counts(sizes)) + missing
    upper = min(h_y, every.seen - within.seen + missing)
    lower = upper
    if doublings:
        gain = torch.stack([left_out_gain(of) for of in overlaps]).mean(0)
        lower = min(upper, h_y + float(gain.mean() - STANDARD_ERRORS * gain.std() / math.sqrt(len(gain))))
    value = every.seen + every.added - within.seen - within.added
    # the difference of two guesses that are both out of sight
    value = upper if math.isnan(value) else min(max(value, lower, 0.0), max(upper, 0.0))
    doubt = errors.after(within.gain) + min(MOST_DOUBT, DOUBT_TY * doublings) * abs(upper - value)
    doubt += min(MOST_DOUBT, COMMON_DOUBT * doublings) * every.added if every.added else 0.0
    doubt = math.inf if every.is_blind else doubt
    unseen = _unseen(n, doublings)
    return _axis(value, (doubt, doubt + missing), (lower, upper), errors.stderr, unseen, h_y + unseen)


def _axis(
    value: float, doubt: tuple[float, float], bounds: tuple[float, float], stderr: float, unseen: float, most: float
) -> AxisInformation:
    """What is believed: the estimate less and plus the doubt, but not beyond the bounds and their own error.

    Args:
        doubt: below and above. bounds: lower and upper.
        unseen: what inputs may add of which no sample is one.
        most: what no information exceeds.
    """
    (below, above), (lower, upper) = doubt, bounds
    error = STANDARD_ERRORS * stderr
    low = min(value, max(value - below, lower - error, 0.0))
    high = max(value, min(value + above + unseen, upper + error + unseen, most))
    return AxisInformation(value, low, high, lower, upper, stderr, bool(is_beyond_tolerance(high - low, value)))
