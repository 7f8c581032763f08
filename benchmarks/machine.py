"""The machine that a measurement was made on, in a few lines."""

import os
import platform
from pathlib import Path

import numpy
import scipy
import sklearn
import torch


def describe() -> list[str]:
    """Processor, cores, memory, GPU, and versions of what computes."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB of memory; GPU: {gpu}",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, torch {torch.__version__} on "
        f"{torch.get_num_threads()} threads, NumPy {numpy.__version__}, SciPy {scipy.__version__}, "
        f"scikit-learn {sklearn.__version__}",
        f"load average of the last minute at the start: {os.getloadavg()[0]:.1f}",
    ]


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if not described.exists():
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in described.read_text().splitlines() if "model name" in line]
    return names[0] if names else platform.machine()
