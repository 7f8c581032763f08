"""How a stage ends: with one line, whatever the user or the disk does."""

import errno
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infoplane.errors import UserError
from infoplane.running.ends import exit_in_one_line


def stops_with(error: BaseException) -> str:
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as stopped:
        exit_in_one_line(main)
    return str(stopped.value.code)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("params.yaml: seed is missing"), "error: params.yaml: seed is missing"),
        (OSError(errno.ENOSPC, "No space left on device"), "error: the disk: no space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "plots"), "error: plots: permission denied"),
    ],
)
def test_what_the_user_can_mend_is_one_line(error: BaseException, line: str):
    assert stops_with(error) == line


def test_a_mistake_in_the_code_keeps_its_traceback():
    def main() -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "nothing")

    with pytest.raises(FileNotFoundError):
        exit_in_one_line(main)


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_a_stage_at_once(kind: signal.Signals, tmp_path: Path):
    script = tmp_path / "stage.py"
    script.write_text(
        "import time\nfrom infoplane.running.ends import exit_in_one_line\n"
        "def main():\n    print('started', flush=True)\n    time.sleep(60)\nexit_in_one_line(main)\n"
    )
    stage = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert stage.stdout is not None
    assert stage.stdout.readline() == "started\n"
    started = time.monotonic()
    stage.send_signal(kind)
    _, errors = stage.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert errors == "interrupted\n"
    assert stage.returncode == 1
