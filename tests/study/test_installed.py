"""A built wheel, installed outside of the clone: a study runs with it, sees its changes, and the notebook runs."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import pytest
import yaml

from changed_params import set_key
from conftest import ROOT
from pipeline import OF_SECONDS
from running_command import RUNS, TIMEOUT

pytestmark = pytest.mark.slow
NOTEBOOK = ROOT / "docs/tour.ipynb"


class Installed(NamedTuple):
    """An environment with the wheel in it, and everything else from that of the tests."""

    wheel: Path
    package: Path
    env: dict[str, str]

    def run(self, *command: str, cwd: Path) -> str:
        """Run a command to its good end: what it printed."""
        done = subprocess.run(command, cwd=cwd, env=self.env, capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "docs/", "plots/", "papers/")):
            (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "clone" / name)
    pip, quiet = [sys.executable, "-m", "pip"], ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", *quiet, "--no-build-isolation", "--wheel-dir", folder, folder / "clone"], check=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    [site] = folder.glob("venv/lib/python*/site-packages")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([*pip, "--python", folder / "venv/bin/python", "install", *quiet, wheel], env=env, check=True)
    (site / "everything_else.pth").write_text(sysconfig.get_path("purelib") + "\n")
    shutil.rmtree(folder / "clone")
    path = f"{folder / 'venv/bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    git = {f"GIT_{role}_{name}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for name in ("NAME", "EMAIL")}
    return Installed(wheel, site / "infoplane", env | git | {"PATH": path, "OMP_NUM_THREADS": "1"})


@pytest.fixture(scope="module")
def study(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in which one estimator has run."""
    folder = tmp_path_factory.mktemp("studies") / "my-study"
    installed.run("infoplane", "new", folder.name, cwd=folder.parent)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    for key, value in {**OF_SECONDS, "train.repetitions": 1, "validation.seeds": 1}.items():
        set_key(params, key, value)
    del params["estimators"]["gaussian"]
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    installed.run("git", "add", "--all", cwd=folder)
    installed.run("git", "commit", "-qm", "A study", cwd=folder)
    installed.run("dvc", "repro", "plot@binning", cwd=folder)
    return folder


def test_the_wheel_has_all_that_runs_and_types(installed: Installed):
    names = {name for name in ZipFile(installed.wheel).namelist() if not name.startswith("infoplane-")}
    package = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src/infoplane").rglob("*")}
    expected = {name for name in package if name.endswith((".py", ".pyi", ".js", ".html", "/py.typed", "/README.md"))}
    assert {name for name in names if "/layout/" not in name} == expected
    assert "infoplane/study/layout/dvc.yaml" in names


def test_a_study_runs_with_the_installed_package(installed: Installed, study: Path):
    assert (study / "plots/figures/binning/plane.png").exists()
    listed = json.loads((study / "data/code/plot@binning.json").read_text())
    assert "infoplane/figures/curves.py" in listed
    assert all(name.startswith(("infoplane/", "stages/")) for name in listed), "the same on another machine"
    assert "html_template" in (study / ".dvc/config.local").read_text()
    status = installed.run("git", "status", "--porcelain", cwd=study).split()
    assert status == ["??", "data/", "??", "dvc.lock", "??", "metrics/", "??", "plots/"]


def test_a_change_of_the_installed_package_reruns_what_it_touches(installed: Installed, study: Path):
    ran = set(re.findall(RUNS, installed.run("dvc", "repro", "plot@binning", cwd=study)))
    assert ran == {"check"}
    file = installed.package / "figures/curves.py"
    before = file.read_bytes()
    file.write_bytes(before + b"\n")
    try:
        ran = set(re.findall(RUNS, installed.run("dvc", "repro", "plot@binning", cwd=study)))
    finally:
        file.write_bytes(before)
    assert ran == {"check", "plot@binning"}


def test_results_are_loaded_from_the_study(installed: Installed, study: Path):
    program = (
        "import infoplane; run = infoplane.load(); assert '/study' not in infoplane.__file__\n"
        "x, t, y, noise = run.layer('hidden1', epoch=-1); section = run.params['estimators']['binning']\n"
        "info = infoplane.estimate(section.pop('method'), x, t, y, **section)\n"
        "last = run.planes.query('layer == \"hidden1\" and epoch == epoch.max()')\n"
        "print(float(info.mi_xt[0]), float(last.mi_xt.iloc[0]))"
    )
    here, there = map(float, installed.run("python", "-c", program, cwd=study).split())
    assert here == pytest.approx(there, rel=1e-5), "to the digits of a table"


def test_the_notebook_runs(installed: Installed, tmp_path: Path):
    pytest.importorskip("nbclient")
    installed.run("python", str(NOTEBOOK.with_suffix(".py")), "executed.ipynb", cwd=tmp_path)
    written, executed = (outputs(path) for path in (NOTEBOOK, tmp_path / "executed.ipynb"))
    assert executed == written


def outputs(notebook: Path) -> list[list[Any]]:
    """Of what types the outputs of each cell are, and their words; numbers may round otherwise elsewhere."""
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    return [
        [
            (
                output["output_type"],
                sorted(output.get("data", {})),
                re.sub(r"[-+]?\d[\d.]*|\s+", " ", text(output)).split(),
            )
            for output in cell["outputs"]
        ]
        for cell in cells
    ]


def text(output: dict[str, Any]) -> str:
    return "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
