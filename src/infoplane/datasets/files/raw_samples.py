"""What each format of files gives: raw samples that are read in blocks, with their labels."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

Kind = Literal["images", "vectors", "tokens"]
"""What one sample is, which decides how it is scaled: by channel, by column, or not at all."""


class Raw(Protocol):
    """Samples as they are stored: an array, or what reads some of them when it is asked.

    Attributes:
        shape: (n, channels, height, width) or (n, d).
        dtype: of what is returned.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> Any: ...

    def __getitem__(self, indices: np.ndarray, /) -> np.ndarray:
        """The samples with these indices, which ascend."""
        ...


class Part(NamedTuple):
    """One split as it is stored: raw samples, and labels of any type, shape (n,)."""

    x: Raw
    labels: np.ndarray


class Opened(NamedTuple):
    """A data set of which headers and labels have been read, and no samples.

    Attributes:
        test: None where the files give no such split.
        names: of the classes 0, 1, ...; None where the labels are to be sorted.
        columns: names of the columns of x, for errors.
        check: what can be told of the samples before any is read as a whole; raises UserError.
    """

    kind: Kind
    train: Part
    test: Part | None
    names: tuple[str, ...] | None = None
    columns: tuple[str, ...] = ()
    check: Callable[[], None] = lambda: None
