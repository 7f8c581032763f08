"""readout: data/activations.zarr -> plots/readout.csv: what classifiers read from one frozen layer."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane.readout.table import table
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.storage.csv_files import write_table

ACTIVATIONS, TABLE, STAGE = Path("data/activations.zarr"), Path("plots/readout.csv"), "readout"


def main() -> None:
    chosen = params.read()
    if chosen.readout.layer is None:
        write_table(table([]), TABLE)
        return
    # importing torch takes seconds, for which a run without a readout need not wait
    from infoplane.readout.measuring import readout
    from infoplane.running import devices, fingerprint, limits, unfinished
    from infoplane.running.journal import Journal
    from infoplane.storage.activations import Activations

    device = devices.choose(chosen.device)
    activations = Activations(ACTIVATIONS)
    memory = len(activations.splits) * activations.largest(1)
    limits.announce(STAGE, ACTIVATIONS, disk=limits.TABLES, memory=memory)
    with unfinished.work(STAGE, fingerprint.of_stage(STAGE, device)) as work:
        found = readout(
            activations,
            **chosen.readout.model_dump(),
            seed=chosen.seed,
            device=device,
            journal=Journal(work),
        )
        write_table(found, TABLE)


if __name__ == "__main__":
    exit_in_one_line(main)
