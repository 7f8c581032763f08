"""A known channel at several epochs: the estimates of each (`channel_information`) as an estimator returns them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from infoplane.estimators.parts.channel import draw
from infoplane.estimators.parts.channel_information import AxisInformation, channel_information, enough_draws
from infoplane.estimators.parts.channel_rows import StreamedChannel
from infoplane.estimators.parts.counts import label_entropy
from infoplane.flags import SATURATED, WIDE, join_flags
from infoplane.information import Information, sample_ceiling
from infoplane.objectives.channel import Channel

DIAGNOSTICS = {"lower_bound": "lower", "upper_bound": "upper", "stderr": "stderr"}
"""Names of diagnostics, less the axis, and what they are in `AxisInformation`."""


def channels_information(
    channels: Iterable[Channel | StreamedChannel], y: Tensor, population: float, seed: int, draws: int = 1
) -> Information:
    """The estimates of e epochs, with flags and, as diagnostics, the bounds.

    Args:
        channels: one an epoch, of n inputs each.
        y: their classes, shape (n,).
        population: as `channel_information` has it.
        seed: of the noise, the same at each epoch.
        draws: of the noise for each input.
    """
    rows, generator, draws = [], torch.Generator(y.device).manual_seed(seed), enough_draws(len(y), draws)
    drawn, after = None, generator.get_state()
    for channel in channels:
        if drawn is None:
            drawn = draw(y, channel, generator, draws)
            after = generator.get_state()
        generator.set_state(after)
        rows.append(channel_information(channel, drawn, population, generator))
    is_saturated = np.array([row.is_saturated for row in rows])
    fields: dict[str, Any] = {
        "ceiling_xt": sample_ceiling(len(y), len(rows)),
        "ceiling_ty": np.full(len(rows), label_entropy(y)),
    }
    diagnostics: dict[str, np.ndarray] = {}
    for name in ("xt", "ty"):
        axis = [getattr(row, name) for row in rows]
        columns = {key: np.array([getattr(each, key) for each in axis]) for key in AxisInformation._fields}
        fields |= {f"mi_{name}": columns["value"]}
        fields |= {f"mi_{name}_{end}": columns[end] for end in ("low", "high")}
        is_wide = columns["is_wide"]
        fields[f"flag_{name}"] = join_flags({SATURATED: is_wide & is_saturated, WIDE: is_wide & ~is_saturated})
        diagnostics |= {f"{key}_{name}": columns[column] for key, column in DIAGNOSTICS.items()}
    diagnostics |= {name: np.array([getattr(row, name) for row in rows]) for name in ("left_out", "gaussian_bound")}
    return Information(**fields, diagnostics=diagnostics)
