"""A stage ends when the `dvc` that started it is killed, also where a shell stands between the two."""

import os
import subprocess
import sys

import psutil
import pytest

SECONDS = 2.0
STAGE = """
import os, time
from infoplane.running import interrupts
interrupts.end_with_dvc()
print(os.getpid(), flush=True)
time.sleep(60)
"""
DVC = "import subprocess, sys; subprocess.run(['sh', '-c', sys.argv[1]])"


@pytest.mark.parametrize("shell_between", [False, True])
def test_a_stage_ends_with_the_dvc_that_started_it(shell_between: bool):
    stage = f"{sys.executable} -c '{STAGE}'"
    command = f"{stage}; true" if shell_between else f"exec {stage}"
    with subprocess.Popen(
        [sys.executable, "-c", DVC, command], stdout=subprocess.PIPE, env=os.environ | {"DVC_STAGE": "train"}
    ) as dvc:
        assert dvc.stdout is not None
        process = psutil.Process(int(dvc.stdout.readline()))
        try:
            dvc.kill()  # and nobody takes note of its end yet
            process.wait(SECONDS)
        finally:
            if process.is_running():
                process.kill()
