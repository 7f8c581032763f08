"""Peak memory of an estimate on a store that is larger than the memory it may take.

A fresh process loads the libraries and estimates on a tiny store, so that threads and their stacks are there; then its
address space is limited to what it has by now plus the limit (`RLIMIT_AS`, which the kernel enforces: an allocation
above it fails). Under this limit it estimates on the whole store; that the store does not fit is tried too.

    python -m benchmarks.memory STORE TINY_STORE METHOD LIMIT '{"parts": 1}'       # what `peak` starts
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from infoplane import estimators
from infoplane.errors import UserError
from infoplane.planes import blocks
from infoplane.planes.plane import estimate_plane
from infoplane.storage import activations_writer
from infoplane.storage.activations import Activations, Recorded

MIB = 1 << 20
KEYWORDS: dict[str, dict[str, Any]] = {"mine": {"folds": 2, "steps": 20}}
"""To keep a measurement short: MINE needs the same memory in every step."""


class Peak(NamedTuple):
    """What an estimate took, in MiB; a missing value of a machine without /proc is NaN.

    Attributes:
        store: size of the activations when read.
        limit: what may be taken above the memory of a process that has done an estimate on a tiny store.
        address_space: the most that was reserved above that, and what the limit is enforced on.
        resident: the most that was in use above that.
        points: estimates that were made.
        seconds: that they took.
        store_fits: whether all activations could be held under the limit.
    """

    store: float
    limit: float
    address_space: float
    resident: float
    points: int
    seconds: float
    store_fits: bool


def write_store(path: Path, *, size: float, samples: int, units: int, layers: int = 2) -> None:
    """A store of about `size` MiB of activations: saturated units, of which a file takes little room.

    Args:
        samples, units: of each layer at each epoch.
    """
    epochs = max(1, round(size * MIB / (4 * samples * units * layers)))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, 10)).astype("float32")
    t = np.sign(x @ rng.normal(size=(10, units))).astype("float32")
    with activations_writer.create(path, list(range(epochs))) as writer:
        writer.add_split("train", x, rng.integers(10, size=samples))
        for epoch in range(epochs):
            t[:, epoch % units] *= 0.9
            writer.add_epoch("train", 0, epoch, {f"layer{i}": Recorded(t, None, None) for i in range(layers)})
        names = [f"layer{i}" for i in range(layers)]
        writer.finish(splits=["train"], layers=names, model="none", dataset="none", seed=0)


def peak(store: Path, tiny: Path, method: str, limit: int, section: Mapping[str, Any] | None = None) -> Peak:
    """Estimate on `store` in a fresh process under `limit` MiB above what a tiny store takes.

    Args:
        section: keywords of the method, `parts`, and `large` in place of `planes.blocks.LARGE`; default: `KEYWORDS`.

    Raises:
        subprocess.CalledProcessError: the limit was exceeded, or anything else went wrong; with what it said.
    """
    asked = json.dumps(KEYWORDS.get(method, {}) if section is None else dict(section))
    command = [sys.executable, "-m", "benchmarks.memory", str(store), str(tiny), method, str(limit), asked]
    root = Path(__file__).parent.parent
    # one arena for all threads: glibc reserves 64 MiB of address space for each more, used or not
    environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
    found = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    return Peak(**json.loads(found.stdout))


def _in_this_process(store: Path, tiny: Path, method: str, limit: int, section: dict[str, Any]) -> Peak:
    blocks.LARGE = section.pop("large", blocks.LARGE)
    _estimate(tiny, method, {name: value for name, value in section.items() if name != "parts"})
    before = _status()
    allowed = before["VmSize"] + limit * MIB
    resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    Path("/proc/self/clear_refs").write_text("5")  # sets the highest resident size back to the present one
    start = time.perf_counter()
    points = _estimate(store, method, section)
    seconds = time.perf_counter() - start
    after = _status()
    size = float(np.prod(_shape(store))) * 4 / MIB
    return Peak(
        store=size,
        limit=limit,
        address_space=(max(after["VmPeak"], before["VmSize"]) - before["VmSize"]) / MIB,
        resident=(after["VmHWM"] - before["VmRSS"]) / MIB,
        points=points,
        seconds=seconds,
        store_fits=_fits(size),
    )


def _estimate(store: Path, method: str, section: dict[str, Any]) -> int:
    module = estimators.find(method)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
        pieces = estimate_plane(
            module.estimate,
            Activations(store),
            keywords={name: value for name, value in section.items() if name != "parts"},
            parts=section.get("parts", 1),
            streams=getattr(module, "STREAMS", False),
            seed=0,
            device=torch.device("cpu"),
            name=method,
        )
        return sum(len(piece.epochs) for piece in pieces)


def _shape(store: Path) -> tuple[int, ...]:
    plane = Activations(store)
    return (len(plane.layers), len(plane.epochs), *plane.shape("train", plane.layers[0]))


def _fits(size: float) -> bool:
    try:
        np.ones(int(size * MIB / 4), dtype="float32")
    except (MemoryError, UserError):
        return False
    return True


def _status() -> dict[str, int]:
    """Bytes of this process by the names of /proc/self/status."""
    rows = (line.split() for line in Path("/proc/self/status").read_text().splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(kilobytes) * 1024 for name, kilobytes, _ in rows}


if __name__ == "__main__":
    of_store, of_tiny, of_method, of_limit, of_section = sys.argv[1:]
    found_here = _in_this_process(Path(of_store), Path(of_tiny), of_method, int(of_limit), json.loads(of_section))
    print(json.dumps(found_here._asdict()))
