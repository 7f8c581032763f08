"""What a worker is made: its threads, and its GPU."""

import os

import pytest
import torch

from infoplane.errors import UserError
from infoplane.running.workers import starting
from infoplane.running.workers.choice import GPUS
from infoplane.running.workers.threads import VARIABLES, Threads

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def test_workers_have_the_threads_of_the_one_that_starts_them(monkeypatch: pytest.MonkeyPatch):
    for variables in VARIABLES.values():
        for variable in variables:
            monkeypatch.setenv(variable, "1")  # to be put back
    before = Threads.here()
    try:
        starting.begin(before._replace(torch=before.torch + 1), [], 0)
        assert torch.get_num_threads() == before.torch + 1
        assert Threads.here() != before
    finally:
        before.use()
    assert Threads.here() == before


@pytest.mark.parametrize(("number", "gpu"), [(0, "4"), (1, "7"), (2, "4")])
def test_gpus_are_dealt_out_in_turn(number: int, gpu: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(starting.VISIBLE, "4,7")
    assert starting._gpus(CPU) == []
    starting.begin(Threads.here(), starting._gpus(CUDA), number)
    assert os.environ[starting.VISIBLE] == gpu


def test_one_a_gpu_needs_gpus(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert starting.local(GPUS, CUDA) == 3
    assert starting.local(5, CUDA) == 5
    assert starting.local("tcp://head:1", CPU) == 0
    with pytest.raises(UserError, match="workers = 'gpus': this machine has no CUDA device"):
        starting.local(GPUS, CPU)


def test_too_many_threads_are_told(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with starting.start(2, "estimate@mine", CPU):
            pass
    finally:
        torch.set_num_threads(threads)
    line = "estimate@mine: 2 workers of 3 threads each share 4 cores: faster with OMP_NUM_THREADS=2"
    assert line in capsys.readouterr().out
