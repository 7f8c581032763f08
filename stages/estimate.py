"""estimate@<key>: data/activations.zarr -> plots/mi/<key>.csv, plots/diagnostics/<key>.csv, metrics/mi/<key>.json."""

import json
import sys
from pathlib import Path

from infoplane import devices, params
from infoplane.activations import Activations
from infoplane.errors import exit_in_one_line
from infoplane.estimation import estimate_plane
from infoplane.planes import summary, tables, write_table

ACTIVATIONS = Path("data/activations.zarr")


def main() -> None:
    key = sys.argv[1]
    chosen = params.read()
    run = params.estimator(chosen, key)
    pieces = estimate_plane(
        run.module.estimate,
        Activations(ACTIVATIONS),
        keywords=run.keywords,
        parts=run.parts,
        seed=chosen.seed,
        device=devices.choose(chosen.device),
        name=key,
    )
    plane, diagnostics = tables(key, pieces)
    write_table(plane, Path(f"plots/mi/{key}.csv"))
    write_table(diagnostics, Path(f"plots/diagnostics/{key}.csv"))
    scalars = Path(f"metrics/mi/{key}.json")
    scalars.parent.mkdir(parents=True, exist_ok=True)
    scalars.write_text(json.dumps(summary(plane), indent=2) + "\n")


if __name__ == "__main__":
    exit_in_one_line(main)
