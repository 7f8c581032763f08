"""I(X;T+N) by trained critics, held to what the known noise says of it without training.

With noise that MINE adds itself the density of T+N given T is known, and with it bounds and an estimate
(`parts.channel_information`). MINE's value stays what its critics found; how far it is from there decides whether it
can be believed, in place of the signs by which training must judge itself elsewhere.
"""

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts.channel import Channel
from infoplane.estimators.parts.channels import channels_information
from infoplane.flags import OVERFIT, UNCONVERGED, WIDE, join_flags, join_words
from infoplane.information import Information
from infoplane.tolerance import is_beyond_tolerance


def held_to_channel(
    info: Information, t: Tensor, y: Tensor, noise_std: float, population: float, seed: int
) -> Information:
    """The same values of I(X;T+N), with bars and flags by the channel.

    Bars reach over the value and where the channel says that the truth is. Where they are no longer than an error may
    be, there is no flag; elsewhere the words of training, or, if it has none, `unconverged` below the channel's range,
    `overfit` above it, and `wide bounds` within.

    Args:
        info: what the critics say at e epochs.
        t: activations, shape (e, n, d). y: labels, shape (n,).
        noise_std: of N, above 0.
        population: number of inputs over which X is uniform.
        seed: of the draws of N.

    Returns: also with the diagnostics of `parts.channel_information`, and `channel_xt`, its estimate; `place_xt` says
        where between the bounds the value lies, from 0 to 1, outside of them beyond that.
    """
    std = torch.full((1, 1), noise_std, dtype=torch.float64, device=t.device)
    channel = channels_information((Channel(each.double(), std) for each in t), y, population, seed)
    value = np.asarray(info.mi_xt)
    bar = [np.asarray(end) for end in (channel.mi_xt_low, channel.mi_xt_high)]
    low, high = np.minimum(bar[0], value), np.maximum(bar[1], value)
    is_far = is_beyond_tolerance(high - low, value)
    kinds = {UNCONVERGED: value < bar[0], OVERFIT: value > bar[1], WIDE: (value >= bar[0]) & (value <= bar[1])}
    reasons = zip(info.flag_xt, join_flags(kinds), is_far, strict=True)
    lower, upper = (channel.diagnostics[f"{end}_bound_xt"] for end in ("lower", "upper"))
    # where all inputs are there, the bounds are one
    width = np.where(upper > lower, upper - lower, np.nan)
    diagnostics = {
        f"channel_{name}" if name == "stderr_xt" else name: column
        for name, column in channel.diagnostics.items()
        if not name.endswith("_ty")
    }
    diagnostics |= {"channel_xt": np.asarray(channel.mi_xt), "place_xt": (value - lower) / width}
    return info.changed(
        mi_xt_low=low,
        mi_xt_high=high,
        flag_xt=[join_words(raised or kind) if far else "" for raised, kind, far in reasons],
        diagnostics={**info.diagnostics, **diagnostics},
    )
