"""Several draws of the noise that an estimator adds, as one estimate.

A mean over draws has less of the chance of the noise, and as much of that of the samples, which are the same in all of
them. A bar tells both; its ends are means, too, so that it stays as long as that of a draw and never is too short for
the mean.
"""

from collections.abc import Sequence

import numpy as np

from infoplane.flags import join_words, words_of
from infoplane.information import VALUES, Information

SHARE = 0.5
"""Of the draws that raise a word of a flag, from which on the mean has it."""


def seeds_of(seed: int, draws: int) -> list[int]:
    """A seed for each draw; the first has the given one, so that it is the only draw of an estimate without others."""
    return [seed, *(int(np.random.SeedSequence([seed, draw]).generate_state(1)[0]) for draw in range(1, draws))]


def averaged(infos: Sequence[Information]) -> Information:
    """The mean of estimates of the same samples, with the flags of half of them or more."""
    if len(infos) == 1:
        return infos[0]
    values = {
        name: None if getattr(infos[0], name) is None else np.mean([getattr(info, name) for info in infos], axis=0)
        for name in VALUES
    }
    diagnostics = {name: _mean([info.diagnostics[name] for info in infos]) for name in infos[0].diagnostics}
    flag_xt, flag_ty = (_shared([getattr(info, name) for info in infos]) for name in ("flag_xt", "flag_ty"))
    return Information(**values, flag=(), flag_xt=flag_xt, flag_ty=flag_ty, diagnostics=diagnostics)


def _mean(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Where some are NaN, of the others."""
    stacked = np.stack([np.asarray(column, dtype=float) for column in columns])
    counts = np.sum(~np.isnan(stacked), axis=0)
    return np.where(counts > 0, np.nansum(stacked, axis=0) / np.maximum(counts, 1), np.nan)


def _shared(flags: Sequence[Sequence[str]]) -> list[str]:
    """Of each epoch, the words of enough draws, in order of appearance."""
    joint = []
    for of_epoch in zip(*flags, strict=True):
        words = [word for flag in of_epoch for word in words_of(flag)]
        joint.append(join_words(*(word for word in words if words.count(word) >= SHARE * len(flags))))
    return joint
