"""What recording costs beside the network's forward pass, and its memory as samples grow.

    python -m benchmarks.recording                    # ResNet-50 at 224 x 224 pixels, random weights, 64 and 256 images

Prints the processor time of a plain forward pass over as many images, that of recording its stages pooled into a store,
and the peak of resident memory of a process that records n and 4n. A few minutes on two cores.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from infoplane.datasets.dataset import Dataset, Split
from infoplane.running.unfinished import Work
from infoplane.settings import params
from infoplane.settings.params import Params
from infoplane.settings.weights_series import checkpoints
from infoplane.storage import dataset_store
from infoplane.training import chosen_network, recorded_weights
from infoplane.training.batches import evaluating, evaluation_batch
from infoplane.training.recorded_samples import stored_samples

SHAPE, CLASSES = (3, 224, 224), 10
CPU = torch.device("cpu")


class RandomImages:
    """x of random numbers, made when it is sliced: a data set that is never in memory as a whole."""

    dtype = np.dtype(np.float32)

    def __init__(self, count: int):
        self.shape = (count, *SHAPE)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(len(self))
        return np.random.default_rng(start).standard_normal((stop - start, *SHAPE), dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--only", type=Path, help="record the data set in this folder; for its own use")
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(measured(chosen.only)))
        return
    for count in (chosen.images, 4 * chosen.images):
        with TemporaryDirectory() as folder:
            images: Split = Split(RandomImages(count), np.arange(count) % CLASSES)  # pyright: ignore[reportArgumentType]
            dataset_store.write(
                Dataset("mnist5k", images, images, CLASSES, "random", ""), Path(folder) / "dataset.zarr"
            )
            command = [sys.executable, "-m", "benchmarks.recording", "--only", folder]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        share = 1 - found["forward"] / found["record"]
        print(
            f"{count} images: forward {found['forward']:.1f} s, record {found['record']:.1f} s of processor time, "
            f"{share:.0%} beside the forward pass; peak {found['peak'] / 1e6:.0f} MB",
            flush=True,
        )


def settings() -> Params:
    chosen = params.read()
    record = {"splits": ["train"], "layers": ["layer1", "layer2", "layer3", "layer4", "avgpool"], "reduce": "pool"}
    return chosen.model_copy(
        update={
            "source": "record",
            "model": "torchvision:resnet50",
            "record": chosen.record.model_copy(update=record),
        }
    )


def measured(folder: Path) -> dict[str, float]:
    """Seconds of processor time of recording and of forward passes alone, and the peak of memory in bytes."""
    chosen = settings()
    chosen_network.datasets.shape_and_classes = lambda *_: (SHAPE, CLASSES)
    recorded, sizes = stored_samples(dataset_store.read(folder / "dataset.zarr", whole=False), chosen)
    (folder / "work").mkdir()
    started = time.process_time()
    recorded_weights.record(
        recorded, sizes, (), checkpoints(chosen), chosen, CPU, Work("train", folder / "work"), folder / "a.zarr"
    )
    record = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    network = chosen_network.build(chosen, CPU)
    x = torch.randn(1, *SHAPE)
    batch, left = evaluation_batch(network, x), len(recorded["train"].y)
    started = time.process_time()
    with evaluating(network):
        while left:
            network(x.expand(min(batch, left), -1, -1, -1).contiguous())
            left -= min(batch, left)
    return {"forward": time.process_time() - started, "record": record, "peak": peak}


if __name__ == "__main__":
    main()
