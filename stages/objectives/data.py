"""data: nothing, or raw files, -> objectives/data/samples: points as a file of tensors, images as a store."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from infoplane.running.ends import exit_in_one_line
from infoplane.settings import objectives

SAMPLES = objectives.FOLDER / "data/samples"


def main() -> None:
    chosen = objectives.read()
    SAMPLES.mkdir(parents=True, exist_ok=True)
    if chosen.task == "dependence":
        return
    if chosen.task == "gan":
        from safetensors.torch import save_file

        from infoplane.learning.gan import runs

        save_file({"points": runs.draw_points(chosen.gan, chosen.seed)}, SAMPLES / "points.safetensors")
        return
    from infoplane import clone, datasets
    from infoplane.storage import dataset_store

    dataset_store.write(datasets.load(chosen.bottleneck.dataset, clone.raw()), SAMPLES / "dataset.zarr")


if __name__ == "__main__":
    exit_in_one_line(main)
