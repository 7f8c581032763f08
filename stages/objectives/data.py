"""data: nothing, or raw files, -> objectives/data/samples: points, or digits and a classifier of them, as a file of
tensors; images of the bottleneck as a store."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from infoplane import clone
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import objectives

SAMPLES = objectives.FOLDER / "data/samples"


def main() -> None:
    chosen = objectives.read()
    SAMPLES.mkdir(parents=True, exist_ok=True)
    if chosen.task == "dependence":
        return
    if chosen.task == "bottleneck":
        from infoplane import datasets
        from infoplane.storage import dataset_store

        dataset_store.write(datasets.load(chosen.bottleneck.dataset, clone.raw()), SAMPLES / "dataset.zarr")
        return
    from safetensors.torch import save_file

    from infoplane.learning.gan import targets

    save_file(targets.samples_of(chosen, clone.raw()), SAMPLES / "samples.safetensors")


if __name__ == "__main__":
    exit_in_one_line(main)
