"""A stage ends when the `dvc` that started it is killed, also where a shell stands between the two."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from conftest import ROOT

SECONDS = 2.0
STAGE = """
import os, time
from infoplane.running import interrupts
interrupts.end_with_dvc()
print(os.getpid(), flush=True)
time.sleep(60)
"""
LATE = """
import os, time
print(os.getpid(), flush=True)
time.sleep(0.5)  # as long as the imports before the next line may take
import infoplane.running.quiet
time.sleep(60)
"""
DVC = "import subprocess, sys; subprocess.run(['sh', '-c', sys.argv[1]])"


@pytest.mark.parametrize("shell_between", [False, True])
def test_a_stage_ends_with_the_dvc_that_started_it(shell_between: bool):
    stage = f"{sys.executable} -c '{STAGE}'"
    command = f"{stage}; true" if shell_between else f"exec {stage}"
    assert_ends(command, Path())


@pytest.mark.parametrize("shell_between", [False, True])
def test_a_stage_ends_though_dvc_was_killed_while_python_had_hardly_begun(shell_between: bool, tmp_path: Path):
    (tmp_path / "stages").mkdir()
    shutil.copy(ROOT / "stages/run", tmp_path / "stages")
    (tmp_path / "stages/late.py").write_text(LATE)
    (tmp_path / "src").symlink_to(ROOT / "src")
    assert_ends("stages/run late; true" if shell_between else "exec stages/run late", tmp_path)


def assert_ends(command: str, folder: Path) -> None:
    """Check that a stage ends when the DVC that has started it is killed as soon as the stage has told its number."""
    with subprocess.Popen(
        [sys.executable, "-c", DVC, command],
        stdout=subprocess.PIPE,
        env=os.environ | {"DVC_STAGE": "train", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        cwd=folder,
    ) as dvc:
        assert dvc.stdout is not None
        process = psutil.Process(int(dvc.stdout.readline()))
        try:
            dvc.kill()  # and nobody takes note of its end yet
            process.wait(SECONDS)
        finally:
            if process.is_running():
                process.kill()
