"""Linear probe: the share of held-out samples whose class a linear reader of the layer tells.

    accuracy = 1/n sum_i [ y_i = argmax_y q(y|t_i) ],      q of the other folds (`parts/linear_reader`)

What a linear reader finds, and not what the layer knows: a layer can hold the label in a form that is not linear. From
the share of the commonest class, about, to 1; no unit. Cost O(n min(n, d) classes folds), O(n^3 + n^2 d) for d > n.

References: Alain & Bengio (2017), Understanding intermediate layers using linear classifier probes, ICLR workshop,
arXiv:1610.01644.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from infoplane.estimators.parts.inputs import check_activations
from infoplane.measures.parts import linear_reader

LABEL = "linear probe, accuracy"


def measure(t: Tensor, y: Tensor, *, seed: int = 0, folds: Annotated[int, Field(ge=2, le=50)] = 5) -> Tensor:
    """Held-out accuracy of a linear reader of each epoch.

    Args:
        t: activations at e epochs, shape (e, n, d).
        y: class labels, shape (n,).
        seed: of the folds, the same at each epoch.
        folds: models, each of which predicts the samples that it has not seen.

    Returns: float64, shape (e,), from 0 to 1; 1 where there is one class, NaN where there are fewer than four samples a
        fold.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    found = linear_reader.read(t, y, folds=folds, seed=seed)
    if found is None:
        return torch.full((len(t),), torch.nan, dtype=torch.float64)
    return torch.stack([each.is_right.double().mean() for each in found]).cpu()
