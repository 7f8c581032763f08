"""train: objectives/data/samples -> objectives/data/trained, objectives/plots/training.csv."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import shutil
from pathlib import Path

import pandas as pd

from infoplane.running import devices, fingerprint, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import objectives
from infoplane.storage.csv_files import write_table

SAMPLES, TRAINED = objectives.FOLDER / "data/samples", objectives.FOLDER / "data/trained"
TRAINING = Path("objectives/plots/training.csv")


def main() -> None:
    chosen = objectives.read()
    device = devices.choose(chosen.device)
    print_of = fingerprint.of_stage("train", device, objectives.FOLDER)
    with unfinished.work("objectives-train", print_of) as work:
        shutil.rmtree(TRAINED, ignore_errors=True)
        TRAINED.mkdir(parents=True)
        if chosen.task == "dependence":
            looks = pd.DataFrame(columns=["step"])
        elif chosen.task == "bottleneck":
            from infoplane.learning.bottleneck import recording
            from infoplane.storage import dataset_store

            dataset = dataset_store.read_for(chosen.bottleneck.dataset, SAMPLES / "dataset.zarr")
            looks = recording.train(dataset, chosen, device, work, TRAINED / "activations.zarr")
        else:
            from safetensors.torch import load_file, save_file

            from infoplane.learning import generators

            samples = load_file(SAMPLES / "samples.safetensors", device=str(device))
            looks, tensors = generators.train(samples, chosen, device, work)
            save_file(tensors, TRAINED / "generated.safetensors")
        write_table(looks, TRAINING)


if __name__ == "__main__":
    exit_in_one_line(main)
