"""Which distributions the estimators are validated on: a few in every run, all of them in `make validate`."""

import math
from collections.abc import Iterable

from infoplane.known import closed_forms, transforms
from infoplane.known.channels import (
    FUNCTIONS,
    dropout_channel,
    gaussian_in_noise,
    lognormal_channel,
    noisy_function,
    points_in_noise,
)
from infoplane.known.closed_forms import gaussian, student
from infoplane.known.mixtures import (
    crossed_gaussians,
    gaussian_classes,
    rare_patterns,
    sign_product,
    xor_labels,
    xor_mixture,
)
from infoplane.known.task import Task
from infoplane.known.transforms import curved, embedded, transformed

WIDEST = 64
"""Widest task of the quick set: more dimensions take longer and show nothing that this many do not."""
LATENT, PER_DIMENSION, ACROSS = 10, 50, 0.1
"""Dimensions, at most, of tasks that lie in so many times as many, and the standard deviation of noise across them."""
NATS = 2.0
"""Information of the quick set's Gaussians: about what a few thousand samples can show in any dimension."""


def quick(widths: Iterable[int]) -> list[Task]:
    """A few tasks at the widths of the layers at hand.

    Args:
        widths: units of each recorded layer.
    """
    dims = sorted({min(width, WIDEST) for width in widths})
    return [
        gaussian(1, 0.0),
        *(gaussian(d, round(math.sqrt(1 - math.exp(-2 * NATS / d)), 2)) for d in dims),
        transformed(gaussian(1, 0.9), "cubed"),
        *(dropout_channel(d, 0.4) for d in (1, 2)),
        *(gaussian_in_noise(d, 0.3) for d in (1, 2)),
        *(gaussian_classes(10, radius) for radius in (2.0, 4.0)),
        gaussian_classes(10, 2.0, 0.1),
        xor_labels(1.5),
    ]


def in_many_dimensions(k: int) -> list[Task]:
    """Tasks of few dimensions that lie in many, for an estimator of x and t that are reduced to k of them."""
    d = min(k, LATENT)
    width = PER_DIMENSION * d
    pairs = gaussian(d, round(math.sqrt(1 - math.exp(-2 * NATS / d)), 2))
    classes = [gaussian_classes(LATENT, 2.0)] if k >= LATENT else []
    return [embedded(task, width, ACROSS) for task in (gaussian(d, 0.0), pairs, curved(pairs), *classes)]


def full() -> list[Task]:
    """Every task, at the dimensions and correlations of the published comparisons."""
    return [*_pairs(), *_beyond_gaussian(), *_functions(), *_channels(), *_labels()]


def _pairs() -> list[Task]:
    rhos = (0.0, 0.1, 0.5, 0.9, 0.99)
    return [
        *(gaussian(d, rho) for d in (1, 5, 20) for rho in rhos),
        *(gaussian(20, -rho) for rho in reversed(rhos[1:])),
        gaussian(64, 0.2),
        gaussian(128, 0.5),
        *(closed_forms.dense_gaussian(d) for d in (2, 5, 25)),
        *(closed_forms.sparse_gaussian(d) for d in (5, 20)),
        *(
            transformed(gaussian(d, rho), how)
            for d, rho in ((1, 0.9), (5, 0.5), (5, 0.9), (20, 0.5))
            for how in transforms.MONOTONE
        ),
    ]


def _beyond_gaussian() -> list[Task]:
    return [
        *(student(1, rho, dof) for rho, dof in ((0.0, 1), (0.5, 3), (0.9, 3))),
        *(student(d, 0.5, dof) for d, dof in ((2, 3), (5, 2), (5, 3), (5, 10), (20, 5))),
        *(closed_forms.additive_uniform(width) for width in (0.1, 0.3, 0.75)),
        *(xor_mixture(distance) for distance in (1.0, 2.0, 4.0)),
        *(transforms.copies(task, 5) for task in (student(1, 0.5, 3), xor_mixture(2.0), crossed_gaussians(0.9))),
        transforms.copies(student(1, 0.5, 5), 20),
        crossed_gaussians(0.9),
        sign_product(1.5),
        *(closed_forms.symmetric_channel(letters, error) for letters, error in ((2, 0.1), (4, 0.2))),
        *(closed_forms.identity(d) for d in (1, 10)),
        rare_patterns(0.1, 6),
    ]


def _functions() -> list[Task]:
    return [noisy_function(name, std) for name in FUNCTIONS for std in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)]


def _channels() -> list[Task]:
    return [
        *(dropout_channel(d, std) for d in (1, 5, 10) for std in (0.1, 0.4)),
        *(lognormal_channel(d, 0.5) for d in (1, 3)),
        *(gaussian_in_noise(d, std) for d, std in ((1, 0.1), (2, 0.3), (10, 1.0), (20, 2.0))),
        *(points_in_noise([-3, -1, 1, 3], std) for std in (0.2, 1.0)),
    ]


def _labels() -> list[Task]:
    ten = [gaussian_classes(10, radius) for radius in (1.0, 2.0, 4.0)]
    return [
        *ten,
        *(transformed(ten[1], how) for how in ("cubed", "wiggly")),
        gaussian_classes(2, 1.0),
        xor_labels(1.5),
        gaussian_classes(10, 2.0, 0.1),
        gaussian_classes(2, 1.0, 0.5),
    ]
