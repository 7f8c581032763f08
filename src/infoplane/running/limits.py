"""Disk and memory: what a stage will need, said and compared with what there is before it starts."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from infoplane.errors import UserError

CGROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
TABLES = 10_000_000
"""Bytes for tables, journals and scalars, generously."""
FLOAT32 = 4


def announce(stage: str, folder: Path, *, disk: int, memory: int) -> None:
    """Print what a stage needs, at most, beside what it has already.

    Args:
        folder: on the disk that is meant; need not exist.
        disk, memory: bytes; memory for data alone, on which come the libraries and what is worked out.

    Raises:
        UserError: there is less; says how much of what.
    """
    print(f"{stage}: needs up to {shown(disk)} of disk and {shown(memory)} of memory for data", flush=True)
    while not folder.exists():
        folder = folder.absolute().parent
    _require("disk", disk, shutil.disk_usage(folder).free)
    available = available_memory()
    if available is not None:
        _require("memory", memory, available)


def available_memory() -> int | None:
    """Bytes of memory that this process can still have, within its control group, too; None where nothing tells."""
    known = list(_of_the_machine()) + list(_of_the_groups())
    return min(known) if known else None


def shown(size: int) -> str:
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
            f"{shown(need)} of {what} are needed, {shown(free)} are free: free some, or record fewer epochs, layers or "
            "samples (params.yaml: record)"
        )


def _of_the_machine() -> Iterable[int]:
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        yield 1024 * int(fields["MemAvailable"].split()[0])


def _of_the_groups() -> Iterable[int]:
    """Of this process's control group, of all around it, and of those of version 1, where the machine has these."""
    for line in OWN_GROUPS.read_text().splitlines() if OWN_GROUPS.exists() else ():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _up_from(CGROUPS, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            root = CGROUPS / "memory"
            yield from _up_from(root, path, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def _up_from(root: Path, path: str, limit: str, used: str, cached: str) -> Iterable[int]:
    group = root / path.strip("/")
    for folder in (group, *group.parents):
        # In a container the path may be that of the host, and the group's own files are those of the root.
        if folder.is_relative_to(root) and (folder / limit).exists():
            most = (folder / limit).read_text().strip()
            fields = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            if most != "max":
                # Cached files count as used, but make way.
                yield int(most) - int((folder / used).read_text()) + int(fields[cached])
