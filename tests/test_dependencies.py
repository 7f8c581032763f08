"""dvc.yaml lists what each stage imports: or else a change of the code would leave results of the old one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from infoplane import estimators

STAGES = {
    name: stage.get("do", stage) for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
}
PACKAGE = ROOT / "src/infoplane"
AROUND = {
    "__init__", "devices", "errors", "estimators/__init__", "fingerprint", "interrupts", "journal", "limits",
    "models/__init__", "params", "partial", "quiet", "schema",
}  # fmt: skip
"""They find, read and guard; no result depends on how, but for what params.yaml says, which DVC compares itself."""
NOT_USED = {
    "prepare": {"schedule"},
    "train": {"datasets"},  # data/dataset.zarr has the samples
    "estimate": {"datasets", "manifest", "schedule"},
    "validate": {"datasets", "manifest", "schedule"},
    "plot": {"datasets", "known", "known_channels", "quadrature", "schedule"},
    "overview": {"datasets", "known", "known_channels", "quadrature", "schedule", "validation"},
}
"""What comes with other modules, of which the stage uses something else."""


def imported(path: Path) -> set[Path]:
    """The files of the package that a file imports, wherever it does."""

    def names() -> Iterator[str]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = path.relative_to(ROOT / "src").parts[: -node.level] if node.level else ()
                module = ".".join((*package, *filter(None, [node.module])))
                yield from (module, *(f"{module}.{alias.name}" for alias in node.names))

    places = [ROOT / "src" / name.replace(".", "/") for name in names()]
    files = {file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")}
    return {file for file in files if file.is_relative_to(PACKAGE) and file.is_file()}


def all_imported(*paths: Path) -> set[Path]:
    """Those, and what they import in turn."""
    found, to_do = set(), list(paths)
    while to_do:
        new = imported(to_do.pop()) - found
        found |= new
        to_do += new
    return found


@pytest.mark.parametrize("method", estimators.names())
@pytest.mark.parametrize("stage", sorted(set(STAGES) - {"check"}))
def test_a_stage_depends_on_what_it_imports(stage: str, method: str):
    listed = {ROOT / name.replace("${item.method}", method) for name in STAGES[stage]["deps"]}
    starts = [ROOT / "stages" / f"{stage}.py"]
    if stage in ("estimate", "validate"):
        starts.append(PACKAGE / "estimators" / f"{method}.py")
    ignored = {PACKAGE / f"{name}.py" for name in AROUND | NOT_USED[stage]}
    assert {file for file in all_imported(*starts) - ignored if not {file, *file.parents} & listed} == set()


def test_dvc_yaml_lists_no_file_that_is_not_there():
    for stage in STAGES.values():
        for name in stage["deps"]:
            assert name.startswith(("data/", "plots/")) or "$" in name or (ROOT / name).exists(), name
