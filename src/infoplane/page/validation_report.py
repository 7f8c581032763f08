"""docs/validation/*.csv -> figures and tables in docs/validation/ and the table in README.md."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from infoplane import estimators, figures
from infoplane.figures import sweeps
from infoplane.known.full_validation import CONVERGENCE, FOLDER
from infoplane.known.judgements import is_off
from infoplane.page.readme import replace_block
from infoplane.storage.csv_files import read_table

COMPARED = (
    "gaussian d=1 rho=0.9", "gaussian d=5 rho=0.5", "gaussian d=5 rho=0.9", "gaussian d=20 rho=0.1",
    "gaussian d=20 rho=0.5", "gaussian d=20 rho=0.5, wiggly", "gaussian d=20 rho=0.9", "gaussian d=128 rho=0.5",
    "student d=5 rho=0.5 dof=3", "5 x crossed gaussians rho=0.9", "sin x, noise 0.1",
    "10 classes radius=2", "10 classes radius=4", "xor labels distance=1.5",
)  # fmt: skip
"""Tasks that are shown one by one."""


def main() -> None:
    tables = read()
    figures.save(figures.truth_and_estimate(tables), FOLDER / "estimates")
    figures.save(sweeps.functions_heat_map(tables), FOLDER / "functions")
    figures.save(sweeps.correlated_gaussians(tables), FOLDER / "gaussians")
    figures.save(sweeps.convergence(read_table(CONVERGENCE)), FOLDER / "convergence")
    (FOLDER / "README.md").write_text(_page(tables))
    replace_block("validation", summary(tables))


def read(folder: Path = FOLDER) -> dict[str, pd.DataFrame]:
    """The table of every method that has one."""
    paths = {method: folder / f"{method}.csv" for method in estimators.names()}
    return {method: read_table(path) for method, path in paths.items() if path.exists()}


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


def comparison(tables: Mapping[str, pd.DataFrame]) -> str:
    """Truth and mean estimate on `COMPARED` of every method that can do one of them; flagged values in parentheses."""
    # sliced information of a task is another number
    shown = {method: t[t["task"].isin(COMPARED)] for method, t in tables.items() if method != "sliced"}
    tables = {method: table for method, table in shown.items() if (table["flag"] == "").any()}
    lines = [f"| task | truth | {' | '.join(tables)} |", "| --- " + "| ---: " * (len(tables) + 1) + "|"]
    everything = pd.concat(tables.values())
    for task in COMPARED:
        for axis, name in (("xt", "I(X;T)"), ("ty", "I(T;Y)")):
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


def _page(tables: Mapping[str, pd.DataFrame]) -> str:
    n = "; ".join(sorted({f"{int(each):,}".replace(",", " ") for table in tables.values() for each in table["n"]}))
    seeds = max(table["seed"].nunique() for table in tables.values())
    return f"""# Estimators against known mutual information

Made by `make validate`: every method at its default settings, nothing tuned per task, n = {n}, {seeds} seeds, nats.
The tasks, their truths and where those come from stand in `src/infoplane/known/`; the tables `<method>.csv` beside this
page have a row for each task, axis and seed. A value that carries no flag should be within .1 nats or 10 % of the
truth, whichever is larger: `unflagged and off` counts those that are not. Noise that a method knows (`dropout`, `kde`,
`exact`, and `mine` for I(X;T+N)) is given to it; for the others it is drawn into the samples. `sliced` is held to the
sliced information, another quantity, and `binning` on the axis of X to H(T) of discrete T.

{summary(tables)}
![Estimate against truth](estimates.png)

## Some tasks, one by one

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


if __name__ == "__main__":
    main()
