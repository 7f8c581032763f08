"""V-information of a linear family: how much of the label a linear reader of the layer can use.

    I_V(T -> Y) = H_V(Y) - H_V(Y|T) = H(Y) - 1/n sum_i -ln q(y_i|t_i),      q of the other folds (`parts/linear_reader`)

V are the softmaxes of linear functions of T, constants among them, so that H_V(Y) is H(Y). Held out, it is a lower
bound of I(T;Y), with equality where p(y|t) is of the family; it differs from the estimator `classifier`, which
reads what is curved, too. Unlike information it can grow with depth: layers make labels easier to read. In nats, at
most H(Y), slightly below 0 where nothing is read. Cost O(n min(n, d) classes folds), O(n^3 + n^2 d) for d > n.

References: Xu, Zhao, Song, Stewart & Ermon (2020), A theory of usable information under computational constraints,
ICLR, arXiv:2002.10689; definitions 2 and 3.
"""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from infoplane.estimators.parts.counts import label_entropy
from infoplane.estimators.parts.inputs import check_activations
from infoplane.measures.parts import linear_reader

LABEL = "V-information, linear [nats]"


def measure(t: Tensor, y: Tensor, *, seed: int = 0, folds: Annotated[int, Field(ge=2, le=50)] = 5) -> Tensor:
    """Held-out V-information of the label in each epoch.

    Args:
        t: activations at e epochs, shape (e, n, d).
        y: class labels, shape (n,).
        seed: of the folds, the same at each epoch.
        folds: models, each of which predicts the samples that it has not seen.

    Returns: nats, float64, shape (e,), not clipped at 0; 0 where there is one class, NaN where there are fewer than
        four samples a fold.

    Raises:
        ValueError: an activation is not finite.
    """
    check_activations(t)
    found = linear_reader.read(t, y, folds=folds, seed=seed)
    if found is None:
        return torch.full((len(t),), torch.nan, dtype=torch.float64)
    h_y = label_entropy(torch.unique(y, return_inverse=True)[1])
    return torch.stack([h_y + each.log_likelihood.mean() for each in found]).cpu()
