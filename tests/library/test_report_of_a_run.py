"""make report, of this repository's own run."""

import re
import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from infoplane.errors import UserError
from infoplane.library import report
from infoplane.storage.git import git


@pytest.fixture(autouse=True)
def _in_the_clone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.slow
def test_page_pdf_and_figures_of_a_commit(tmp_path: Path):
    written = report.write("HEAD", tmp_path)
    page = (tmp_path / "report.html").read_text()
    commit = git("rev-parse", "HEAD").strip()
    for word in (
        commit,
        f"git checkout {commit}",
        "estimators.binning.bins: 10",
        "data/activations.zarr",
        "Test accuracy: ",
    ):
        assert word in page
    figures = [path for path in written if path.parent.name == "figures"]
    assert len(figures) == page.count("<figure>") == len(list((ROOT / "plots/figures").rglob("*.svg")))
    assert all(path.read_bytes().startswith(b"%PDF") for path in written if path.suffix == ".pdf")
    if any(map(shutil.which, report.BROWSERS)):
        assert tmp_path / "report.pdf" in written


def test_a_pdf_has_the_size_of_its_figure():
    svg = (ROOT / "plots/figures/binning/plane.svg").read_text()
    width, height = map(float, re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", report.to_pdf(svg))
    assert box
    assert [float(side) for side in box.groups()] == pytest.approx([width, height], abs=0.1)


def test_without_a_browser_there_is_no_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(report, "BROWSERS", ())
    monkeypatch.setattr(report, "_drawings", lambda *_: [])
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["report", "HEAD"])
    report.main()
    assert "no report.pdf: no Chromium is installed" in capsys.readouterr().out
    assert not (tmp_path / "HEAD/report.pdf").exists()


def test_a_revision_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match="revision nowhere"):
        report.write("nowhere", tmp_path)
    monkeypatch.setattr("sys.argv", ["report", "nowhere"])
    with pytest.raises(SystemExit, match="error: load: revision nowhere"):
        report.main()


def test_an_experiment_is_taken_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(report, "experiments", lambda: {"my-cnn": "refs/exps/ab/cd/my-cnn"})
    assert "dvc exp branch my-cnn my-cnn && git switch my-cnn" in report._commands("my-cnn")
