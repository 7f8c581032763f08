"""train: data/dataset.zarr -> data/activations.zarr, data/layers.json, data/weights.safetensors, curves and scores."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from contextlib import ExitStack
from pathlib import Path

from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.workers import choice, starting
from infoplane.settings import params
from infoplane.storage import dataset_store
from infoplane.training import made, recorded_training, spread_training
from infoplane.training.recorded_samples import choose_samples

DATASET = Path("data/dataset.zarr")


def main() -> None:
    text = params.read_text()
    chosen = params.parse(text)
    workers = choice.choose(chosen.workers)
    dataset = dataset_store.read_for(chosen.dataset, DATASET)
    device = devices.choose(chosen.device)
    samples = choose_samples(dataset, chosen)
    disk, memory = recorded_training.needs(samples, chosen)
    memory *= min(max(1, starting.local(workers, device)), chosen.train.repetitions)
    limits.announce("train", made.ACTIVATIONS, disk=max(disk - unfinished.size(), 0) + limits.TABLES, memory=memory)
    with unfinished.work("train", fingerprint.of_stage("train", device)) as work, ExitStack() as stack:
        way = None
        if workers != 1 and chosen.train.repetitions > 1:
            started = stack.enter_context(starting.start(workers, "train", device))
            way = spread_training.spread(started, text, DATASET)
        trained = recorded_training.train(samples, chosen, device, work, made.ACTIVATIONS, made.live_curves(), way)
        sizes = {split: len(y) for split, (_, y) in samples.recorded.items()}
        final = made.write(sizes, trained.units, trained.weights, trained.repetitions)
    print(f"after epoch {chosen.train.epochs}: " + ", ".join(f"{name} {value:.4f}" for name, value in final.items()))


if __name__ == "__main__":
    exit_in_one_line(main)
