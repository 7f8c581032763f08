"""Less of a large layer: what of its activations is recorded, and so is the T of the plane.

`record.reduce` in params.yaml. A layer that is no larger than what it would be reduced to stays as it is, with its
noise; one that is reduced loses the noise that it injects, since nothing is known of the noise of the reduced T.

References: Li, Hastie & Church (2006), Very sparse random projections, doi:10.1145/1150402.1150436; Ross, Lim, Lin &
Yang (2008), Incremental learning for robust visual tracking, doi:10.1007/s11263-007-0075-7, for components by blocks.
"""

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from infoplane.errors import UserError

if TYPE_CHECKING:
    from sklearn.decomposition import IncrementalPCA
    from sklearn.random_projection import SparseRandomProjection

ROWS_AT_A_TIME = 3
"""Blocks from which components are learned have this many times as many samples as there are components."""


class Reduction:
    """What a layer's activations are reduced to, for all layers of a network.

    Args:
        how: `none`; `pool`: the mean over the positions of a feature map, or over tokens; `flatten`: all units, without
            their places; `pca k`: the first k principal components; `random k`: k sparse random projections, which
            keep squared distances in the mean.
        seed: of the projections.
    """

    def __init__(self, how: str, seed: int = 0):
        self.kind, _, number = how.partition(" ")
        self.k, self.seed = int(number or 0), seed
        self._components: dict[str, IncrementalPCA] = {}
        self._waiting: dict[str, list[np.ndarray]] = {}
        self._diverged: set[str] = set()
        self._projections: dict[str, SparseRandomProjection] = {}

    @property
    def is_learned(self) -> bool:
        """Whether it has to see the samples once (`learn`) before it can reduce them."""
        return self.kind == "pca"

    def changes(self, unit: tuple[int, ...]) -> bool:
        """Whether a layer with units of this shape becomes less: `flatten` changes shapes alone."""
        if self.kind == "pool":
            return len(unit) > 1
        return self.kind in ("pca", "random") and int(np.prod(unit)) > self.k

    def unit(self, unit: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of what is kept of one sample, of a layer with units of this shape."""
        if self.kind == "flatten":
            return (int(np.prod(unit)),)
        if not self.changes(unit):
            return tuple(unit)
        # tokens have their width last, feature maps their channels first
        return ((unit[-1] if len(unit) == 2 else unit[0]) if self.kind == "pool" else self.k,)

    def __call__(self, layer: str, t: Tensor) -> Tensor:
        """Reduced activations.

        Args:
            t: of a block of samples, shape (n, *unit): (n, channels, height, width), (n, tokens, width) or (n, units).
        Returns: shape (n, channels), (n, width) or (n, k); t itself where there is nothing to reduce.
        """
        if self.kind == "flatten":
            return t.flatten(1)
        if not self.changes(tuple(t.shape[1:])):
            return t
        if self.kind == "pool":
            return t.mean(1) if t.ndim == 3 else t.flatten(2).mean(2)
        rows = _rows(t)
        if not np.isfinite(rows).all() or (self.is_learned and layer not in self._components):
            return torch.full((len(t), self.k), np.nan)  # who writes them sees to what has diverged
        model = self._components[layer] if self.is_learned else self._projection(layer, rows)
        return torch.from_numpy(np.ascontiguousarray(model.transform(rows), np.float32))

    def forget(self) -> None:
        """Before the components of another epoch are learned."""
        self._components.clear()
        self._waiting.clear()
        self._diverged.clear()

    def learn(self, layer: str, t: Tensor) -> None:
        """Take a block of samples, from which the components are learned."""
        if self.is_learned and self.changes(tuple(t.shape[1:])):
            rows = _rows(t)
            if not np.isfinite(rows).all():
                self._diverged.add(layer)
            if layer in self._diverged:
                return
            waiting = self._waiting.setdefault(layer, [])
            waiting.append(rows)
            # k samples stay behind, so that the last block has as many
            if sum(map(len, waiting)) >= (ROWS_AT_A_TIME + 1) * self.k:
                rows = np.concatenate(waiting)
                self._learn(layer, rows[: -self.k])
                self._waiting[layer] = [rows[-self.k :]]

    def learned(self) -> None:
        """After the last block.

        Raises:
            UserError: there were fewer samples than components.
        """
        for layer, waiting in self._waiting.items():
            if layer in self._diverged:
                self._components.pop(layer, None)
                continue
            rows = np.concatenate(waiting)
            if len(rows) < self.k:
                raise UserError(
                    f"record.reduce = 'pca {self.k}': as many samples are needed as components, there are {len(rows)}"
                )
            self._learn(layer, rows)
        self._waiting.clear()

    def _learn(self, layer: str, rows: np.ndarray) -> None:
        from sklearn.decomposition import IncrementalPCA  # takes a second

        self._components.setdefault(layer, IncrementalPCA(n_components=self.k)).partial_fit(rows)

    def _projection(self, layer: str, rows: np.ndarray) -> "SparseRandomProjection":
        from sklearn.random_projection import SparseRandomProjection

        if layer not in self._projections:
            # the same at every epoch and in every split; another for each layer
            seed = (self.seed + zlib.crc32(layer.encode())) % 2**32
            count: Any = self.k  # a number or `auto`, of which pyright takes the latter alone
            model = SparseRandomProjection(count, random_state=seed)
            self._projections[layer] = model.fit(np.zeros((1, rows.shape[1]), np.float32))
        return self._projections[layer]


def _rows(t: Tensor) -> np.ndarray:
    """As the library takes them: (n, units), in double precision."""
    return t.detach().flatten(1).double().cpu().numpy()
