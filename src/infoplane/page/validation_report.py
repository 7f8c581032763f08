"""docs/validation/*.csv -> figures and tables in docs/validation/ and the table in README.md."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from infoplane import estimators, figures
from infoplane.figures import sweeps
from infoplane.known.full_validation import CONVERGENCE, FOLDER
from infoplane.known.judgements import is_off, rates
from infoplane.known.real_networks import NETWORKS
from infoplane.known.real_validation import REAL, REPORTED, TUNING
from infoplane.named import PARAMS
from infoplane.page.readme import replace_block
from infoplane.storage.csv_files import read_table
from infoplane.storage.yaml_files import read_yaml

COMPARED = (
    "gaussian d=1 rho=0.9", "gaussian d=5 rho=0.5", "gaussian d=5 rho=0.9", "gaussian d=20 rho=0.1",
    "gaussian d=20 rho=0.5", "gaussian d=20 rho=0.5, wiggly", "gaussian d=20 rho=0.9", "gaussian d=128 rho=0.5",
    "student d=5 rho=0.5 dof=3", "5 x crossed gaussians rho=0.9", "sin x, noise 0.1",
    "10 classes radius=2", "10 classes radius=4", "xor labels distance=1.5",
)  # fmt: skip
"""Tasks that are shown one by one."""
OF_PIPELINE = Path("plots/validation")
AXES = {"xt": "I(X;T)", "ty": "I(T;Y)"}


def main() -> None:
    tables = read()
    figures.save(figures.truth_and_estimate(tables), FOLDER / "estimates")
    figures.save(sweeps.functions_heat_map(tables), FOLDER / "functions")
    figures.save(sweeps.correlated_gaussians(tables), FOLDER / "gaussians")
    figures.save(sweeps.convergence(read_table(CONVERGENCE)), FOLDER / "convergence")
    real = read(REAL)
    if real:
        title = "Estimate against truth on real layers"
        figures.save(figures.truth_and_estimate(real, title=title), REAL / "estimates")
        # thousands of points and bars, which are smaller as pixels
        (REAL / "estimates.svg").unlink()
    (FOLDER / "README.md").write_text(_page(tables, real))
    replace_block("validation", summary(tables))
    reported = {method: table[table["part"] == REPORTED] for method, table in real.items()}
    replace_block("real layers", promises(reported))
    replace_block("shipped", promises(of_pipeline()))


def read(folder: Path = FOLDER) -> dict[str, pd.DataFrame]:
    """The table of every method that has one."""
    paths = {method: folder / f"{method}.csv" for method in estimators.names()}
    return {method: read_table(path) for method, path in paths.items() if path.exists()}


def of_pipeline(folder: Path = OF_PIPELINE, params: Path = PARAMS) -> dict[str, pd.DataFrame]:
    """What the last run of the pipeline found, by the keys of params.yaml: estimators as they are set there."""
    paths = {key: folder / f"{key}.csv" for key in read_yaml(params)["estimators"]}
    return {key: read_table(path) for key, path in paths.items() if path.exists()}


def summary(tables: Mapping[str, pd.DataFrame]) -> str:
    """A row a method: how many values, how many flagged, and how far the others are from the truth."""
    lines = [
        "| method | values | flagged | mean error of the others | largest | unflagged and off | s a call |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method, table in tables.items():
        trusted = table[table["flag"] == ""]
        errors = trusted["error"].abs()
        worst = "" if trusted.empty else _worst(trusted.iloc[int(errors.to_numpy().argmax())])
        mean = "" if trusted.empty else f"{errors.mean():.3f}"
        flagged = f"{(table['flag'] != '').mean():.0%}".replace("%", " %")
        off, seconds = int(is_off(trusted).sum()), table["seconds"].median()
        lines.append(f"| `{method}` | {len(table)} | {flagged} | {mean} | {worst} | {off} | {seconds:.2g} |")
    return "\n".join(lines) + "\n"


def promises(tables: Mapping[str, pd.DataFrame]) -> str:
    """A row a method and axis: how often unflagged values are off, flagged ones are right, and bars miss the truth."""
    lines = [
        "| method | axis | values | unflagged and off | flagged though right | unflagged bars that miss the truth "
        "| bars too long |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method, table in tables.items():
        for axis, name in AXES.items():
            found = rates(table[table["axis"] == axis])
            if not found.values:
                continue
            off = f"{found.off} of {found.unflagged}"
            parts = ((found.flagged_right, found.right), (found.missed, found.bars), (found.long, found.bars))
            shares = " | ".join(_share(*part) for part in parts)
            lines.append(f"| `{method}` | {name} | {found.values} | {off} | {shares} |")
    return "\n".join(lines) + "\n"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} of {whole}".replace("%", " %") if whole else ""


def comparison(tables: Mapping[str, pd.DataFrame]) -> str:
    """Truth and mean estimate on `COMPARED` of every method that can do one of them; flagged values in parentheses."""
    # sliced information of a task is another number
    shown = {method: t[t["task"].isin(COMPARED)] for method, t in tables.items() if method != "sliced"}
    tables = {method: table for method, table in shown.items() if (table["flag"] == "").any()}
    lines = [f"| task | truth | {' | '.join(tables)} |", "| --- " + "| ---: " * (len(tables) + 1) + "|"]
    everything = pd.concat(tables.values())
    for task in COMPARED:
        for axis, name in AXES.items():
            rows = {m: t[(t["task"] == task) & (t["axis"] == axis)] for m, t in tables.items()}
            truths = everything.loc[(everything["task"] == task) & (everything["axis"] == axis), "truth"]
            if not np.isfinite(truths).any() or (axis == "xt" and "classes" in task):
                continue
            cells = [_cell(rows[method]) for method in tables]
            lines.append(f"| {task}, {name} | {truths.iloc[0]:.3f} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _worst(row: pd.Series) -> str:
    share = f" of {row['truth']:.2f}" if math.isfinite(row["truth"]) and row["truth"] else ""
    return f"{row['error']:+.3f}{share} ({row['task']})"


def _cell(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    value = f"{rows['estimate'].mean():.3f}"
    return f"({value})" if (rows["flag"] != "").any() else value


def _page(tables: Mapping[str, pd.DataFrame], real: Mapping[str, pd.DataFrame]) -> str:
    n, seeds = _sizes(tables)
    return f"""# Estimators against known mutual information

Made by `make validate`: every method at its default settings, nothing tuned per task, n = {n}, {seeds}, nats.
The tasks, their truths and where those come from stand in `src/infoplane/known/`; the tables `<method>.csv` beside this
page have a row for each task, axis and seed. A value that carries no flag should be within .1 nats or 10 % of the
truth, whichever is larger: `unflagged and off` counts those that are not. Noise that a method knows (`dropout`, `kde`,
`exact`, and `mine` for I(X;T+N)) is given to it; for the others it is drawn into the samples. `sliced` is held to the
sliced information, another quantity, and `binning` on the axis of X to H(T) of discrete T.

{summary(tables)}
![Estimate against truth](estimates.png)

## What flags and bars are worth

No flag means: within .1 nats or 10 % of the truth, whichever is larger, and the bar, neither of whose ends is further
away from the value than that, reaches the truth. `unflagged and off` counts what breaks the first; its goal is 0. A
flag costs, too: `flagged though right` is the share of the values within that distance which carry one.

{promises(tables)}
{_real_part(real)}## Some tasks, one by one

Means over seeds; in parentheses where a seed was flagged.

{comparison(tables)}
## Correlated Gaussians in 20 + 20 dimensions

![Estimates over the correlation](gaussians.png)

## Noisy functions

x uniform on (-pi, pi), t = f(x) + noise. Without noise I(X;T) is infinite.

![Estimates of I(X;T) of noisy functions](functions.png)

## The dropout estimator as n grows

z = f eps with f = 2 x + 1/2, x ~ N(0, 1), eps ~ N(1, .4^2). The mixture bounds close in on the truth, the bound by a
Gaussian of equal covariance stays where it is. h(Z|X) is a mean over samples of a closed form.

![Convergence of the bounds in n](convergence.png)
"""


def _real_part(tables: Mapping[str, pd.DataFrame]) -> str:
    """The section on real layers; empty where no method has been held to any."""
    if not tables:
        return ""
    n, seeds = _sizes(tables)
    halves = {part: {m: t[t["part"] == part] for m, t in tables.items()} for part in (REPORTED, TUNING)}
    networks = {part: _names(half) for part, half in halves.items()}
    return f"""## Real layers

X is uniform over a finite population of inputs, all 4096 of szt, 5000 of mnist5k or 60 000 of MNIST or Fashion-MNIST,
and T a layer of a network that the package has trained on some of them. With noise of known size added, or multiplied,
T is a mixture of as many known components, and I(X;T) and I(T;Y) are exact but for a Monte-Carlo error of about .02
nats; of T in bins they are counts. Estimators are shown n = {n} of the inputs, {seeds};
those that take `inputs` are told how many there are. T as it is would be no test: where all its rows differ, I(X;T) is
ln M and I(T;Y) is H(Y). A method that is not told (`classifier`, `gaussian`, `mine` on the axis of Y, and others)
answers for a population without end: it cannot see that little noise still tells which of the known images it was, and
with it the label, which is where its I(T;Y) and its bars fall short of the truth here. The networks are trained by
`python -m benchmarks.real_networks` and listed with their layers and noises in
`src/infoplane/known/real_networks.py`.

These networks are for the report, and flags and settings to be chosen without them:
{networks[REPORTED]}.

{promises(halves[REPORTED])}
These are for tuning:
{networks[TUNING]}.

{promises(halves[TUNING])}
![Estimate against truth on real layers](real_layers/estimates.png)

"""


def _names(tables: Mapping[str, pd.DataFrame]) -> str:
    """The networks whose layers are in the tables."""
    tasks = {task for table in tables.values() for task in table["task"]}
    return ", ".join(network.name for network in NETWORKS if tasks & set(network.task_names))


def _sizes(tables: Mapping[str, pd.DataFrame]) -> tuple[str, str]:
    """The numbers of samples and of seeds, in words."""
    sizes = sorted({int(n) for table in tables.values() for n in table["n"]})
    words = " or ".join(f"{n:,}".replace(",", " ") for n in sizes)
    most = max(table["seed"].nunique() for table in tables.values())
    fewer: dict[int, list[str]] = {}
    for method, table in tables.items():
        if (seeds := int(table.groupby("task")["seed"].nunique().min())) < most:
            fewer.setdefault(seeds, []).append(f"`{method}`")
    others = [f"{seeds} for {', '.join(methods)}" for seeds, methods in sorted(fewer.items())]
    return words, f"{most} seeds" + (f" ({'; '.join(others)})" if others else "")


if __name__ == "__main__":
    main()
