"""train, of source record: data/dataset.zarr and given weights -> what `train` writes, without training."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from pathlib import Path

from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.settings.weights_series import checkpoints
from infoplane.storage import dataset_store
from infoplane.training import made, recorded_weights
from infoplane.training.recorded_samples import stored_samples

DATASET = Path("data/dataset.zarr")


def main() -> None:
    chosen = params.read()
    dataset = dataset_store.read_for(chosen.dataset, DATASET, whole=False)
    device = devices.choose(chosen.device)
    recorded, sizes = stored_samples(dataset, chosen)
    series = checkpoints(chosen)
    disk, memory = recorded_weights.needs(recorded, series, chosen)
    limits.announce("train", made.ACTIVATIONS, disk=max(disk - unfinished.size(), 0) + limits.TABLES, memory=memory)
    with unfinished.work("train", fingerprint.of_stage("train", device)) as work:
        found = recorded_weights.record(
            recorded, sizes, dataset.class_names, series, chosen, device, work, made.ACTIVATIONS
        )
        samples = {split: len(y) for split, (_, y) in recorded.items()}
        made.write(samples, found.units, found.weights, [found.epochs])
    print(f"recorded {len(series)} checkpoint{'s' * (len(series) > 1)}, epochs {series[0].epoch} to {series[-1].epoch}")


if __name__ == "__main__":
    exit_in_one_line(main)
