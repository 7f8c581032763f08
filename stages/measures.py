"""measures: data/activations.zarr -> plots/measures.csv, plots/cka.csv: layers beside their information."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane.planes.measures import Measure, measures
from infoplane.planes.sampling import Sampled
from infoplane.planes.similarity import similarity
from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.journal import Journal
from infoplane.settings import params
from infoplane.settings.measures import chosen as chosen_measures
from infoplane.storage.activations import Activations
from infoplane.storage.csv_files import write_table

ACTIVATIONS, TABLE, CKA, STAGE = (
    Path("data/activations.zarr"),
    Path("plots/measures.csv"),
    Path("plots/cka.csv"),
    "measures",
)
FLOAT64 = 8


def main() -> None:
    chosen = params.read()
    section = chosen.measures
    device = devices.choose(chosen.device)
    activations = Activations(ACTIVATIONS)
    by_label = {
        each.label: Measure(each.named.load(), each.defaults | each.keywords, "seed" in each.named.keywords())
        for each in chosen_measures(section)
    }
    # A layer, and of each one that is compared with others at once a matrix of n x n at most.
    compared = max(len(activations.layers), min(section.epochs, len(activations.epochs)))
    memory = activations.largest(1) + FLOAT64 * compared * section.samples**2
    limits.announce(STAGE, ACTIVATIONS, disk=limits.TABLES, memory=memory)
    with unfinished.work(STAGE, fingerprint.of_stage(STAGE, device)) as work:
        journal = Journal(work)
        sampled = Sampled(activations, epochs=section.epochs, samples=section.samples, seed=chosen.seed, device=device)
        write_table(measures(sampled, by_label, seed=chosen.seed, journal=journal), TABLE)
        write_table(similarity(sampled, unbiased=section.cka == "unbiased", journal=journal), CKA)


if __name__ == "__main__":
    exit_in_one_line(main)
