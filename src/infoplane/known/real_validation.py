"""`make validate`, real layers: every estimator at its default settings -> docs/validation/real_layers/<method>.csv.

    python -m benchmarks.real_networks                     # once: the networks
    python -m infoplane.known.real_validation kde dropout

The tables have those of `full_validation`, and of each task whether its network is one for tuning (`part`).
"""

import argparse
import sys
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from infoplane import estimators
from infoplane.errors import UserError
from infoplane.known import judging
from infoplane.known.full_validation import FOLDER, in_order, parsed
from infoplane.known.real_networks import FOLDER as NETWORKS_FOLDER
from infoplane.known.real_networks import NETWORKS, RealNetwork
from infoplane.known.real_tasks import KeptTruths, tasks, there
from infoplane.running import devices
from infoplane.running.ends import exit_in_one_line
from infoplane.storage.csv_files import read_table, write_table

REAL = FOLDER / "real_layers"
TRUTHS = NETWORKS_FOLDER / "truths.json"
SAMPLES, SEEDS = 4000, 3
TUNING, REPORTED = "tuning", "reported"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=REAL, help="folder of the tables")
    chosen = parsed(parser, only="networks", seeds=SEEDS)
    networks, missing = there(network for network in NETWORKS if chosen.only in network.name)
    if missing:
        names = ", ".join(network.name for network in missing)
        print(f"left out, as their activations are not there: {names} (python -m benchmarks.real_networks)",
              file=sys.stderr)  # fmt: skip
    if not networks:
        raise UserError("no network is there: run `python -m benchmarks.real_networks`")
    truths = KeptTruths(TRUTHS)
    # of all networks, so that rows stay which were made where others are there
    places = {name: place for place, name in enumerate(name for network in NETWORKS for name in network.task_names)}
    for network in networks:
        bar = tqdm(tasks(network, truths), total=len(network.cases), desc=f"{network.name}: truths")
        # one network at a time: of 60 000 images each holds a few hundred megabytes
        every = list(bar)
        for method in chosen.methods:
            tables = judging.judge(
                estimators.find(method),
                {},
                every,
                name=method,
                n=SAMPLES,
                seeds=range(chosen.seeds),
                device=devices.choose(chosen.device),
            )
            found = pd.concat(list(tqdm(tables, total=len(every), desc=f"{network.name}: {method}")))
            found.insert(1, "part", TUNING if network.for_tuning else REPORTED)
            path = chosen.to / f"{method}.csv"
            if len(table := pd.concat([_of_others(path, network), found])):
                write_table(in_order(table, places), path)


def _of_others(path: Path, network: RealNetwork) -> pd.DataFrame | None:
    """The rows of a file, if there is one, that are not of this network."""
    if not path.exists():
        return None
    table = read_table(path)
    return table[~table["task"].isin(network.task_names)]


if __name__ == "__main__":
    exit_in_one_line(main)
