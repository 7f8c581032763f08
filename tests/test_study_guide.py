"""docs/study.md from its first command to its last, with pictures and a training that take seconds."""

import re
import time

import numpy as np
import pytest
import yaml

from changed_params import REMOVED
from conftest import ROOT
from pipeline import FEW_BESIDE, Pipeline

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs/study.md").read_text()
SMALL = {
    "dataset": "files:small.npz",
    "train.epochs": 2,
    "record.samples": 120,
    "record.layers": ["hidden2", "output"],
    "estimators.noisy.steps": 10,
    "validation.samples": 100,
    **FEW_BESIDE,
}
ELSEWHERE = {
    "range(0,5)": "range(0,2)",
    "range(1, 6)": "range(1, 3)",
    "make table": "python -m infoplane.page.experiments",
    "make report REV=": "python -m infoplane.library.report ",
}
"""Of what is typed: fewer seeds, and commands of the Makefile, which sets up an environment first."""


def smaller(text: str) -> str:
    for given, here in ELSEWHERE.items():
        text = text.replace(given, here)
    return text


def commands(part: str) -> str:
    found = re.search(rf"<!-- commands: {part} -->\n(.*?)<!-- commands: end -->", PAGE, re.DOTALL)
    assert found, part
    return smaller("\n".join(["set -e", *(line[4:] for line in found[1].splitlines() if line.startswith("    "))]))


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return smaller(found)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A clone with an origin and a remote, and pictures in the place of CIFAR-10."""
    folder = tmp_path_factory.mktemp("guide")
    pipeline = Pipeline.create(folder / "infoplane", {"inputs": str(folder / "pictures")})
    y = np.arange(300) % 10
    x = np.random.default_rng(0).integers(0, 256, (300, 3, 32, 32)).astype("uint8") // 2 + 12 * y[:, None, None, None]
    (folder / "pictures").mkdir()
    np.savez(folder / "pictures/small.npz", x=x.astype("uint8"), y=y)
    (pipeline.folder / "requirements.txt").write_text("torch==2.14.1\n")
    pipeline.run("dvc", "remote", "add", "-d", "storage", str(folder / "store"))
    pipeline.commit("A clone")
    pipeline.run("git", "clone", "-q", "--bare", ".", str(folder / "origin.git"))
    pipeline.run("git", "remote", "add", "origin", str(folder / "origin.git"))
    return pipeline


def merged(params: dict, section: dict) -> dict:
    return params | {
        key: merged(params[key], value) if isinstance(params.get(key), dict) and key != "estimators" else value
        for key, value in section.items()
    }


def wait_for_queue(study: Pipeline) -> None:
    for _ in range(200):
        status = study.run("dvc", "queue", "status")
        assert "Failed" not in status, status
        if "Running" not in status and "Queued" not in status:
            return
        time.sleep(3)
    raise AssertionError(status)


def test_the_guide(study: Pipeline):
    typed = study.folder.parent / "typed.log"

    def type_in(part: str) -> str:
        # Into a file: the queue's worker, which outlives the command, would keep a pipe open.
        study.run("bash", "-c", f"{{ {commands(part)}\n}} > {typed} 2>&1")
        return typed.read_text()

    type_in("begin")
    path = study.folder / "params.yaml"
    path.write_text(yaml.safe_dump(merged(study.params, yaml.safe_load(block("yaml"))), sort_keys=False))
    study.change(SMALL | {"estimators.dropout": REMOVED, "estimators.binning": REMOVED})
    type_in("setting")
    assert "layer-epochs" in type_in("pilot")
    type_in("queue")
    wait_for_queue(study)
    study.run("dvc", "queue", "stop")
    assert "cifar-2" in type_in("look")
    assert "mean" in study.run("python", "-c", block("python"))
    type_in("share")
    assert study.run("git", "branch", "--show-current").strip() == "lenet-cifar10"
    type_in("write")
    assert (study.folder / "reports/figures/report.html").exists()
    assert list(study.folder.glob("reports/figures/figures/noisy-plane.pdf"))


def test_every_command_of_the_guide_is_typed():
    typed = "".join(re.findall(r"<!-- commands: \w+ -->\n(.*?)<!-- commands: end -->", PAGE, re.DOTALL))
    every = [line for line in PAGE.splitlines() if line.startswith("    ")]
    in_yaml = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert in_yaml
    assert [line for line in every if line not in typed and line not in in_yaml[1]] == []
