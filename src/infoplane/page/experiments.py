"""make table: this commit and every experiment in a terminal, with the parameters that differ and the scalars.

    python -m infoplane.page.experiments [REVISION ...]

`dvc exp show --only-changed` has the same rows, among columns of hashes that DVC 3.67 cannot leave out: `--drop` fails
on `inputs`, which is a parameter and a dependency. Everything here is read from git.
"""

import json
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from infoplane.errors import UserError
from infoplane.planes.tables import AXES, FLAGGED
from infoplane.storage.git import git
from infoplane.storage.yaml_files import in_yaml

ABSENT, ACCURACY = "-", "test_accuracy"
SCALARS = (*AXES, "compression")
LETTERS = 30
"""Of a value that are shown: a list can be long."""


def experiments() -> dict[str, str]:
    """The git reference of each experiment by its name, the oldest first."""
    lines = git("for-each-ref", "--sort=creatordate", "--format=%(refname)", "refs/exps/??/*/*").split()
    return {reference.rsplit("/", 1)[-1]: reference for reference in lines}


def table(revisions: Mapping[str, str]) -> pd.DataFrame:
    """A row for each revision: the keys of params.yaml that differ, and the scalars of metrics/.

    Args:
        revisions: by name, whatever git takes for a commit.

    Raises:
        UserError: a revision does not exist, or has no params.yaml.
    """
    params = [yaml.safe_load(git("show", f"{revision}:params.yaml")) for revision in revisions.values()]
    columns = dict(differing(params))
    rows = [scalars(revision, each["estimators"]) for revision, each in zip(revisions.values(), params, strict=True)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns |= {name: [row.get(name, ABSENT) for row in rows] for name in names}
    return pd.DataFrame(columns, index=pd.Index(list(revisions)))


def scalars(revision: str, keys: Iterable[str]) -> dict[str, str]:
    """The test accuracy and the metrics of these estimators; a value that is not to be believed is `flagged`."""
    files = set(git("ls-tree", "-r", "--name-only", revision, "metrics/").split())
    read = {
        path: json.loads(git("show", f"{revision}:{path}"))
        for path in ("metrics/train.json", *(f"metrics/mi/{key}.json" for key in keys))
        if path in files
    }
    accuracy = read.pop("metrics/train.json", {}).get(ACCURACY)
    found = {} if accuracy is None else {"test accuracy": f"{accuracy:.3f}"}
    for path, content in read.items():
        key, flagged = Path(path).stem, {each.partition(":")[0] for each in content.get(FLAGGED, "").split(", ")}
        for name in SCALARS:
            value = FLAGGED if name in flagged else f"{content[name]:.3f}" if name in content else ABSENT
            found[f"{key} {name}"] = value
    return found


def differing(contents: Sequence[Any], place: str = "") -> Iterator[tuple[str, list[str]]]:
    """The keys whose values differ, and these; a section that some lack is one key."""
    for key in dict.fromkeys(key for content in contents for key in content):
        name, values = f"{place}{key}", [content.get(key, ABSENT) for content in contents]
        if all(value == values[0] for value in values):
            continue
        if all(isinstance(value, dict) for value in values):
            yield from differing(values, f"{name}.")
        else:
            yield name, [_shown(value) for value in values]


def _shown(value: Any) -> str:
    text = "given" if isinstance(value, dict) else in_yaml(value)
    return text if len(text) <= LETTERS else text[: LETTERS - 3] + "..."


def main() -> None:
    branch = git("rev-parse", "--abbrev-ref", "HEAD").strip()
    revisions = {branch: "HEAD"} | {name: name for name in sys.argv[1:]} | experiments()
    try:
        print(table(revisions).to_string(line_width=shutil.get_terminal_size((120, 24)).columns))
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
