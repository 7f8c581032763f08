"""The log-ratio of x and t by the clusters that they lie in.

Problem: images, or a trained network's layers, often lie in groups, and all that two of them know of each other is
which groups those are. No Gaussian and no radius tells that, and a network finds it only from many samples. With a
table of how often clusters a of x and b of t meet,

    f(x, t) = ln p(a, b) / (p(a) p(b)),

which is low where clusters are coarser than the dependence, and is worth nothing on held-out samples where they are
finer than the samples can fill.

References: Lloyd (1982), Least squares quantization in PCM, IEEE Transactions on Information Theory 28, for clusters.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from infoplane.estimators.parts.closed_forms.pair_scores import PairScores

COUNTS = (2, 4, 8, 16, 32)
"""Of the clusters of either side, to choose from."""
ROUNDS = 20
SMALLEST = 1e-12


def clusters(values: Tensor, train: Tensor, seed: int) -> list[Tensor]:
    """For each of COUNTS, in which cluster each sample lies, int64 of shape (n,).

    Args:
        values: shape (n, d).
        train: indices of the samples that say where clusters are.
        seed: of where they begin.
    """
    # Imported here, since every stage that checks params.yaml imports this file, and scikit-learn takes 2 s.
    from sklearn.cluster import KMeans

    samples = values.cpu().numpy()
    decide = samples[train.cpu().numpy()]
    most, found = len(np.unique(decide, axis=0)), []
    for count in COUNTS:
        means = KMeans(min(count, most), n_init="auto", max_iter=ROUNDS, random_state=seed).fit(decide)
        found.append(torch.from_numpy(means.predict(samples)).long().to(values.device))
    return found


def cluster_log_ratio(a: Tensor, b: Tensor, train: Tensor) -> PairScores:
    """f of the clusters of each sample's x and t, both int64 of shape (n,).

    As many pairs as there are clusters of a side are added to the table, spread as if x and t were independent.
    """
    count = int(torch.stack([a, b]).amax()) + 1
    joint = torch.bincount(a[train] * count + b[train], minlength=count * count).view(count, count).double()
    independent = joint.sum(1, keepdim=True) * joint.sum(0) / len(train)
    smooth = (joint + independent * (count / len(train))) / (1 + count / len(train))
    ratio = torch.where(independent > 0, (smooth / independent.clamp(min=SMALLEST)).clamp(min=SMALLEST).log(), 0.0)
    nothing = torch.zeros(len(a), dtype=torch.float64, device=a.device)
    return PairScores(nothing, nothing, ratio[a], functional.one_hot(b, count).double())
