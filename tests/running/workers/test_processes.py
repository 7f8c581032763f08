"""A pool of processes whose workers die: of a unit, of a signal, with the process that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infoplane.errors import UserError
from infoplane.running.workers.processes import TRIES, Processes
from infoplane.running.workers.units import Unit, results

SECONDS = 10.0


def begin(number: int) -> None:
    os.environ["NUMBER"] = str(number)


def square(x: int) -> int:
    return x * x


def whoami() -> tuple[int, int]:
    return os.getpid(), int(os.environ["NUMBER"])


def die_before(deaths: int, folder: Path) -> int:
    """Die until there are so many files, one for each death; then their number."""
    there = len(list(folder.iterdir()))
    if there < deaths:
        (folder / str(there)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return there


def refuse() -> None:
    raise ValueError("too few samples")


def unpicklable() -> object:
    return lambda: None


def hears_ctrl_c() -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def wait_long() -> None:
    time.sleep(60)


def test_every_unit_has_its_result_and_no_more_are_under_way_than_are_wanted():
    with Processes(2, begin) as pool:
        units = [Unit(str(x), square, (x,)) for x in range(20)]
        found = {unit.name: result for unit, result in results(pool, iter(units))}
        assert found == {str(x): x * x for x in range(20)}
        assert {pool.submit("", whoami).result()[1] for _ in range(20)} <= {0, 1}


def test_ctrl_c_is_for_the_process_that_started_them_even_in_the_first():
    script = (
        "import test_processes as test\n"
        "if __name__ == '__main__':\n"
        "    with test.Processes(1, test.begin) as pool:\n"
        "        print(pool.submit('', test.hears_ctrl_c).result())\n"
    )
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    started = subprocess.run([sys.executable, "-c", script], env=where, capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "False"


@pytest.mark.parametrize("deaths", [1, TRIES - 1])
def test_a_worker_that_dies_is_replaced_and_its_unit_done_again(
    tmp_path: Path, deaths: int, capfd: pytest.CaptureFixture
):
    with Processes(1, begin) as pool:
        before = pool.submit("", whoami).result()
        assert pool.submit("layer a", die_before, deaths, tmp_path).result() == deaths
        after = pool.submit("", whoami).result()
    assert before[0] != after[0]
    assert before[1] == after[1] == 0
    assert capfd.readouterr().err.count("another one does layer a again") == deaths


def test_a_unit_of_which_workers_die_again_and_again_is_named_and_the_others_go_on(tmp_path: Path):
    with Processes(1, begin) as pool:
        bad, good = pool.submit("layer a", die_before, 99, tmp_path), pool.submit("layer b", square, 3)
        with pytest.raises(UserError, match=r"^layer a: 3 workers died \(killed; of too little memory\?\)"):
            bad.result()
        assert good.result() == 9
    assert len(list(tmp_path.iterdir())) == TRIES


def test_an_error_is_that_of_the_unit_and_costs_no_worker():
    with Processes(1, begin) as pool:
        before = pool.submit("", whoami).result()
        with pytest.raises(ValueError, match=r"^too few samples\s") as caught:
            list(results(pool, [Unit("layer a", refuse, ())]))
        assert "in refuse" in caught.value.__notes__[0]
        assert caught.value.__notes__[1] == "in layer a"
        with pytest.raises(RuntimeError, match="pickle"):
            pool.submit("", unpicklable).result()
        with pytest.raises(Exception, match="pickle"):
            pool.submit("", lambda: None).result()
        assert pool.submit("", whoami).result() == before


def test_processes_end_with_the_block():
    with Processes(2, begin) as pool:
        started = [psutil.Process(pool.submit("", whoami).result()[0])]
        pool.submit("", wait_long)
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
    assert not any(process.is_running() for process in started)


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
if __name__ == "__main__":
    from test_processes import begin, wait_long, whoami
    from infoplane.running.workers.processes import Processes
    with Processes(1, begin) as pool:
        print(pool.submit("", whoami).result()[0], flush=True)
        pool.submit("", wait_long).result()
"""


def test_processes_end_with_the_one_that_started_them(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        worker = psutil.Process(int(starter.stdout.readline()))
        try:
            starter.kill()
            worker.wait(SECONDS)
        finally:
            if worker.is_running():
                worker.kill()
