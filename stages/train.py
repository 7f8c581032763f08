"""train: data/dataset.zarr -> data/activations.zarr, data/layers.json, data/weights.safetensors, curves and scores."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file
from tqdm import tqdm

from infoplane import activations, dataset_store, devices, params
from infoplane.datasets import Split
from infoplane.errors import UserError, exit_in_one_line
from infoplane.planes import write_table
from infoplane.recording import Recorder
from infoplane.schedule import recorded_epochs
from infoplane.training import Epoch, Score, Tensors, train

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
    torch.manual_seed(chosen.seed)
    network = params.build_network(chosen, device)
    recorder = Recorder(network, chosen.record.layers, pre_activation=chosen.record.pre_activation)
    splits = {"train": dataset.train, "test": dataset.test}
    splits["all"] = Split(*(np.concatenate(parts) for parts in zip(dataset.train, dataset.test, strict=True)))
    tensors = {name: Tensors(*(torch.from_numpy(part).to(device) for part in split)) for name, split in splits.items()}
    epochs = recorded_epochs(chosen.record.epochs, chosen.train.epochs)
    finished: list[Epoch] = []
    units: dict[str, int] = {}
    with activations.create(ACTIVATIONS, epochs) as writer:
        for split in chosen.record.splits:
            writer.add_split(split, *splits[split])
        try:
            for epoch in tqdm(
                train(network, tensors["train"], tensors["test"], chosen.train),
                total=chosen.train.epochs + 1,
                desc=f"train: {chosen.model} on {chosen.dataset}",
                mininterval=0.5,
            ):
                finished.append(epoch)
                if epoch.number in epochs:
                    for split in chosen.record.splits:
                        recorded = recorder.record(tensors[split].x)
                        writer.add_epoch(split, epoch.number, recorded)
                        units = {layer: t[0].size for layer, (t, *_) in recorded.items()}
        except FloatingPointError as error:
            raise UserError(f"{error}: lower train.lr = {chosen.train.lr}") from error
        writer.finish(
            splits=chosen.record.splits,
            layers=recorder.names,
            model=chosen.model,
            dataset=chosen.dataset,
            seed=chosen.seed,
        )
    save_file({name: value.contiguous().cpu() for name, value in network.state_dict().items()}, WEIGHTS)
    samples = {split: len(splits[split].y) for split in chosen.record.splits}
    LAYERS.write_text(json.dumps({"samples": samples, "units": units}, indent=2) + "\n")
    write_curves(finished)


def write_curves(epochs: list[Epoch]) -> None:
    """Loss and accuracy, and each layer's weights and gradients, per epoch; the last scores as metrics."""
    scores = pd.DataFrame([{"epoch": e.number, **_named("train", e.train), **_named("test", e.test)} for e in epochs])
    write_table(scores, SCORES)
    gradients = [(e.number, layer, *gradient) for e in epochs for layer, gradient in e.gradients.items()]
    write_table(
        pd.DataFrame(gradients, columns=["epoch", "layer", "weight_norm", "gradient_mean", "gradient_std"]), GRADIENTS
    )
    final = {str(name): round(float(value), 6) for name, value in scores.iloc[-1].items() if name != "epoch"}
    FINAL.parent.mkdir(parents=True, exist_ok=True)
    FINAL.write_text(json.dumps(final, indent=2) + "\n")
    print(f"after epoch {epochs[-1].number}: " + ", ".join(f"{name} {value:.4f}" for name, value in final.items()))


def _named(split: str, score: Score) -> dict[str, float]:
    return {f"{split}_{name}": value for name, value in score._asdict().items() if value is not None}


if __name__ == "__main__":
    exit_in_one_line(main)
