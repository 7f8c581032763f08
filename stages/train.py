"""train: data/dataset.zarr -> data/activations.zarr, data/layers.json, data/weights.safetensors, curves and scores."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from contextlib import ExitStack
from pathlib import Path

from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.workers import choice, starting
from infoplane.settings import params
from infoplane.storage import dataset_store
from infoplane.training import early_stopping, finished_training, made, recorded_training, spread_training
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
    of_stage = fingerprint.of_stage("train", device)
    with unfinished.work("train", of_stage) as work, ExitStack() as stack:
        finished_training.take_up(work, of_stage, chosen)
        way = None
        if workers != 1 and chosen.train.repetitions > 1:
            started = stack.enter_context(starting.start(workers, "train", device))
            way = spread_training.spread(started, text, DATASET)
        trained = recorded_training.train(samples, chosen, device, work, made.ACTIVATIONS, made.live_curves(), way)
        sizes = {split: len(y) for split, (_, y) in samples.recorded.items()}
        final = made.write(sizes, trained.units, trained.weights, trained.repetitions)
        finished_training.keep(work, of_stage, chosen)
    epochs = trained.repetitions[0]
    print(f"after epoch {epochs[-1].number}: " + ", ".join(f"{name} {value:.4f}" for name, value in final.items()))
    if reason := early_stopping.reason(epochs, chosen.train.early_stopping):
        print(reason)


if __name__ == "__main__":
    exit_in_one_line(main)
