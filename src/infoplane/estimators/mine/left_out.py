"""What leading principal components of many units leave out: linear dependence spread over all other directions.

Problem: dependence that is spread evenly over hundreds of directions is in no few of them, and nothing that is fitted
to leading components shows that it is there. Its size can be known all the same, where no direction of it can: with
cross covariances A and B of two halves of the samples, and covariances R_x, R_t of the two sides,

    r/2 tr(A'B) / sqrt(tr R_x^2 tr R_t^2),    r^2 = (tr R_x)^2 / tr R_x^2  (tr R_t)^2 / tr R_t^2,

is on average half the sum of squared correlations of r pairs of directions, if these are alike, about the nats of weak
dependence. Of independent sides it is 0, with a standard deviation of r / 2m from m samples a half.

References: Robert & Escoufier (1976), A unifying tool for linear multivariate statistical methods: the RV-coefficient,
Applied Statistics 25, doi:10.2307/2347233, for the ratio; Gao et al. (2017), A theory of multineuronal dimensionality,
dynamics and measurement, bioRxiv, doi:10.1101/214262, for r.
"""

import torch
from torch import Tensor

STANDARD_DEVIATIONS = 3.0
"""Of chance, above which there is dependence."""
LEAST_DIRECTIONS = 32
"""With fewer directions it is not spread: few that are left know mostly what the leading ones know, such as the sharper
edges of an image."""
SMALLEST = 1e-30


def left_out(x: Tensor, t: Tensor) -> float:
    """About how many nats sides without their leading components know of each other; 0 where it may be chance.

    Args:
        x, t: `without_components`, samples in random order, shapes (n, d_x) and (n, d_t).
    """
    half = len(x) // 2
    parts = slice(0, half), slice(half, 2 * half)
    cross = _of_halves(x, t, parts)
    squares = [_of_halves(side, side, parts).clamp(min=SMALLEST) for side in (x, t)]
    sizes = [(side.square().sum() / len(side)).square() / square for side, square in zip((x, t), squares, strict=True)]
    directions = float((sizes[0] * sizes[1]).sqrt())
    nats = directions / 2 * float(cross / (squares[0] * squares[1]).sqrt())
    is_spread = directions > LEAST_DIRECTIONS and nats > STANDARD_DEVIATIONS * directions / (2 * half)
    return nats if is_spread else 0.0


def without_components(values: Tensor, components: Tensor) -> Tensor:
    """What a linear function of the components does not tell of values of the same samples, float64, shape (n, d)."""
    values, components = (side.double() - side.double().mean(0) for side in (values, components))
    basis = torch.linalg.qr(components)[0]
    return values - basis @ (basis.T @ values)


def _of_halves(x: Tensor, t: Tensor, parts: tuple[slice, slice]) -> Tensor:
    """tr(A'B) of the cross covariances of two halves."""
    a, b = (x[part].T @ t[part] / (part.stop - part.start) for part in parts)
    return (a * b).sum()
