"""docs/sharing.md in real repositories: what it tells to type between a study, its origin, a colleague and others."""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from pipeline import OF_SECONDS, Pipeline

pytestmark = pytest.mark.slow
PAGE = (ROOT / "docs/sharing.md").read_text()
ALONE = {"binning": {"method": "binning", "bins": 10, "edges": "layer"}}
MADE_UP = ("prepare", "train", "estimate", "validate", "plot", "overview", "resolution", "readout", "measures")
"""What is shared are files, whatever is in them."""
OF_OBJECTIVES = ("objectives/dvc.yaml", "objectives/dvc.lock", "objectives/params.yaml")


def commands(part: str, data: Path) -> str:
    """The commands of a part of the page as a script, with a temporary folder in the place of /data."""
    found = re.search(rf"<!-- commands: {part} -->\n(.*?)<!-- commands: end -->", PAGE, re.DOTALL)
    assert found, part
    lines = [line[4:] for line in found[1].splitlines() if line.startswith("    ")]
    return "\n".join(["set -e", *lines]).replace("/data/", f"{data}/")


class Place:
    """The folders of all that take part, below `data`."""

    def __init__(self, data: Path):
        self.data = data
        self.study = Pipeline.create(data / "study", OF_SECONDS | {"estimators": ALONE})
        for name in OF_OBJECTIVES:  # a pipeline that has not run here
            (data / "study" / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, data / "study" / name)
        self.study.stub(*MADE_UP)
        self.study.commit("A study")
        self.study.run("dvc", "repro")
        self.study.commit("Results")
        self.study.run("git", "clone", "-q", "--bare", ".", str(data / "origin.git"))
        self.study.run("git", "remote", "add", "origin", str(data / "origin.git"))

    def type(self, part: str, folder: Path) -> str:
        folder.mkdir(exist_ok=True)
        shell = Pipeline(folder)
        shell.env = self.study.env | {"HOME": os.environ.get("HOME", "")}
        return shell.run("bash", "-c", commands(part, self.data))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A study with a remote, and with an experiment, pushed."""
    place = Place(tmp_path_factory.mktemp("sharing"))
    place.type("once", place.study.folder)
    place.study.run("dvc", "exp", "run", "--temp", "-q", "-n", "my-cnn", "-S", "train.lr=0.002")
    return place


def test_a_colleague_has_the_results_without_computing(place: Place):
    said = place.type("colleague", place.data)
    assert "Data and pipelines are up to date." in said
    weights = [folder / "data/weights.safetensors" for folder in (place.data / "theirs", place.study.folder)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_bucket_is_a_remote_as_well(place: Place, moto: str):
    pytest.importorskip("dvc_s3", reason="an extra (make extras)")
    own, other = (Pipeline(place.data / name) for name in ("own", "theirs-of-the-bucket"))
    place.study.run("git", "clone", "-q", str(place.study.folder), str(own.folder))
    own.env = {name: value for name, value in own.env.items() if not name.startswith("AWS_")}  # the page's are typed
    own.run("dvc", "pull", "-q", "dvc.yaml")
    own.run("dvc", "remote", "remove", "storage")
    typed = commands("bucket", place.data).replace("my-bucket", "bucket").replace("https://s3.example.org", moto)
    own.run("bash", "-c", typed.replace(" ... ", " key "))
    own.commit("A remote")
    own.run("dvc", "push", "-q", "dvc.yaml")
    own.run("git", "clone", "-q", ".", str(other.folder))
    other.run("dvc", "pull", "-q", "dvc.yaml")
    weights = [clone.folder / "data/weights.safetensors" for clone in (other, place.study)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_experiments_move_with_their_data(place: Place):
    push, listed, pull = commands("experiments", place.data).splitlines()[1:]
    place.study.run(*shlex.split(push, comments=True))
    clone = Pipeline(place.data / "second")
    place.study.run("git", "clone", "-q", str(place.data / "origin.git"), str(clone.folder))
    assert "my-cnn" in clone.run(*shlex.split(listed, comments=True))
    clone.run(*shlex.split(pull))
    clone.run("dvc", "exp", "branch", "my-cnn", "cnn")
    clone.run("git", "switch", "-q", "cnn")
    clone.run("dvc", "checkout", "dvc.yaml")
    assert clone.params["train"]["lr"] == 0.002
    assert (clone.folder / "data/weights.safetensors").exists()


def test_results_and_the_network_are_taken_from_elsewhere(place: Place):
    place.type("elsewhere", place.data / "paper")
    for ours, theirs in (("plots/mi/binning.csv", "binning.csv"), ("data/weights.safetensors", "network.safetensors")):
        assert (place.data / "paper" / theirs).read_bytes() == (place.study.folder / ours).read_bytes()
    tag, push, get = commands("artifact", place.data).splitlines()[1:]
    for line in (tag, push):
        place.study.run(*shlex.split(line))
    Pipeline(place.data / "paper").run(*shlex.split(get, comments=True))
    assert (place.data / "paper/weights.safetensors").exists()


def test_clones_share_a_cache(place: Place):
    first, other = (Pipeline(place.data / name) for name in ("first", "other"))
    for clone in (first, other):
        place.study.run("git", "clone", "-q", str(place.data / "origin.git"), str(clone.folder))
    place.type("shared", first.folder)
    shutil.rmtree(place.data / "infoplane-store")  # what follows is from the cache alone
    place.type("shared", other.folder)
    one, two = (clone.folder / "data/weights.safetensors" for clone in (first, other))
    assert one.read_bytes() == two.read_bytes() == (place.study.folder / "data/weights.safetensors").read_bytes()
    assert one.samefile(two)  # or a reflink, on a file system that has it
    assert "up to date" in other.run("dvc", "status", "dvc.yaml")
