"""`infoplane.compare`: two runs, or two groups of runs, side by side.

    python -m infoplane.library.comparing A [B] [--to comparison.html]

is `make compare A=... B=...`, and writes a page that needs nothing beside it.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from infoplane.errors import UserError
from infoplane.library.groups import Group, group
from infoplane.page import comparison
from infoplane.page.experiments import differing
from infoplane.planes.differences import differences, of_layers
from infoplane.planes.tables import FLAGGED

PAGE = Path("comparison.html")


def compare(
    a: str | Sequence[str], b: str | Sequence[str] | None = None, repo: str | Path | None = None
) -> "Comparison":
    """Two runs, or two groups of runs whose values are averaged.

    Args:
        a, b: an experiment, commit, branch or tag; a pattern of them, such as `seed*`; or several. None: the workspace.
        repo: as for `infoplane.load`.

    Raises:
        UserError: there is no such run, or an estimator of its params.yaml has not run.
    """
    return Comparison(group(a, repo), group(b, repo))


class Comparison:
    """What differs between two groups of runs; differences are `b` less `a`, information in nats."""

    def __init__(self, a: Group, b: Group):
        self.a, self.b = a, b

    def __repr__(self) -> str:
        return f"<infoplane.Comparison of {self.a.name} and {self.b.name}>"

    @property
    def keys(self) -> list[str]:
        """The keys of estimators that either group has."""
        return list(dict.fromkeys([*self.a.keys, *self.b.keys]))

    @cached_property
    def params(self) -> pd.DataFrame:
        """The keys of params.yaml that differ between any two runs: a row each, with the values of each group."""
        sides = [list(side.runs.values()) for side in (self.a, self.b)]
        found = differing([run.params for runs in sides for run in runs])
        rows = {}
        for name, values in found:
            halves = values[: len(sides[0])], values[len(sides[0]) :]
            rows[name] = [", ".join(dict.fromkeys(half)) for half in halves]
        return pd.DataFrame.from_dict(rows, orient="index", columns=pd.Index(["a", "b"]))

    @cached_property
    def scalars(self) -> pd.DataFrame:
        """The numbers below metrics/: means and standard deviations over the runs, and `difference`.

        `flagged_a` and `flagged_b` count the runs whose value is not to be believed, and left out.
        """
        sides = [[_scalars(run.metrics, side.keys) for run in side.runs.values()] for side in (self.a, self.b)]
        names = dict.fromkeys(name for runs in sides for run in runs for name in run)
        rows = {}
        for name in names:
            row = {}
            for side, runs in zip("ab", sides, strict=True):
                values = pd.Series([run.get(name, math.nan) for run in runs], dtype=object)
                numbers = pd.to_numeric(values, errors="coerce")
                row |= {side: numbers.mean(), f"std_{side}": numbers.std()}
                row[f"flagged_{side}"] = int((values == FLAGGED).sum())
            rows[name] = row | {"difference": row["b"] - row["a"]}
        return pd.DataFrame.from_dict(rows, orient="index")

    @cached_property
    def layers(self) -> pd.DataFrame:
        """For each estimator what both groups say of each layer, and the differences (`planes.differences`)."""
        found = []
        for key in self.keys:
            sides = [of_layers(side.tables(key) if key in side.keys else []) for side in (self.a, self.b)]
            found.append(differences(*sides).assign(estimator=key))
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()

    def page(self) -> str:
        """All of it, with the planes of both, as one HTML page."""
        sides = [
            comparison.Side(side.name, list(side.runs), {key: side.plane(key) for key in side.keys})
            for side in (self.a, self.b)
        ]
        return comparison.page(sides[0], sides[1], self.params, self.scalars, self.layers)


def _scalars(metrics: dict[str, dict[str, Any]], keys: Sequence[str]) -> dict[str, Any]:
    """Numbers of a run by file and name; `flagged` in place of those that are not to be believed."""
    found: dict[str, Any] = {}
    for file in ("train", *(f"mi/{key}" for key in keys)):
        content, of = metrics.get(file, {}), file.removeprefix("mi/").replace("train", "network")
        flagged = [each.partition(":")[0] for each in str(content.get(FLAGGED, "")).split(", ") if each]
        found |= {f"{of} {name}": value for name, value in content.items() if isinstance(value, int | float)}
        found |= {f"{of} {name}": FLAGGED for name in flagged}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="make compare", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("a", help="experiment, commit, branch or tag; a pattern such as 'seed*'; several, with commas")
    parser.add_argument("b", nargs="?", help="as A; left out: the workspace")
    parser.add_argument("--to", type=Path, default=PAGE)
    given = parser.parse_args()
    try:
        text = compare(given.a, given.b or None).page()
        given.to.parent.mkdir(parents=True, exist_ok=True)
        given.to.write_text(text, encoding="utf-8", newline="\n")
    except UserError as error:
        sys.exit(f"error: {error}")
    print(f"open {given.to.resolve().as_uri()}")


if __name__ == "__main__":
    main()
