"""Packages from PyPI that do what a row does, each as a function of arrays; those that are not installed are left out.

`pip install ennemi npeet-plus` is the extra `bench`; how torch-mist goes in is in README.md. scikit-learn is there
anyway.
"""

import contextlib
import io
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from scipy.special import digamma
from sklearn.neighbors import KDTree, NearestNeighbors
from torch import Tensor

MODULES = {"ennemi": "ennemi", "npeet": "npeet_plus", "torch-mist": "torch_mist"}
"""By the name under which a row shows it. npeet_plus is NPEET as PyPI has it."""


def missing(*names: str) -> tuple[str, ...]:
    """Which of these peers are not installed."""
    return tuple(name for name in names if find_spec(MODULES[name]) is None)


def ksg(k: int) -> dict[str, Callable[[np.ndarray, np.ndarray], float]]:
    """Kraskov's estimate of I(X;T) in nats, x and t of shape (n, d), by every peer that is installed."""
    found: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {"scikit-learn": lambda x, t: _scikit_learn(x, t, k)}
    if not missing("ennemi"):
        # the public estimate_mi takes columns one by one; this is what it calls, for columns together
        from ennemi._entropy_estimators import _estimate_single_mi  # pyright: ignore[reportMissingImports]

        found["ennemi"] = lambda x, t: float(_estimate_single_mi(x, t, k))
    if not missing("npeet"):
        from npeet_plus import mi  # pyright: ignore[reportMissingImports]

        found["npeet"] = lambda x, t: float(mi(x, t, k=k, base=np.e))
    return found


def _scikit_learn(x: np.ndarray, t: np.ndarray, k: int) -> float:
    """`sklearn.feature_selection._mutual_info._compute_mi_cc` line by line, which takes single columns alone."""
    nearest = NearestNeighbors(metric="chebyshev", n_neighbors=k).fit(np.hstack((x, t)))
    radius = np.nextafter(nearest.kneighbors()[0][:, -1], 0)
    within = [
        KDTree(side, metric="chebyshev").query_radius(side, radius, count_only=True, return_distance=False)
        for side in (x, t)
    ]
    return float(digamma(len(x)) + digamma(k) - sum(np.mean(digamma(count)) for count in within))


def discrete() -> dict[str, Callable[[np.ndarray, np.ndarray], float]]:
    """I(T;Y) in nats by counting, t of shape (n, d) and y of shape (n,) integers."""
    if missing("npeet"):
        return {}
    from npeet_plus import midd  # pyright: ignore[reportMissingImports]

    return {"npeet": lambda t, y: float(midd(t, y[:, None], base=np.e))}


def mine(steps: int) -> dict[str, Callable[[Tensor, Tensor], float]]:
    """torch-mist's MINE in nats, two hidden layers of 256, the rest at its defaults; x and t of shape (n, d)."""
    if missing("torch-mist"):
        return {}
    from torch_mist.utils import estimate_mi  # pyright: ignore[reportMissingImports]

    def run(x: Tensor, t: Tensor) -> float:
        output = io.StringIO()
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
            warnings.catch_warnings(action="ignore"),
        ):
            found = estimate_mi(
                {"x": x, "y": t}, "mine", hidden_dims=[256, 256], max_iterations=steps, verbose=False, logger=False
            )
        return float(found[0] if isinstance(found, tuple) else found)

    return {"torch-mist": run}
