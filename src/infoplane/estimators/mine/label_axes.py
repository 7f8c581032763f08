"""I(T;Y) of several epochs by cross-fitted critics."""

import math

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.mine.axis import Axis, by_epoch
from infoplane.estimators.mine.critics import Networks
from infoplane.estimators.mine.fitting import History, judged_steps
from infoplane.estimators.mine.label_critic import LabelCritic
from infoplane.estimators.mine.label_log_ratios import labels_by_fold
from infoplane.estimators.parts.counts import label_entropy, label_entropy_error
from infoplane.estimators.parts.folds import Folds, half_trained
from infoplane.estimators.parts.memberwise_adam import Optimisation
from infoplane.estimators.parts.streams import Streams
from infoplane.tolerance import label_tolerance

STILL_TO_COME = 2.0
"""What more samples would add to I(T;Y), in units of what the second half of them has added."""
LABEL_DIAGNOSTICS: tuple[str, ...] = ("critic_ty", "from_half_ty", "stderr_half_ty", "closed_form_ty", "learned_ty")


def label_axes(
    t: Tensor, y: Tensor, folds: Folds, networks: Networks, optimisation: Optimisation, seed: int
) -> list[Axis]:
    """I(T;Y) of several epochs.

    Args:
        t: shape (e, n, d). y: labels numbered from 0 without gaps, shape (n,).
        folds, networks, optimisation: those of `input_axes.channel_axes`.
        seed: all randomness, the same for each epoch.
    """
    if not bool(y.any()):
        return [_no_label(optimisation)] * len(t)
    fewer = half_trained(folds)
    starts = [labels_by_fold(t, y, parts) for parts in (folds, fewer)]
    # networks of several widths are no batch
    alike: dict[tuple[int, ...], list[int]] = {}
    for epoch in range(len(t)):
        alike.setdefault(tuple(start.widths[epoch] for start in starts), []).append(epoch)
    axes: dict[int, Axis] = {}
    for epochs in alike.values():
        streams = Streams([torch.Generator(t.device).manual_seed(seed)], len(epochs))
        of_all, of_fewer = (
            LabelCritic(t[epochs], y, start.part(epochs), parts, networks)
            for start, parts in zip(starts, (folds, fewer), strict=True)
        )
        axes |= zip(epochs, _label_axes_alike(of_all, of_fewer, optimisation, streams), strict=True)
    return [axes[epoch] for epoch in range(len(t))]


def _label_axes_alike(
    critic: LabelCritic, fewer: LabelCritic, optimisation: Optimisation, streams: Streams
) -> list[Axis]:
    """I(T;Y) by critics, and by one that is trained on half of the samples."""
    histories = critic.train(optimisation, streams)
    gains, alone, held = critic.evaluate()
    fewer.train(optimisation, streams)
    every, h_y = critic.y, label_entropy(critic.y)
    # H(Y) minus the cross-entropy: class frequencies that differ between all samples and those tested cancel
    value, critic_alone = (
        h_y + (each + critic.log_prior[every[critic.folds.test]]).unflatten(0, (streams.epochs, -1)).mean((1, 2)).cpu()
        for each in (gains, alone)
    )
    gains, held = (each.unflatten(0, (streams.epochs, -1)) for each in (gains, held))
    from_half = gains[:, 0] - fewer.evaluate().together
    count, chance = gains[0].numel(), math.sqrt(1 + gains[0].numel() / held[0].numel())
    fallen = (held.mean((1, 2)) - gains.mean((1, 2))).tolist()
    stderrs = (gains.flatten(1).std(1) / math.sqrt(count)).tolist()
    half, stderr_half = from_half.mean(1).tolist(), (from_half.std(1) / math.sqrt(from_half.shape[1])).tolist()
    beliefs = [
        by_epoch(each[:, 0, 0], streams.epochs) for each in (critic.believed_closed_form, critic.believed_learned)
    ]
    allowed, of_labels = label_tolerance(h_y), 2 * label_entropy_error(every)
    axes = []
    for epoch, (history, mi, by_critic) in enumerate(
        zip(histories, value.tolist(), critic_alone.tolist(), strict=True)
    ):
        believed = [float(each[epoch].mean()) for each in beliefs]
        numbers = by_critic, half[epoch], stderr_half[epoch], *believed
        by_neighbours = min(mi - by_critic, h_y - mi)
        doubts = max(by_neighbours, fallen[epoch] - 2 * stderrs[epoch] * chance, of_labels, 0.0)
        doubtful = bool(allowed.is_exceeded_by(doubts, mi)) or mi < -allowed.nats
        more = STILL_TO_COME * max(half[epoch] + stderr_half[epoch], 0.0)
        diagnostics = dict(zip(LABEL_DIAGNOSTICS, numbers, strict=True))
        axes.append(Axis(mi, stderrs[epoch], h_y, history, diagnostics, more=more, doubtful=doubtful))
    return axes


def _no_label(optimisation: Optimisation) -> Axis:
    """I(T;Y) where all samples have the same label."""
    curve = np.full(len(judged_steps(optimisation.steps)), np.nan)
    history = History(curve, curve, gap=0.0, kept=0.0, climbed=0.0)
    return Axis(0.0, 0.0, 0.0, history, dict.fromkeys(LABEL_DIAGNOSTICS, 0.0))
