"""Groups of runs: revisions by name or pattern, and what a group has in common."""

import subprocess
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

import pandas as pd

from infoplane.errors import UserError
from infoplane.library.results import Results, load
from infoplane.named import choice

WORKSPACE = "workspace"
PATTERN = "*?["
"""A name with one of these is a pattern."""


class Group:
    """Runs that are looked at together: seeds of one setting, or a single one.

    Attributes:
        name: as it was asked for.
        runs: by their names.
    """

    def __init__(self, name: str, runs: dict[str, Results]):
        self.name, self.runs = name, runs

    def __repr__(self) -> str:
        return f"<infoplane.Group {self.name}: {', '.join(self.runs)}>"

    @cached_property
    def keys(self) -> list[str]:
        """The keys of estimators that every run has."""
        first, *others = (list(run.params["estimators"]) for run in self.runs.values())
        return [key for key in first if all(key in each for each in others)]

    def tables(self, key: str) -> list[pd.DataFrame]:
        """The planes of an estimator, one of each run."""
        return [run.table(f"mi/{key}") for run in self.runs.values()]

    def plane(self, key: str) -> pd.DataFrame:
        """The planes of an estimator in one table: every repetition of every run is a repetition."""
        found, before = [], 0
        for table in self.tables(key):
            numbers = table["repetition"] if "repetition" in table else pd.Series(0, index=table.index)
            found.append(table.assign(repetition=numbers + before))
            before = int(found[-1]["repetition"].max()) + 1 if len(table) else before
        return pd.concat(found, ignore_index=True)


def group(names: str | Sequence[str] | None, repo: str | Path | None = None) -> Group:
    """The runs that a name stands for.

    Args:
        names: an experiment, commit, branch or tag; a pattern such as `seed*` for all experiments, branches and tags
            that it fits; several of these, in a list or with commas between; None: the workspace.
        repo: as for `load`.

    Raises:
        UserError: there is no such run.
    """
    if names is None:
        return Group(WORKSPACE, {WORKSPACE: load(None, repo)})
    wanted = [each.strip() for each in (names.split(",") if isinstance(names, str) else names) if each.strip()]
    if not wanted:
        raise UserError("compare: no run is named")
    found = dict.fromkeys(name for each in wanted for name in _fitting(each, repo))
    return Group(", ".join(wanted), {name: load(name, repo) for name in found})


def _fitting(name: str, repo: str | Path | None) -> list[str]:
    if not set(PATTERN) & set(name):
        return [name]
    # the newest last, as experiments are told everywhere
    command = ["git", "-C", str(repo or "."), "for-each-ref", "--sort=creatordate", "--format=%(refname)"]
    done = subprocess.run(
        [*command, "refs/exps/??/*/*", "refs/heads", "refs/tags"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserError(f"compare: {name!r}: patterns are for a folder with a git repository: {done.stderr.strip()}")
    there = [_short(reference) for reference in done.stdout.split()]
    if not (fitting := [each for each in there if fnmatchcase(each, name)]):
        raise UserError(f"compare: no experiment, branch or tag fits {name!r}: {choice(name, there)}")
    return fitting


def _short(reference: str) -> str:
    """A name as the user has given it."""
    return reference.rsplit("/", 1)[-1] if reference.startswith("refs/exps/") else reference.split("/", 2)[2]
