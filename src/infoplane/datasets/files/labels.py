"""From labels of any type to classes 0, 1, ..., and the draw of a split in which every class has its share."""

import math
from collections.abc import Sequence

import numpy as np

from infoplane.errors import UserError


def classes_of(parts: Sequence[np.ndarray], names: tuple[str, ...] | None, place: str) -> tuple[tuple[str, ...], list]:
    """The classes, in the order of their labels, and for each part the class of each sample.

    Args:
        parts: the labels of each split, numbers, truth values or text of shape (n,).
        names: of the classes 0, 1, ..., where the labels are these already.
        place: for errors.

    Returns: the names and, for each part, y of shape (n,), int64.

    Raises:
        UserError: labels are missing, have a fraction, are no numbers and no text, or all the same.
    """
    parts = [_discrete(labels, place) for labels in parts]
    if names is None:
        values, y = np.unique(np.concatenate(parts), return_inverse=True)
        names = tuple(str(value) for value in values)
        mapped = np.split(y.astype(np.int64), np.cumsum([len(labels) for labels in parts])[:-1])
    else:
        mapped = [labels.astype(np.int64) for labels in parts]
        for y in mapped:
            if len(y) and not 0 <= y.min() <= y.max() < len(names):
                raise UserError(f"{place}: labels run from {y.min()} to {y.max()}, of {len(names)} classes")
    if len(names) < 2:
        raise UserError(f"{place}: all samples have the label {', '.join(names) or 'of no class'}: two are needed")
    return names, mapped


def drawn_for_testing(y: np.ndarray, names: tuple[str, ...], share: float, seed: int, place: str) -> np.ndarray:
    """Which samples are for testing: this share of them, drawn so that each class has its part.

    Returns: truth values of shape (n,).

    Raises:
        UserError: a class has a single sample, or there are fewer samples for one of the splits than classes.
    """
    from sklearn.model_selection import train_test_split

    counts = np.bincount(y, minlength=len(names))
    if counts.min() < 2:
        lacking = names[int(counts.argmin())]
        there = "1 sample" if counts.min() == 1 else "no sample"
        raise UserError(
            f"{place}: class {lacking} has {there}, and two are needed to draw a split for testing: add some, or give "
            "a test split"
        )
    count = math.ceil(share * len(y))
    if min(count, len(y) - count) < len(names):
        raise UserError(
            f"{place}: files.test = {share} of {len(y)} samples leaves {len(y) - count} for training and {count} for "
            f"testing, and there are {len(names)} classes: each needs one sample in both"
        )
    _, chosen = train_test_split(np.arange(len(y)), test_size=count, random_state=seed, stratify=y)
    test = np.zeros(len(y), bool)
    test[chosen] = True
    return test


def _discrete(labels: np.ndarray, place: str) -> np.ndarray:
    """Labels that can be sorted: numbers without a fraction, truth values or text."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise UserError(f"{place}: the labels have shape {labels.shape}, expected (n,): one label a sample")
    if labels.dtype.kind == "f":
        wrong = np.flatnonzero(~(np.isfinite(labels) & (labels == np.round(labels))))
        if len(wrong):
            raise UserError(
                f"{place}: the label of sample {wrong[0]} is {labels[wrong[0]]}: labels are whole numbers or text, "
                "such as bins of a number"
            )
        return labels.astype(np.int64)
    if labels.dtype.kind not in "biuSU":
        raise UserError(f"{place}: the labels are of type {labels.dtype}: only numbers and text are read")
    return labels.astype(str) if labels.dtype.kind == "S" else labels
