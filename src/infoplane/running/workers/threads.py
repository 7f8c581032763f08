"""With how many threads a unit is computed: sums that are split over threads round in another way.

A worker takes the numbers of the process that sends it units, so that its bytes are those of that process.
"""

import os
import threading
from typing import NamedTuple

import torch
from threadpoolctl import threadpool_info, threadpool_limits

VARIABLES = {"openmp": ("OMP_NUM_THREADS",), "blas": ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""What libraries read that are loaded later."""
_used = threading.local()


class Threads(NamedTuple):
    """Numbers of threads: torch's, and those of the pools of other libraries, by kind."""

    torch: int
    pools: tuple[tuple[str, int], ...]

    @classmethod
    def here(cls) -> "Threads":
        """Those of this process."""
        found: dict[str, int] = {}
        for pool in threadpool_info():
            kind = pool["user_api"]
            found[kind] = max(pool["num_threads"], found.get(kind, 1))
        return cls(torch.get_num_threads(), tuple(sorted(found.items())))

    def use(self) -> None:
        """From now on compute with as many in this thread of this process."""
        if getattr(_used, "threads", None) == self:
            return
        for kind, number in self.pools:
            os.environ.update(dict.fromkeys(VARIABLES.get(kind, ()), str(number)))
        threadpool_limits(dict(self.pools))
        torch.set_num_threads(self.torch)
        _used.threads = self


ONE = Threads(1, (("blas", 1), ("openmp", 1)))
