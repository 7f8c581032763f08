"""measure: objectives/data/trained -> objectives/plots/measures.csv, objectives/metrics.json."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import json
from pathlib import Path

from infoplane.running import devices, fingerprint, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.journal import Journal
from infoplane.settings import objectives
from infoplane.storage.csv_files import read_table, write_table

SAMPLES, TRAINED = objectives.FOLDER / "data/samples", objectives.FOLDER / "data/trained"
TRAINING, MEASURES = Path("objectives/plots/training.csv"), Path("objectives/plots/measures.csv")
METRICS = Path("objectives/metrics.json")


def main() -> None:
    chosen = objectives.read()
    device = devices.choose(chosen.device)
    print_of = fingerprint.of_stage("measure", device, objectives.FOLDER)
    with unfinished.work("objectives-measure", print_of) as work:
        if chosen.task == "dependence":
            from infoplane.learning import dependence as measuring

            table = measuring.measure(chosen, device, work)
        elif chosen.task == "bottleneck":
            from infoplane.learning.bottleneck import measuring
            from infoplane.storage.activations import Activations

            activations = Activations(TRAINED / "activations.zarr")
            table = measuring.measure(activations, read_table(TRAINING), chosen, device, Journal(work))
        else:
            from safetensors.torch import load_file

            if chosen.task == "bigan":
                from infoplane.learning.bigan import measuring
            else:
                from infoplane.learning.gan import measuring
            table = measuring.measure(
                load_file(TRAINED / "generated.safetensors"),
                load_file(SAMPLES / "samples.safetensors"),
                chosen,
                Journal(work),
            )
        print("\n".join(measuring.in_markdown(table)))
        write_table(table, MEASURES)
        METRICS.write_text(json.dumps(measuring.summary(table), indent=2) + "\n")


if __name__ == "__main__":
    exit_in_one_line(main)
