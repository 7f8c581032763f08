"""train: data/dataset.zarr -> data/activations.zarr, data/layers.json, data/weights.safetensors, curves and scores."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import json
from pathlib import Path

from safetensors.torch import save

from infoplane.errors import UserError
from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.storage import dataset_store
from infoplane.storage.csv_files import write_table
from infoplane.training import recorded_training
from infoplane.training.score_tables import final_scores, gradients, scores

DATASET, ACTIVATIONS = Path("data/dataset.zarr"), Path("data/activations.zarr")
LAYERS = Path("data/layers.json")
WEIGHTS = Path("data/weights.safetensors")
SCORES, GRADIENTS, FINAL = Path("plots/training.csv"), Path("plots/gradients.csv"), Path("metrics/train.json")


def main() -> None:
    chosen = params.read()
    dataset = dataset_store.read(DATASET)
    if dataset.name != chosen.dataset:
        raise UserError(f"{DATASET} holds {dataset.name}, params.yaml asks for {chosen.dataset}: run `dvc repro`")
    device = devices.choose(chosen.device)
    samples = recorded_training.choose_samples(dataset, chosen)
    disk, memory = recorded_training.needs(samples, chosen)
    limits.announce("train", ACTIVATIONS, disk=max(disk - unfinished.size(), 0) + limits.TABLES, memory=memory)
    with unfinished.work("train", fingerprint.of_stage("train", device)) as work:
        trained = recorded_training.train(samples, chosen, device, work, ACTIVATIONS)
        WEIGHTS.write_bytes(save(trained.weights))
        sizes = {split: len(y) for split, (_, y) in samples.recorded.items()}
        LAYERS.write_text(json.dumps({"samples": sizes, "units": trained.units}, indent=2) + "\n")
        curves = scores(trained.repetitions)
        write_table(curves, SCORES)
        write_table(gradients(trained.repetitions), GRADIENTS)
        final = final_scores(curves)
        FINAL.parent.mkdir(parents=True, exist_ok=True)
        FINAL.write_text(json.dumps(final, indent=2) + "\n")
    print(f"after epoch {chosen.train.epochs}: " + ", ".join(f"{name} {value:.4f}" for name, value in final.items()))


if __name__ == "__main__":
    exit_in_one_line(main)
