"""make repro JOBS=4: stages that read the same activations side by side, and then `dvc repro` for whatever is left.

`dvc repro` runs stages in turn. Several of it may run at once: each holds what its stage reads and writes, and not the
repository, while the stage's command runs. Where DVC does not let one begin, the last `dvc repro` runs its stage.
"""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from infoplane.errors import UserError
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params

ALONE = ("resolution", "measures", "readout")
"""Stages of no estimator that read the activations and nothing later."""


def main() -> None:
    if not sys.argv[1].isdigit() or (jobs := int(sys.argv[1])) < 1:
        raise UserError(f"JOBS = {sys.argv[1]!r}: must be a number of stages from 1")
    subprocess.run(["dvc", "repro", "train"], check=False)
    stages = [f"{stage}@{key}" for stage in ("estimate", "validate") for key in params.read().estimators]
    with ThreadPoolExecutor(jobs) as executor:
        begun = {executor.submit(run, stage): stage for stage in (*stages, *ALONE)}
        for future in as_completed(begun):
            print(future.result(), flush=True)
    sys.exit(subprocess.run(["dvc", "repro"], check=False).returncode)


def run(stage: str) -> str:
    """Run one stage if it has changed: how that ended."""
    started = time.monotonic()
    done = subprocess.run(["dvc", "repro", "--single-item", stage], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        return f"{stage}: not done yet ({''.join(last)})"
    if f"Running stage '{stage}'" not in done.stdout:
        return f"{stage}: nothing has changed"
    return f"{stage}: {time.monotonic() - started:.0f} s"


if __name__ == "__main__":
    exit_in_one_line(main)
