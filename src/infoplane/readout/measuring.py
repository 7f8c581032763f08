"""What an embedding knows: accuracy, loss and information of a frozen layer and of classifiers on it, as a table.

E is one layer's activations at the last recorded epoch. Classifiers learn from E of the training split (`classifiers`),
and everything is measured on each recorded split:

- I(E;E+N) = I(X;E+N), N Gaussian: by `kde`, since the density of E+N is known and nothing need be trained.
- I(E;Y) and I(P;Y): by `classifier`, H(Y) less the cross-entropy on samples held out within the split. It never exceeds
  H(Y), which a critic that is judged on what it learned from does, and it works where E is wide. P enters as ln P,
  which holds the same information, so that probabilities near 1 are not rounded to 1.

I(P;Y) of the training split is that of predictions by a classifier that has seen its labels: with an overfitted one it
says how much was learned by heart.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy.stats import binomtest
from torch import Tensor
from torch.nn.functional import normalize
from tqdm import tqdm

from infoplane.errors import UserError
from infoplane.estimators import classifier, kde
from infoplane.information import Information
from infoplane.population import Inputs
from infoplane.readout.choice import LEARNED_FROM, chosen_layer, require_splits
from infoplane.readout.classifiers import Classifier, trained
from infoplane.readout.table import ACCURACY, LOSS, MI_EE, MI_EY, MI_PY, VALUES, table
from infoplane.running.journal import NO_JOURNAL, Journal, NoJournal
from infoplane.storage.activations import Activations

STANDARD_ERRORS = 2.0
"""Half the length of the bar of a loss."""
CONFIDENCE = 0.95
"""Of the bar of an accuracy (Wilson 1927)."""

Measured = dict[str, float | str | None]
"""A row's value, low, high, ceiling and flag."""


class Embedding(NamedTuple):
    """E of shape (n, d), float32, and labels of shape (n,), on the device."""

    e: Tensor
    y: Tensor


def readout(
    activations: Activations,
    *,
    layer: str,
    normalise: bool,
    noise_std: float,
    inputs: Inputs,
    lengths: Sequence[int],
    batch_size: int,
    lr: float,
    last_lr: float | None,
    seed: int,
    device: torch.device,
    journal: Journal | NoJournal = NO_JOURNAL,
) -> pd.DataFrame:
    """The table of `infoplane.readout.table`, of each repetition and split. Where the layer diverged there is no row.

    Args:
        layer: a recorded layer, or `last_hidden`.
        normalise: divide each sample's activations by their Euclidean norm.
        noise_std: of N, in units of E.
        inputs: over what X is uniform (docs/estimators.md).
        lengths, batch_size, lr, last_lr: of the classifiers' training (`classifiers.trained`).
        seed: of batches, folds and draws of N.
        journal: to go on from where an interrupted run ended.

    Raises:
        UserError: the layer or a split is not recorded, or an estimator refuses its input.
    """
    require_splits(activations.splits)
    layer = chosen_layer(layer, activations.layers, activations.output)
    whole = [each for each in range(activations.repetitions) if _is_finite(activations, layer, each)]
    training = {"lengths": lengths, "batch_size": batch_size, "lr": lr, "last_lr": last_lr}
    steps = len(whole) * len(activations.splits) * (2 + len(lengths))
    rows = []
    with tqdm(total=steps, desc=f"readout of {layer}", mininterval=0.5) as bar:
        for repetition in whole:
            embeddings = {
                split: _embedding(activations, split, layer, repetition, normalise, device)
                for split in activations.splits
            }
            classifiers = _classifiers(embeddings, training, seed, partial(journal.recall, ("trained", repetition)))
            for split, embedding in embeddings.items():
                of_noise = {
                    "noise_var": noise_std**2, "inputs": inputs, "split_size": activations.split_size(split)
                }  # fmt: skip
                place = {"split": split, "repetition": repetition, "epoch": activations.epochs[-1], "layer": layer}
                place |= {"d": embedding.e.shape[1], "n": len(embedding.y)}
                recall = partial(_recalled, journal, bar, place)
                rows += [place | each for each in _measures(embedding, classifiers, of_noise, seed, recall)]
    return table(rows)


def _is_finite(activations: Activations, layer: str, repetition: int) -> bool:
    return not any(activations.diverged(split, layer, repetition)[-1] for split in activations.splits)


def _embedding(
    activations: Activations, split: str, layer: str, repetition: int, normalise: bool, device: torch.device
) -> Embedding:
    t = activations.layer(split, layer, slice(len(activations.epochs) - 1, None), repetition).t[0]
    e, y = (torch.from_numpy(each).to(device) for each in (t, activations.labels(split)))
    return Embedding(normalize(e, dim=1) if normalise else e, y)


def _classifiers(
    embeddings: Mapping[str, Embedding], training: Mapping[str, Any], seed: int, recall: Callable
) -> dict[int, Classifier]:
    """The classifier of each length, trained or recalled."""
    e, y = embeddings[LEARNED_FROM]
    # a class that the training split lacks has its place, and is never predicted
    classes = 1 + max(int(each.y.max()) for each in embeddings.values())

    def train() -> list[list[Any]]:
        return [[part.tolist() for part in each] for each in trained(e, y, classes, **training, seed=seed)]

    found = (Classifier(*(torch.tensor(part, device=e.device) for part in each)) for each in recall(train))
    return dict(zip(training["lengths"], found, strict=True))


def _recalled(
    journal: Journal | NoJournal, bar: tqdm, place: Mapping[str, Any], key: str | int, measure: Callable[[], Any]
) -> Any:
    """What the journal has of this measure, or else what it gives now."""
    try:
        found = journal.recall((place["repetition"], place["split"], key), measure)
    except (ValueError, torch.OutOfMemoryError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"readout: layer {place['layer']} of {place['split']}: {reason}") from error
    bar.update()
    return found


def _measures(
    embedding: Embedding,
    classifiers: Mapping[int, Classifier],
    of_noise: Mapping[str, Any],
    seed: int,
    recall: Callable,
) -> Iterator[dict[str, Any]]:
    """Everything of one split: rows without their place."""
    yield {"measure": MI_EE} | recall(MI_EE, partial(_information_in_noise, embedding, of_noise, seed))
    yield {"measure": MI_EY} | recall(MI_EY, partial(_label_information, *embedding, seed))
    for length, each in classifiers.items():
        found = recall(length, partial(_of_predictions, each, embedding, seed))
        yield from ({"length": length, "measure": name} | measured for name, measured in found.items())


def _information_in_noise(embedding: Embedding, of_noise: Mapping[str, Any], seed: int) -> Measured:
    e, y = embedding
    return _measured(kde.estimate(e, e[None], y, seed=seed, **of_noise), "xt")


def _label_information(t: Tensor, y: Tensor, seed: int) -> Measured:
    return _measured(classifier.estimate(t, t[None], y, seed=seed), "ty")


def _of_predictions(classifier: Classifier, embedding: Embedding, seed: int) -> dict[str, Measured]:
    e, y = embedding
    log_p = classifier.log_probabilities(e)
    losses = -log_p.double().gather(1, y[:, None])[:, 0]
    loss, chance = float(losses.mean()), STANDARD_ERRORS * float(losses.std()) / math.sqrt(len(y))
    correct = int((log_p.argmax(1) == y).sum())
    share = binomtest(correct, len(y)).proportion_ci(CONFIDENCE, method="wilson")
    return {
        ACCURACY: _row(correct / len(y), float(share.low), float(share.high)),
        LOSS: _row(loss, loss - chance, loss + chance),
        MI_PY: _label_information(log_p, y, seed),
    }


def _measured(info: Information, axis: str) -> Measured:
    """The row of an estimate at one epoch."""
    values = (getattr(info, name) for name in (f"mi_{axis}", f"mi_{axis}_low", f"mi_{axis}_high", f"ceiling_{axis}"))
    return _row(*(float(np.asarray(value)[0]) for value in values), flag=getattr(info, f"flag_{axis}")[0])


def _row(*values: float, flag: str = "") -> Measured:
    return dict.fromkeys(VALUES) | dict(zip(VALUES, values)) | {"flag": flag}  # noqa: B905  ceiling may lack
