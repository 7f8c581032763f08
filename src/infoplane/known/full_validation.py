"""`make validate`: every estimator at its default settings on every task -> docs/validation/<method>.csv."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from infoplane import estimators
from infoplane.estimators import dropout
from infoplane.known import channels, judging, task_lists
from infoplane.running import devices
from infoplane.running.ends import exit_in_one_line
from infoplane.storage.csv_files import read_table, write_table

FOLDER = Path("docs/validation")
CONVERGENCE = FOLDER / "convergence" / "dropout.csv"
SAMPLES, SEEDS = 10_000, 3
GROWING = (100, 300, 1000, 3000, 10_000)
CHOOSING = "best"
CHANNEL_STD = 0.4


def main() -> None:
    chosen = parsed(argparse.ArgumentParser(description=__doc__), only="tasks", seeds=SEEDS)
    everything = task_lists.full()
    places = {task.name: place for place, task in enumerate(everything)}
    tasks = [task for task in everything if chosen.only in task.name]
    for method in chosen.methods:
        tables = judging.judge(
            estimators.find(method),
            {},
            tasks,
            name=method,
            n=SAMPLES,
            seeds=range(chosen.seeds),
            device=devices.choose(chosen.device),
        )
        path = FOLDER / f"{method}.csv"
        for table in tqdm(tables, total=len(tasks), desc=method):
            # after every task, so that a run that is cut short leaves what it has, and what there was of all others
            if len(table):
                write_table(in_order(replaced(path, table), places), path)
    if "dropout" in chosen.methods:
        write_table(convergence(GROWING, range(SEEDS)), CONVERGENCE)


def validated() -> list[str]:
    """The names of the estimators that have tables: all but `best`, whose values are those of others."""
    return [name for name in estimators.names() if name != CHOOSING]


def parsed(parser: argparse.ArgumentParser, *, only: str, seeds: int) -> argparse.Namespace:
    """The arguments that validations have in common, beside those that the parser has: methods, seeds, device.

    Args:
        only: what `--only` chooses from.
        seeds: how many without being asked.
    """
    parser.add_argument(
        "methods", nargs="*", default=validated(), help=f"files of estimators/; default: all but {CHOOSING}"
    )
    parser.add_argument("--only", default="", help=f"{only} whose name contains this")
    parser.add_argument("--seeds", type=int, default=seeds, help="samples of each task; fewer for a quick look")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    chosen = parser.parse_args()
    for method in set(chosen.methods) - set(estimators.names()):
        parser.error(f"{method}: no such method; there are {', '.join(estimators.names())}")
    return chosen


def replaced(path: Path, new: pd.DataFrame) -> pd.DataFrame:
    """The rows of a file, if there is one, with those of the tasks of `new` replaced."""
    if not path.exists():
        return new
    table = read_table(path)
    return pd.concat([table[~table["task"].isin(new["task"])], new])


def in_order(table: pd.DataFrame, places: Mapping[str, int]) -> pd.DataFrame:
    """The rows of tasks that have a place today, in that order."""
    table = table[table["task"].isin(places)]
    return table.sort_values("task", key=lambda names: names.map(places), kind="stable")


def convergence(samples: Sequence[int], seeds: Sequence[int]) -> pd.DataFrame:
    """Bounds on I(X;Z) of the dropout channel and its h(Z|X) as n grows, in nats, means over seeds.

    References: Adilova, Geiger & Fischer (2023), Information plane analysis for dropout neural networks, ICLR,
    arXiv:2303.00596, whose own check this is.
    """
    rows = []
    entropy = channels.dropout_channel_entropy(CHANNEL_STD)
    for d in (1, 5):
        task = channels.dropout_channel(d, CHANNEL_STD)
        for n in samples:
            bounds = []
            for seed in seeds:
                x, t, _ = task.sample(n, seed)
                info = dropout.estimate(
                    x, t[None], torch.zeros(n, dtype=torch.int64), noise=task.noise, seed=seed + judging.DISTANT
                )
                diagnosed = (info.diagnostics[name][0] for name in ("left_out", "gaussian_bound", "h_z_given_x"))
                bounds.append((info.diagnostics["lower_bound_xt"][0], *diagnosed))
            means = pd.DataFrame(bounds).mean().tolist()
            rows.append((d, n, task.truth_xt, *means, d * entropy))
    columns = ["d", "n", "truth", "lower", "upper", "gaussian_bound", "h_z_given_x", "h_z_given_x_truth"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    exit_in_one_line(main)
