"""train, of source import: activations that were made elsewhere -> what `train` writes, without network or training."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

from infoplane.running import limits
from infoplane.running.ends import exit_in_one_line
from infoplane.settings import params
from infoplane.settings.imported import imported
from infoplane.training import imported_activations, made
from infoplane.training.loop import Epoch


def main() -> None:
    chosen = params.read()
    content = imported(chosen)
    disk, memory = imported_activations.needs(content, chosen)
    limits.announce("train", made.ACTIVATIONS, disk=disk + limits.TABLES, memory=memory)
    samples, units = imported_activations.copy(content, chosen, made.ACTIVATIONS)
    made.write(samples, units, {}, [[Epoch(epoch, None, None, {}) for epoch in content.epochs]])
    counts = ", ".join(f"{n} of {split}" for split, n in samples.items())
    print(f"imported {len(units)} layers at {len(content.epochs)} epochs, samples: {counts}")


if __name__ == "__main__":
    exit_in_one_line(main)
