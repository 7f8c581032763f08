"""Test accuracy of networks after the default training on all of MNIST -> benchmarks/accuracy.csv and README.md.

    python benchmarks/accuracy.py mlp cnn lenet
    python benchmarks/accuracy.py resnet --epochs 3 -S models.resnet.stem=imagenet

-S is that of `dvc exp run`. A row is replaced when its network is trained again. `INFOPLANE_RAW` names the folder of
the raw files.
"""

import argparse
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch
from dvc.utils.hydra import apply_overrides
from tqdm import tqdm

from infoplane import clone, datasets, models
from infoplane.page.readme import replace_block
from infoplane.running import devices
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.training import chosen_network
from infoplane.training.loop import Tensors, train

TABLE = Path(__file__).with_suffix(".csv")
DATASET = "mnist"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("models", nargs="+", choices=models.names())
    arguments.add_argument("--epochs", type=int, help="default: those of params.yaml")
    arguments.add_argument("-S", dest="changes", action="append", default=[], help="change of params.yaml")
    chosen = arguments.parse_args()
    rows = pd.read_csv(TABLE).set_index("model") if TABLE.exists() else pd.DataFrame()
    for model in chosen.models:
        changes = [change.removeprefix(f"models.{model}.") for change in chosen.changes]
        row = pd.DataFrame([trained(model, chosen.epochs, chosen.changes)], index=[", ".join([model, *changes])])
        rows = pd.concat([rows.drop(index=row.index, errors="ignore"), row]).sort_index()
        rows.to_csv(TABLE, index_label="model", float_format="%.6g")
    replace_block("accuracy", markdown(rows))


def trained(model: str, epochs: int | None, changes: list[str]) -> dict[str, float | str]:
    """Train one network as params.yaml says, but for changes, on all of MNIST; its accuracy on the test data."""
    shorter = [] if epochs is None else [f"train.epochs={epochs}"]
    with TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        shutil.copy("params.yaml", path)
        apply_overrides(path, [f"model={model}", f"dataset={DATASET}", *shorter, *changes])
        settings = params.read(path)
    device = devices.choose(settings.device)
    data = datasets.load(DATASET, clone.raw())
    train_split, test_split = (
        Tensors(*(torch.from_numpy(part).to(device) for part in split)) for split in (data.train, data.test)
    )
    torch.manual_seed(settings.seed)
    network = chosen_network.build(settings, device)
    started = time.perf_counter()
    *_, last = tqdm(
        train(network, train_split, test_split, settings.train), total=settings.train.epochs + 1, desc=model
    )
    assert last.test is not None
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "epochs": settings.train.epochs,
        "test_accuracy": last.test.accuracy,
        "seconds": round(time.perf_counter() - started),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "2 CPU cores",
    }


def markdown(rows: pd.DataFrame) -> str:
    """The table of README.md."""
    lines = ["| network | parameters | epochs | test accuracy |", "| --- | ---: | ---: | ---: |"]
    for model, row in rows.iterrows():
        numbers = f"{int(row['parameters']):,}".replace(",", " "), int(row["epochs"]), float(row["test_accuracy"])
        lines.append("| `{}` | {} | {} | {:.2%} |".format(model, *numbers))
    return "\n".join(lines)


if __name__ == "__main__":
    exit_in_one_line(main)
