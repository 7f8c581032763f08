"""Starting the workers that were chosen."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch

from infoplane.errors import UserError
from infoplane.running import devices
from infoplane.running.workers.choice import GPUS, Workers, is_address
from infoplane.running.workers.processes import Processes
from infoplane.running.workers.threads import Threads
from infoplane.running.workers.units import Pool

VISIBLE = "CUDA_VISIBLE_DEVICES"


@contextmanager
def start(workers: Workers, stage: str, device: torch.device) -> Iterator[Pool]:
    """Yield a pool of the chosen workers.

    Raises:
        UserError: there are no GPUs, or no such scheduler.
    """
    if isinstance(workers, str) and is_address(workers):
        from infoplane.running.workers import cluster  # an extra

        with cluster.connect(workers, stage, device) as connected:
            yield connected
        return
    count, threads = local(workers, device), Threads.here()
    cores = len(os.sched_getaffinity(0))
    if device.type == "cpu" and count * threads.torch > max(cores, threads.torch):
        print(
            f"{stage}: {count} workers of {threads.torch} threads each share {cores} cores: faster with "
            f"OMP_NUM_THREADS={max(1, cores // count)}, which rounds in another way",
            flush=True,
        )
    with Processes(count, partial(begin, threads, _gpus(device))) as processes:
        yield processes


def local(workers: Workers, device: torch.device) -> int:
    """How many processes of this machine these are.

    Raises:
        UserError: one a GPU is asked for, and there is none, or another device is computed on.
    """
    if isinstance(workers, int):
        return workers
    if workers != GPUS:
        return 0
    if device.type != "cuda":
        raise UserError(f"workers = {GPUS!r}: this machine has no CUDA device, or `device` is another one")
    return torch.cuda.device_count()


def begin(threads: Threads, gpus: list[str], number: int) -> None:
    """Make a process a worker, with as many threads as the process that started it, and with one of the GPUs."""
    if gpus:
        os.environ[VISIBLE] = gpus[number % len(gpus)]  # before CUDA starts in this process
    threads.use()
    devices.deterministic()


def _gpus(device: torch.device) -> list[str]:
    """The GPUs of this process, as CUDA names them; none where another device computes."""
    if device.type != "cuda":
        return []
    given = os.environ.get(VISIBLE)
    return given.split(",") if given else [str(i) for i in range(torch.cuda.device_count())]
