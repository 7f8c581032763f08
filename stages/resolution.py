"""resolution: data/activations.zarr -> plots/resolution.csv: what each layer tells apart in noise of several sizes."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane.planes.resolution import resolution
from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.journal import Journal
from infoplane.settings import params
from infoplane.storage.activations import Activations
from infoplane.storage.csv_files import write_table

ACTIVATIONS, TABLE, STAGE = Path("data/activations.zarr"), Path("plots/resolution.csv"), "resolution"


def main() -> None:
    chosen = params.read()
    device = devices.choose(chosen.device)
    activations = Activations(ACTIVATIONS)
    limits.announce(STAGE, ACTIVATIONS, disk=limits.TABLES, memory=activations.largest(1))
    with unfinished.work(STAGE, fingerprint.of_stage(STAGE, device)) as work:
        table = resolution(
            activations,
            noise_std=chosen.resolution.noise_std,
            epochs=chosen.resolution.epochs,
            seed=chosen.seed,
            device=device,
            journal=Journal(work),
        )
        write_table(table, TABLE)


if __name__ == "__main__":
    exit_in_one_line(main)
