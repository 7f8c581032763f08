"""estimate@<key>: data/activations.zarr -> plots/mi/<key>.csv, plots/diagnostics/<key>.csv, metrics/mi/<key>.json."""

import infoplane.running.quiet  # noqa: F401  # isort: skip

import json
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from infoplane.planes import blocks, spread
from infoplane.planes.captions import with_measured
from infoplane.planes.data_processing import flag_breaches
from infoplane.planes.given_label import with_mi_given_label
from infoplane.planes.plane import EPOCHS_AT_A_TIME, estimate_plane
from infoplane.planes.tables import summary, tables
from infoplane.running import devices, fingerprint, limits, unfinished
from infoplane.running.ends import exit_in_one_line
from infoplane.running.journal import Journal
from infoplane.running.workers import choice, starting
from infoplane.settings import params
from infoplane.storage.activations import Activations
from infoplane.storage.csv_files import write_table

ACTIVATIONS = Path("data/activations.zarr")


def main() -> None:
    key = sys.argv[1]
    chosen = params.read()
    run = params.estimator(chosen, key)
    device = devices.choose(chosen.device)
    workers = choice.choose(chosen.workers)
    activations = Activations(ACTIVATIONS)
    stage = f"estimate@{key}"
    of_one = blocks.memory(activations, EPOCHS_AT_A_TIME[device.type], parts=run.parts, streams=run.streams)
    memory = of_one * max(1, starting.local(workers, device))
    limits.announce(stage, ACTIVATIONS, disk=limits.TABLES, memory=memory)
    with unfinished.work(stage, fingerprint.of_stage(stage, device)) as work, ExitStack() as stack:
        asked: dict[str, Any] = {
            "keywords": run.keywords,
            "parts": run.parts,
            "streams": run.streams,
            "seed": chosen.seed,
            "device": device,
            "name": key,
            "journal": Journal(work),
        }
        if workers == 1:
            pieces = estimate_plane(run.module.estimate, activations, **asked)
        else:
            started = stack.enter_context(starting.start(workers, stage, device))
            pieces = spread.estimate_plane(partial(getattr, run, "module"), activations, started, **asked)
        plane, diagnostics = tables(key, pieces)
        measured = run.measured("nats")
        if activations.is_chain:
            plane = flag_breaches(plane, measured[1])
        plane = with_measured(with_mi_given_label(plane, run.same_t), measured)
        write_table(plane, Path(f"plots/mi/{key}.csv"))
        write_table(diagnostics, Path(f"plots/diagnostics/{key}.csv"))
        scalars = Path(f"metrics/mi/{key}.json")
        scalars.parent.mkdir(parents=True, exist_ok=True)
        scalars.write_text(json.dumps(summary(plane, activations.output), indent=2) + "\n")


if __name__ == "__main__":
    exit_in_one_line(main)
