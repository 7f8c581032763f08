"""`dvc repro` on workers that SLURM starts: python docs/slurm.py 100 (docs/scale.md)."""

import os
import subprocess
import sys

from dask_jobqueue import SLURMCluster

# A worker is a process of one thread, and one job; a queue, an account, GPUs: job_extra_directives=["--gres=gpu:1"].
JOB = {"cores": 1, "processes": 1, "memory": "4GB", "walltime": "04:00:00"}
ENVIRONMENT = "export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE"
# Dask would have memory go back to the system after each step of a training.
MEMORY = "export MALLOC_TRIM_THRESHOLD_=134217728 MALLOC_MMAP_THRESHOLD_=33554432"


def cluster() -> SLURMCluster:
    """A scheduler in this process, and jobs whose workers start in the clone, with this Python."""
    prologue = [f"cd {os.getcwd()}", ENVIRONMENT, MEMORY]
    return SLURMCluster(**JOB, job_script_prologue=prologue, scheduler_options={"dashboard_address": None})


if __name__ == "__main__":
    with cluster() as workers:
        workers.scale(jobs=int(sys.argv[1]))
        environment = os.environ | {"INFOPLANE_SCHEDULER": workers.scheduler_address, "OMP_NUM_THREADS": "1"}
        sys.exit(subprocess.run(["dvc", "repro", *sys.argv[2:]], env=environment, check=False).returncode)
