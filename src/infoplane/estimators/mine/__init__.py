"""MINE: mutual information by a critic that is trained to tell pairs that belong together from pairs that do not.

For any function f of a pair, Donsker & Varadhan's bound

    I(X;T) >= E_joint[f(x, t)] - ln E_product[e^f(x, t)]

is tight at f = ln p(x, t) / (p(x) p(t)). Maximised and evaluated on the same samples it can be anything, so here every
sample is judged by critics that have not seen it (`fitting`), with all pairs of its fold for the product
(`objectives.bounds`). A critic is a closed-form log-ratio (`log_ratios`, `parts.closed_forms`), in coordinates that
`starts` finds, plus networks that start at zero (`critics`): first one that is the same for every pair of coordinates
that belong together (`pairing`), then one of all coordinates. Held-out samples decide how far each is believed.

For the label, the critic has one output a class, f(t, c) = ln q(c|t) / p(c), and the product's mean is exact: for
every t, sum_c p(c) e^f(t, c) = 1. What is left is H(Y) minus the cross-entropy of q, which cannot exceed H(Y). There q
allows for labels that are wrong at times (`label_channel`) and is mixed with what neighbours say (`mixed_readers`).

T = f(X) of a deterministic network has infinite I(X;T). With `noise_std`, I(X;T+N) is measured instead, N ~
N(0, noise_std^2): as T is a function of X, this is I(T;T+N), and the critic starts at the noise's known density.

No lower bound from n samples can be trusted far above ln n: values stop at ln of the fold's size, and are flagged. With
`noise_std` bars and flags come from the noise, which is known (`known_channel`).

References: Belghazi et al. (2018), Mutual information neural estimation, ICML, arXiv:1801.04062. Donsker & Varadhan
(1983), Asymptotic evaluation of certain Markov process expectations for large time IV, Communications on Pure and
Applied Mathematics 36. Poole et al. (2019), On variational bounds of mutual information, ICML, arXiv:1905.06922. Elad
et al. (2019), Direct validation of the information bottleneck principle for deep nets, ICCV Workshops, for I(T;T+N).
McAllester & Stratos (2020), Formal limitations on the measurement of mutual information, AISTATS, arXiv:1811.04251;
theorem 1.1, for ln n.
"""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Tensor

from infoplane.estimators.mine.critics import Networks
from infoplane.estimators.mine.input_axes import Aims, channel_axes, sample_axes
from infoplane.estimators.mine.judging import judged
from infoplane.estimators.mine.known_channel import held_to_channel
from infoplane.estimators.mine.label_axes import label_axes
from infoplane.estimators.mine.side import Side
from infoplane.estimators.parts.by_epoch import epochs_together
from infoplane.estimators.parts.draws import averaged, seeds_of
from infoplane.estimators.parts.folds import least_samples, split
from infoplane.estimators.parts.inputs import check_activations
from infoplane.estimators.parts.memberwise_adam import Optimisation
from infoplane.estimators.parts.second_reader import read_inputs, read_labels
from infoplane.estimators.parts.streamed import Rows, Streamed, drawn
from infoplane.information import Comparable, Information, Noise
from infoplane.objectives.perceptrons import NONE, Disturbance
from infoplane.population import Inputs, population_size

MEASURES_XT = "I(X;T+N), N of std {noise_std:g}; X: {inputs}"
COMPARES_X = "noise_std"  # unless it is set
MEASURES_TY = "I(T;Y)"
STREAMS = True

SMALLEST_FOLD, LEAST_HELD = 10, 2
"""Samples of a fold, and of those that say when its training stops, whose pairs need two."""
MOST_STREAMED = 1 << 14
"""Samples that are drawn of a layer too large to be held: all pairs of a fold are compared, which takes time and memory
with their square, while bars shrink with the root."""


def comparable(noise: Noise | None) -> Comparable | None:
    """Noise that it can add itself, for I(X;T); I(T;Y) is that of T without it."""
    if noise is None:
        return Comparable({"noise_std": 0.0})
    std = noise.isotropic_std
    return None if std is None else Comparable({"noise_std": std}, {"xt": "truth_xt"})


def estimate(
    x: Tensor | Rows,
    t: Tensor | Streamed,
    y: Tensor,
    *,
    noise: Noise | None = None,
    seed: int = 0,
    noise_std: NonNegativeFloat = 0.0,
    bound: Literal["dv", "nwj", "infonce", "smile"] = "dv",
    objective: Literal["dv", "dv_biased", "nwj", "infonce", "js"] = "infonce",
    critic: Literal["separable", "concat"] = "separable",
    width: PositiveInt = 64,
    layers: PositiveInt = 2,
    rank: PositiveInt = 32,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
    hidden_noise: NonNegativeFloat = 0.0,
    ensemble: PositiveInt = 1,
    folds: Annotated[int, Field(ge=2)] = 5,
    steps: PositiveInt = 600,
    batch: Annotated[int, Field(ge=2)] = 256,
    learning_rate: PositiveFloat = 0.01,
    weight_decay: NonNegativeFloat = 0.3,
    clip: PositiveFloat = 1.0,
    tau: PositiveFloat = 5.0,
    draws: PositiveInt = 1,
    split_size: int | None = None,
    inputs: Inputs = "split",
) -> Information:
    """Held-out, cross-fitted neural estimate of I(X;T) and I(T;Y).

    Args:
        x: inputs, shape (n, d_x); not used with `noise_std`.
        t: one layer's activations at e epochs, shape (e, n, d_t). Of one that is read in blocks 16 384 samples are
            drawn at random, the same at each epoch, and the estimate is of these.
        y: class labels, shape (n,), int64.
        noise: not used: what is measured is I(X;T) of t as given, or of t plus the noise below.
        seed: of folds, noise, networks and minibatches; each epoch starts from it anew.
        noise_std: if not 0, measure I(X;T+N) with N ~ N(0, noise_std^2) in place of I(X;T).
        bound: what is reported for I(X;T), all evaluated on held-out pairs. `dv` is the larger of Donsker-Varadhan
            and InfoNCE, as both are lower bounds, and InfoNCE where the other rests on few pairs, or lies in samples
            whose own log-ratio is above ln of the fold's size. `smile` is not a bound: it trades variance for bias.
        objective: what trains the critic. `dv` has the corrected gradient, `dv_biased` has not. The default learns
            most from few samples.
        critic: `separable` networks of x and of t, or one network of both, `concat`: slow, and better at sharp
            dependence in one or two dimensions.
        width, layers, rank: of the networks; `rank` is that of separable ones.
        dropout, hidden_noise: of the network of all coordinates in training: share of hidden units left out, and the
            standard deviation of noise added to them.
        ensemble: networks a fold, whose outputs are averaged.
        folds: parts of the cross-fit.
        steps, batch, learning_rate, weight_decay, clip: of training; it stops early where nothing is left to learn.
        tau: `smile` clips ln of the density ratio to [-tau, tau].
        draws: with `noise_std`, of N and of folds; critics are trained on each, and value, bar and diagnostics of
            I(X;T+N) are means (`parts.draws`).
        split_size: of the split of which the samples are a part; filled in by the pipeline.
        inputs: with `noise_std`, over what X is uniform: `split`, `all` that are given, a number of inputs, or a
            `population` without end.

    Returns: Information in nats, arrays of shape (e,); not clipped at 0. Error bars are two standard errors each way.
        For I(X;T) without known noise they reach .02 nats or 2 % further up, as much as critics mostly miss, and where
        sides can be untwisted as much again as the numbers of the twists cost; those of I(X;T+N) reach to where the
        noise says that the truth is. Diagnostics: `step`, `train_xt`, `heldout_xt`, `train_ty`, `heldout_ty` of shape
        (e, judged steps), NaN after training stopped; `stderr_xt`, `stderr_ty`; `critic_ty`, without the neighbours;
        `from_half_ty`, what all training samples give more than half of them, and its `stderr_half_ty`;
        `closed_form_xt`, `_ty`, `learned_xt`, `_ty`, how far each part is believed, from 0 to 1; `gap_xt`, `gap_ty`,
        training minus held-out value of the critics kept; `second_reader_xt`, `_ty`, what neighbours and others see
        (`parts.second_reader`; I(X;T) without known noise only); the four bounds on I(X;T); `beyond`, how much of dv is
        above ln of the fold's size; and `effective_pairs`, on how many pairs of a fold the mean of e^f rests.

    Raises:
        ValueError: activations that are not finite (naming the epoch), fewer than 10 samples a fold, or several draws
            without `noise_std`.
    """
    del noise
    given, rows = len(y), slice(None)
    if isinstance(t, Streamed):
        rows = drawn(given, MOST_STREAMED, seed)
        t, y = t[:, rows], y[rows.to(y.device)]
    of_x = None if noise_std else x[rows]
    check_activations(t)
    n = len(y)
    least = least_samples(folds, test=SMALLEST_FOLD, held=LEAST_HELD)
    if n < least:
        raise ValueError(f"{n} samples are too few for {folds} folds: at least {least} are needed")
    if draws > 1 and not noise_std:
        raise ValueError(f"draws = {draws}: without noise_std there is no noise to draw")
    disturbance = Disturbance(dropout, hidden_noise)
    networks = Networks(critic, [width] * layers, rank, disturbance, weight_decay, ensemble)
    optimisation, aims = Optimisation(steps, batch, learning_rate, clip), Aims(bound, objective, tau)
    labels = torch.unique(y, return_inverse=True)[1]
    seeds = seeds_of(seed, draws)
    generators = [torch.Generator(t.device).manual_seed(each) for each in seeds]
    folded = [split(n, folds, generator) for generator in generators]
    after_split = [generator.get_state() for generator in generators]
    xt, ty = [[] for _ in seeds], []
    # the disturbances of epochs that are not in step would not be those of each alone
    together = 1 if disturbance != NONE else epochs_together(n * folds * t.shape[2], t.device)
    side = None if of_x is None else Side(of_x.float(), folded[0])
    for block in t.float().split(together):
        for of_draw, own, generator, state in zip(xt, folded, generators, after_split, strict=True):
            generator.set_state(state)
            if side is not None:
                of_draw += sample_axes(side, block, own, aims, networks, optimisation, generator)
            else:
                added = noise_std * torch.randn(block.shape[1:], generator=generator, device=t.device)
                of_draw += channel_axes(block, block + added, noise_std, own, aims, networks, optimisation, generator)
        ty += label_axes(block, labels, folded[0], networks, optimisation, seed)
    compared = math.sqrt(2 * folded[0].test.shape[1] / folded[0].held.shape[1])
    readings = {"ty": read_labels(t, labels, seed, by_classes=False)}
    if of_x is not None:
        readings["xt"] = read_inputs(of_x, t, seed)
    infos = [judged(of_draw, ty, steps, compared, n, readings) for of_draw in xt]
    if not noise_std:
        return infos[0]
    channel = t.float(), labels, noise_std, population_size(inputs, split_size, given)
    return averaged([held_to_channel(info, *channel, own) for info, own in zip(infos, seeds, strict=True)])
