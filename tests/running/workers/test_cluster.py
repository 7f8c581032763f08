"""Units on a Dask cluster of this machine: its workers die, are of other code, or are not there."""

import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from conftest import ROOT
from infoplane.errors import UserError
from infoplane.running.workers import cluster
from infoplane.running.workers.cluster import Cluster
from infoplane.running.workers.units import Unit, results

pytestmark = pytest.mark.slow
distributed = pytest.importorskip("distributed", reason="Dask is an extra (make extras)")
CPU = torch.device("cpu")


def squared(x: int) -> int:
    return x * x


def killed_once(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def threads() -> int:
    return torch.get_num_threads()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers, which a nanny starts again."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as here:
        yield here.scheduler_address


def test_units_of_workers_that_die_are_done_again(address: str, tmp_path: Path):
    with cluster.connect(address, "train", CPU) as pool:
        units = [Unit("death", killed_once, (tmp_path / "mark",)), *(Unit(str(x), squared, (x,)) for x in range(80))]
        found = {unit.name: result for unit, result in results(pool, units)}
        assert found == {"death": "done"} | {str(x): x * x for x in range(80)}
        assert pool.submit("", threads).result() == torch.get_num_threads()


def test_a_unit_of_which_workers_die_again_and_again_is_named(address: str):
    with cluster.connect(address, "train", CPU) as pool, pytest.raises(UserError, match=r"^layer a: each worker died"):
        pool.submit("layer a", kill).result()


def test_a_worker_of_other_code_or_without_a_gpu_is_named(address: str):
    with cluster.connect(address, "train", CPU) as pool:
        assert isinstance(pool, Cluster)
        as_here = pool._as_here
        pool._as_here = as_here._replace(identity=as_here.identity | {"torch": "0.1"})
        with pytest.raises(UserError, match=r"the worker on \S+ has torch \S+ for 0.1: start it again"):
            pool.submit("", squared, 2).result()
        pool._as_here = as_here._replace(root=Path("/no/such/folder"))
        with pytest.raises(UserError, match="has no /no/such/folder: workers need the clone"):
            pool.submit("", squared, 2).result()
        if not torch.cuda.is_available():
            pool._as_here = as_here._replace(device="cuda")
            with pytest.raises(UserError, match="has no CUDA device"):
                pool.submit("", squared, 2).result()


def test_a_scheduler_that_goes_is_one_line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture):
    monkeypatch.setattr(cluster, "SECONDS", 60)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    with (
        subprocess.Popen([*command, "--no-dashboard"], stderr=subprocess.DEVNULL) as scheduler,
        cluster.connect(f"tcp://127.0.0.1:{port}", "train", CPU) as pool,
    ):
        future = pool.submit("layer a", squared, 2)
        scheduler.kill()
        with pytest.raises(UserError, match=rf"^layer a: the scheduler tcp://127.0.0.1:{port} is gone"):
            future.result(60)
    said = capfd.readouterr().err
    assert said == f"train: the scheduler tcp://127.0.0.1:{port} has no workers yet; waiting for some\n"


def test_no_scheduler_and_no_dask_are_one_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "SECONDS", 0.5)
    started = time.monotonic()
    with (
        pytest.raises(UserError, match="no scheduler of Dask answers there"),
        cluster.connect("tcp://127.0.0.1:9", "train", CPU),
    ):
        pass
    assert time.monotonic() - started < 10
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(UserError, match="the package `distributed` is missing: run `make extras`"),
        cluster.connect("tcp://127.0.0.1:9", "train", CPU),
    ):
        pass


def test_jobs_of_slurm_start_workers_in_the_clone():
    pytest.importorskip("dask_jobqueue", reason="an extra (make extras)")
    started = runpy.run_path(str(ROOT / "docs/slurm.py"))["cluster"]()
    try:
        script = started.job_script()
    finally:
        started.close()
    assert f"cd {Path.cwd()}\n" in script
    assert f"{sys.executable} -m distributed.cli.dask_worker tcp://" in script
    assert "--nthreads 1 " in script
