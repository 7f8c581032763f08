"""At which scale each layer tells its inputs apart: I(X;T+N) at noises N of several sizes.

The noise that makes a layer's information finite is a choice, and a plane shows one. Here is what others would show.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from infoplane.estimators import kde
from infoplane.planes.reading import spread_epochs
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal
from infoplane.storage.activations import Activations

COLUMNS = (
    "split", "repetition", "epoch", "layer", "n", "noise_std", "mi_xt", "mi_xt_low", "mi_xt_high", "lower_bound",
    "upper_bound", "flag_xt",
)  # fmt: skip


def resolution(
    activations: Activations,
    *,
    noise_std: Sequence[float],
    epochs: int,
    seed: int,
    device: torch.device,
    journal: Journal | NoJournal = NO_JOURNAL,
) -> pd.DataFrame:
    """A row for each split, repetition, epoch, layer and noise, in nats.

    X is uniform over a population without end, of which the recorded samples are n. `lower_bound` is at once the
    information where X is uniform over these n alone, which cannot exceed ln n. Where a layer diverged there is no row.

    Args:
        noise_std: standard deviations of N, in units of activation.
        epochs: how many of those recorded: the last, the first, and some between.
        seed: of the draws of N.
        journal: to go on from where an interrupted run ended.
    """
    places = [
        (split, repetition, layer, epoch)
        for split, repetition, layer in product(activations.splits, range(activations.repetitions), activations.layers)
        for epoch in spread_epochs(np.array(activations.epochs), epochs)
        if not activations.diverged(split, layer, repetition)[activations.epochs.index(epoch)]
    ]
    labels = {split: torch.from_numpy(activations.samples(split)[1]).to(device) for split in activations.splits}
    rows = []
    for split, repetition, layer, epoch in tqdm(places, desc="resolution of layers", mininterval=0.5):
        index, y = activations.epochs.index(epoch), labels[split]

        def of_noises(split=split, repetition=repetition, layer=layer, index=index, y=y) -> list[dict]:
            t = activations.layer(split, layer, slice(index, index + 1), repetition).t
            on_device = torch.from_numpy(t).to(device)
            return [_at(on_device, y, std, seed) for std in noise_std]

        found = journal.recall((split, repetition, layer, epoch), of_noises)
        place = {"split": split, "repetition": repetition, "epoch": epoch, "layer": layer, "n": len(y)}
        rows += [place | {"noise_std": std} | each for std, each in zip(noise_std, found, strict=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _at(t: torch.Tensor, y: torch.Tensor, std: float, seed: int) -> dict[str, float | str]:
    """The columns that an estimate gives, of t of shape (1, n, d)."""
    info = kde.estimate(t[0], t, y, seed=seed, noise_var=std**2, inputs="population")
    values = {name: float(getattr(info, name)[0]) for name in ("mi_xt", "mi_xt_low", "mi_xt_high")}
    bounds = {f"{end}_bound": float(info.diagnostics[f"{end}_bound_xt"][0]) for end in ("lower", "upper")}
    return values | bounds | {"flag_xt": info.flag_xt[0]}
