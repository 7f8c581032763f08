"""train: data/dataset.zarr -> data/activations.zarr, data/layers.json, data/weights.safetensors, curves and scores."""

import infoplane.quiet  # noqa: F401  # isort: skip

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from tqdm import tqdm

from infoplane import activations, chosen_network, dataset_store, devices, fingerprint, limits, params, partial
from infoplane.checkpoints import Checkpoints
from infoplane.datasets import Dataset, Split
from infoplane.errors import UserError, exit_in_one_line
from infoplane.planes import write_table
from infoplane.recording import Recorder
from infoplane.schedule import recorded_epochs
from infoplane.training import Epoch, Tensors, Training
from infoplane.training_tables import final_scores, gradients, scores

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
    _announce_needs(chosen, dataset)
    with partial.work("train", fingerprint.of_stage("train", device)) as work:
        train(chosen, dataset, device, work)


def train(chosen: params.Params, dataset: Dataset, device: torch.device, work: partial.Work) -> None:
    """Train every repetition, from where an interrupted run ended, and write all outs."""
    train_split, recorded = samples(dataset, chosen)
    to_train, to_test, *to_record = (
        Tensors(*(torch.from_numpy(part).to(device) for part in split))
        for split in (train_split, dataset.test, *recorded.values())
    )
    epochs = recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    repetitions = chosen.train.repetitions
    finished: list[list[Epoch]] = []
    weights: dict[str, torch.Tensor] = {}
    checkpoints = Checkpoints(work, repetitions)
    with (
        activations.create(
            ACTIVATIONS,
            epochs,
            repetitions,
            allow_diverged=chosen.record.allow_diverged,
            at=checkpoints.store,
            restored=checkpoints.of_store,
        ) as writer,
        tqdm(
            total=repetitions * (chosen.train.epochs + 1),
            initial=checkpoints.epochs,
            desc=f"train: {chosen.model} on {chosen.dataset}",
            mininterval=0.5,
        ) as bar,
    ):
        for split in recorded:
            writer.add_split(split, *recorded[split])
        for repetition in range(repetitions):
            torch.manual_seed(chosen.seed + repetition)
            network = chosen_network.build(chosen, device)
            recorder = Recorder(network, chosen.record.layers, pre_activation=chosen.record.pre_activation)
            training = Training(network, to_train, to_test, chosen.train, allow_diverged=chosen.record.allow_diverged)
            finished.append(checkpoints.put_back(repetition, training))
            try:
                for epoch in training.epochs():
                    finished[repetition].append(epoch)
                    if epoch.number in epochs:
                        for split, tensors in zip(recorded, to_record, strict=True):
                            writer.add_epoch(split, repetition, epoch.number, recorder.record(tensors.x))
                    checkpoints.save(repetition, training, finished[repetition], writer)
                    bar.update()
            except FloatingPointError as error:
                raise UserError(f"{error}: lower train.lr = {chosen.train.lr}") from error
            of_repetition = f"repetition{repetition}." if repetitions > 1 else ""
            weights |= {f"{of_repetition}{k}": v.contiguous().cpu() for k, v in network.state_dict().items()}
        units = writer.units()
        writer.finish(
            splits=chosen.record.splits,
            layers=recorder.names,
            model=chosen.model,
            dataset=chosen.dataset,
            seed=chosen.seed,
        )
    WEIGHTS.write_bytes(save(weights))
    sizes = {split: len(y) for split, (_, y) in recorded.items()}
    LAYERS.write_text(json.dumps({"samples": sizes, "units": units}, indent=2) + "\n")
    write_table(scores(finished), SCORES)
    write_table(gradients(finished), GRADIENTS)
    final = final_scores(finished)
    FINAL.parent.mkdir(parents=True, exist_ok=True)
    FINAL.write_text(json.dumps(final, indent=2) + "\n")
    print(f"after epoch {chosen.train.epochs}: " + ", ".join(f"{name} {value:.4f}" for name, value in final.items()))


def _announce_needs(chosen: params.Params, dataset: Dataset) -> None:
    _, recorded = samples(dataset, chosen)
    network = chosen_network.build(chosen, "cpu")
    recorder = Recorder(network, chosen.record.layers, pre_activation=chosen.record.pre_activation)
    of_two = recorder.record(torch.from_numpy(dataset.test.x[:2]))
    of_one = sum(t.nbytes + (0 if std is None else std.nbytes) for t, _, std in of_two.values()) // 2
    epochs = recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    counts = [len(y) for _, y in recorded.values()]
    entries = chosen.train.repetitions * len(epochs) * sum(counts)
    had = sum(path.stat().st_size for path in partial.PARTIAL.rglob("*") if path.is_file())
    disk = entries * of_one + sum(x.nbytes + y.nbytes for x, y in recorded.values())
    # A split's layers at one epoch, in batches and as a whole, and the data on the device.
    memory = 2 * max(counts) * of_one + sum(x.nbytes for x, _ in (dataset.train, dataset.test, *recorded.values()))
    limits.announce("train", ACTIVATIONS, disk=max(disk - had, 0) + limits.TABLES, memory=memory)


def samples(dataset: Dataset, chosen: params.Params) -> tuple[Split, dict[str, Split]]:
    """The samples to train on, and for each recorded split those to record; `all` is the whole data set."""
    count = max(1, round(chosen.train.fraction * len(dataset.train.y)))
    train_split = dataset.train.draw(count, chosen.seed)
    splits = {"train": train_split, "test": dataset.test}
    splits["all"] = Split(*(np.concatenate(parts) for parts in zip(dataset.train, dataset.test, strict=True)))
    recorded = {split: splits[split] for split in chosen.record.splits}
    if chosen.record.samples is not None:
        recorded = {name: split.draw(chosen.record.samples, chosen.seed) for name, split in recorded.items()}
    return train_split, recorded


if __name__ == "__main__":
    exit_in_one_line(main)
