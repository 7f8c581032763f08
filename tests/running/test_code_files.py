"""The code that a stage depends on is computed: nothing that it runs is missing."""

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from changed_params import REMOVED
from conftest import ROOT
from infoplane import estimators, measures, models, reductions
from infoplane.running import code_files
from infoplane.running.code_files import Code
from infoplane.settings import params
from infoplane.settings.stage_code import code_by_stage
from pipeline import Pipeline

STAGES = (
    "prepare",
    "train",
    "estimate@binning",
    "validate@binning",
    "resolution",
    "readout",
    "measures",
    "plot@binning",
    "overview",
)
LOADED = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    print("LOADED", *sorted(file for file in files if file))
"""
TORCHLESS = ("check", "prepare", "readout", "plot@binning", "overview")
"""`readout` as it is by default: nothing is read out."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """For each stage, in a small pipeline, the files of all the modules that it has imported when it ends."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("code") / "infoplane")
    changes = {"train.epochs": 2, "train.repetitions": 1, "validation.seeds": 1}
    pipeline.change({"estimators.gaussian": REMOVED, **changes})
    found = {}
    for stage in ("check", *STAGES):
        script, _, key = stage.partition("@")
        command = [sys.executable, "-c", LOADED, f"stages/{script}.py", *([key] if key else [])]
        done = subprocess.run(command, cwd=pipeline.folder, env=pipeline.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found[stage] = set(done.stdout.rpartition("LOADED ")[2].split())
    ours = {}
    for stage in STAGES:
        listed = json.loads((pipeline.folder / f"data/code/{stage}.json").read_text())
        ours[f"{stage}, listed"] = set(listed)
        ours[stage] = {
            Path(file).relative_to(pipeline.folder).as_posix()
            for file in found[stage]
            if Path(file).is_relative_to(pipeline.folder)
        }
    return ours | {f"{stage}, all": found[stage] for stage in found}


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_every_module_that_a_stage_has_imported_is_in_its_file(loaded: dict[str, set[str]], stage: str):
    assert len(loaded[stage]) > 10
    assert loaded[stage] - loaded[f"{stage}, listed"] == set()


@pytest.mark.slow
@pytest.mark.parametrize("stage", TORCHLESS)
def test_stages_without_tensors_import_no_torch(loaded: dict[str, set[str]], stage: str):
    assert [file for file in loaded[f"{stage}, all"] if "/torch/" in file or "/torchvision/" in file] == []


def files_of(folder: Path) -> dict[str, str]:
    """The content of each stage's file, in a copy of the repository's code."""
    chosen = params.read()
    code_files._imported.cache_clear()
    code_files._sha256.cache_clear()
    code_files.write(code_by_stage(chosen), folder)
    return {path.stem: path.read_text() for path in folder.iterdir()}


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the repository's code, as the current folder."""
    for name in ("src", "stages", "extensions"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    for package in (models, estimators, measures, reductions):
        folder = package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "FOLDER", tmp_path / "src/infoplane" / folder)
    monkeypatch.setattr(code_files, "PACKAGE", tmp_path / "src/infoplane")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed_by(copy: Path, name: str) -> set[str]:
    """The stages whose files another byte in one file of the code changes."""
    before = files_of(copy / "code")
    path = copy / name
    path.write_text(path.read_text() + "\n")
    after = files_of(copy / "code")
    return {stage for stage in before if before[stage] != after[stage]}


ESTIMATES = {f"{stage}@{key}" for stage in ("estimate", "validate") for key in ("binning", "mine", "dropout")}
FIGURES = {"plot@binning", "plot@mine", "plot@dropout", "overview"}


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("figures/information_plane.py", FIGURES),
        ("page/explorer.js", {"overview"}),
        ("datasets/dataset.py", {"prepare", "train", "resolution", "readout", "measures", *ESTIMATES, *FIGURES}),
        ("datasets/files/pictures.py", set()),
        ("training/loop.py", {"train"}),
        ("models/mlp.py", {"train"}),
        ("models/cnn.py", set()),
        ("estimators/mine/critics.py", {"estimate@mine", "validate@mine"}),
        ("estimators/mine/__init__.py", {"estimate@mine", "validate@mine", "plot@mine", "overview"}),
        ("known/task_lists.py", {stage for stage in ESTIMATES if stage.startswith("validate")}),
        ("storage/activations_writer.py", {"train"}),
        ("reductions/autoencoder.py", set()),
        ("measures/rankme.py", {"measures", "overview"}),
        ("measures/parts/linear_reader.py", {"measures"}),
        ("similarity/linear_cka.py", {"measures"}),
    ],
)
def test_a_change_of_one_file_changes_the_files_of_the_stages_that_run_it(copy: Path, name: str, stages: set[str]):
    assert changed_by(copy, f"src/infoplane/{name}") == stages


def test_the_code_of_a_reduction_counts_for_the_estimator_that_has_one(copy: Path):
    content = yaml.safe_load((copy / "params.yaml").read_text())
    content["estimators"]["mine"]["reduce"] = "autoencoder 8"
    (copy / "params.yaml").write_text(yaml.safe_dump(content))
    for name in ("wrapping", "pca"):  # the latter by what the autoencoder imports
        assert changed_by(copy, f"src/infoplane/reductions/{name}.py") == {"estimate@mine", "validate@mine"}


def test_extensions_and_what_they_import(copy: Path, monkeypatch: pytest.MonkeyPatch):
    (copy / "extensions/parts").mkdir()
    files = {
        "mine_too.py": """
            from typing import TYPE_CHECKING
            from torch import nn
            from parts.attention import Attention
            if TYPE_CHECKING:
                import unused
            else:
                import parts.used
            class Net(nn.Module):
                def __init__(self, input_shape, classes, *, units: int = 2): pass
        """,
        "parts/attention.py": "from . import deeper\nAttention = 1\n",
        "parts/deeper.py": "",
        "parts/used.py": "",
        "unused.py": "",
    }
    for name, text in files.items():
        (copy / "extensions" / name).write_text(textwrap.dedent(text))
    content = yaml.safe_load((copy / "params.yaml").read_text())
    content["model"], content["models"]["Net"] = "mine_too:Net", {}
    (copy / "params.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.syspath_prepend(copy / "extensions")
    listed = json.loads(files_of(copy / "code")["train"])
    own = {name for name in listed if name.startswith("extensions/")}
    parts = {f"extensions/parts/{name}.py" for name in ("attention", "deeper", "used")}
    assert own == {"extensions/mine_too.py"} | parts
    assert changed_by(copy, "extensions/parts/deeper.py") == {"train"}


def test_a_package_elsewhere_is_followed_no_further_than_itself(tmp_path: Path):
    for name, text in {
        "site/theirs/__init__.py": "",
        "site/theirs/net.py": "import other\nfrom theirs import parts\n",
        "site/theirs/parts.py": "",
        "site/other.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = code_files.all_files(Code((tmp_path / "site/theirs/net.py",)))
    assert {path.name for path in found} == {"__init__.py", "net.py", "parts.py"}


def test_an_installed_package_is_followed_and_named_as_on_any_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, text in {
        "site/infoplane/__init__.py": "",
        "site/infoplane/loop.py": "import numpy\nfrom infoplane import batches\n",
        "site/infoplane/batches.py": "",
        "site/infoplane/unused.py": "",
        "site/numpy/__init__.py": "",
        "study/stages/train.py": "from infoplane.loop import run\nimport net\n",
        "study/extensions/net.py": "import infoplane.batches\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(code_files, "PACKAGE", tmp_path / "site/infoplane")
    monkeypatch.chdir(tmp_path / "study")
    code_files.write({"train": Code((Path("stages/train.py"),))}, Path("code"))
    package = [f"infoplane/{name}.py" for name in ("__init__", "batches", "loop")]
    assert list(json.loads(Path("code/train.json").read_text())) == ["extensions/net.py", *package, "stages/train.py"]


def test_files_of_stages_that_are_no_more_are_removed(tmp_path: Path):
    (tmp_path / "a.py").write_text("")
    code_files.write({"estimate@old": Code((tmp_path / "a.py",))}, tmp_path / "code")
    code_files.write({"train": Code((tmp_path / "a.py",))}, tmp_path / "code")
    assert [path.name for path in (tmp_path / "code").iterdir()] == ["train.json"]


def test_dvc_yaml_depends_on_computed_files_and_data_alone():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    for name, stage in stages.items():
        deps = stage.get("do", stage)["deps"]
        if name == "check":
            assert deps == ["params.yaml", "extensions", "${inputs}", "src/infoplane", "stages"]
        else:
            key = "@${key}" if "foreach" in stage else ""
            assert deps[0] == f"data/code/{name}{key}.json"
            assert all(dep.startswith(("data/", "plots/")) for dep in deps)
