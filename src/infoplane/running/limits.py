"""Disk and memory: what a stage needs, compared with what there is before it starts, and said unless it is plenty."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import psutil

from infoplane.errors import UserError

CGROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
TABLES = 10_000_000
"""Bytes for tables, journals and scalars, generously."""
FLOAT32 = 4
PLENTY = 10
"""Of disk or memory there is plenty where this many times the need is free."""


def announce(stage: str, folder: Path, *, disk: int, memory: int) -> None:
    """Print what a stage needs, at most, beside what it has already, unless there is `PLENTY` of both.

    Args:
        folder: on the disk that is meant; need not exist.
        disk, memory: bytes; memory for data alone, on which come the libraries and what is worked out.

    Raises:
        UserError: there is less; says how much of what.
    """
    while not folder.exists():
        folder = folder.absolute().parent
    free_disk, free_memory = shutil.disk_usage(folder).free, available_memory()
    if PLENTY * disk > free_disk or PLENTY * memory > free_memory:
        print(f"{stage}: needs up to {readable(disk)} of disk and {readable(memory)} of memory for data", flush=True)
    _require("disk", disk, free_disk)
    _require("memory", memory, free_memory)


def available_memory() -> int:
    """Bytes of memory that this process can still have: of the machine, and within its control groups."""
    return min([psutil.virtual_memory().available, *_left_in_control_groups()])


def readable(size: int) -> str:
    """Bytes as a person reads them."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.3g} {unit}" if unit != "B" else f"{size} B"


def _require(what: str, need: int, free: int) -> None:
    if need > free:
        raise UserError(
            f"{readable(need)} of {what} are needed, {readable(free)} are free: free some, or record fewer epochs, "
            "layers or samples (params.yaml: record)"
        )


def _left_in_control_groups() -> Iterable[int]:
    """Of this process's control group, of all around it, and of those of version 1, where the machine has these.

    psutil, as MemAvailable of Linux, knows the machine alone, of which a container or a batch job may have a part.
    """
    for line in OWN_GROUPS.read_text().splitlines() if OWN_GROUPS.exists() else ():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _left_in_group_and_parents(CGROUPS, path, "memory.max", "memory.current", "")
        elif "memory" in controllers.split(","):
            root = CGROUPS / "memory"
            yield from _left_in_group_and_parents(
                root, path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"
            )


def _left_in_group_and_parents(root: Path, path: str, limit_file: str, usage_file: str, prefix: str) -> Iterable[int]:
    """Bytes below each limit; the prefix is that of statistics which include the groups within a group."""
    group = root / path.strip("/")
    for folder in (group, *group.parents):
        # In a container the path may be that of the host, and the group's own files are those of the root.
        if folder.is_relative_to(root) and (folder / limit_file).exists():
            limit = (folder / limit_file).read_text().strip()
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            if limit != "max":
                # Cached files count as used, but make way: also those that are active, which were read twice.
                cached = sum(int(statistics[prefix + kind]) for kind in ("inactive_file", "active_file"))
                yield int(limit) - int((folder / usage_file).read_text()) + cached
