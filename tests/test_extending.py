"""The examples of docs/extending.md and docs/measures.md, each put into its file, run in one pipeline."""

from pathlib import Path

import pytest

from extension_examples import EXAMPLES
from pipeline import Pipeline

STAGES = (
    "check",
    "prepare",
    "train",
    "estimate@signs",
    "validate@signs",
    "plot@signs",
    "resolution",
    "readout",
    "measures",
    "overview",
)


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline with a network, a data set, an estimator and a measure of one's own, in which all stages have run."""
    pipeline = Pipeline.create(tmp_path_factory.mktemp("extended") / "infoplane")
    for name, text in EXAMPLES.items():
        (pipeline.folder / f"extensions/{name}.py").write_text(text)
    changes = {
        "model": "my_module:MyNet",
        "dataset": "my_data:three_blobs",
        "models.MyNet": {"units": 8},
        "record.layers": ["body.1", "head"],
        "measures.which": ["rankme", "my_measures:silent"],
        "estimators": {"signs": {"method": "my_estimator:estimate", "units": 4}},
    }
    pipeline.change(changes)
    for stage in STAGES:
        status, output = pipeline.stage(stage)
        assert status == 0, output
    return pipeline.folder


@pytest.mark.slow
def test_the_examples_run(extended: Path):
    table = (extended / "plots/mi/signs.csv").read_text()
    assert ",body.1,signs," in table
    assert ",head,signs," in table
    assert (extended / "plots/figures/signs/plane.png").exists()
    assert ",my_measures:silent," in (extended / "plots/measures.csv").read_text()
    assert "H(sign T), the first 4 units" in (extended / "plots/planes.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "own"),
    [
        ("prepare", {"my_data"}),
        ("train", {"my_module"}),
        ("estimate@signs", {"my_estimator"}),
        ("validate@signs", {"my_estimator"}),
        ("plot@signs", {"my_estimator"}),
        ("measures", {"my_measures"}),
    ],
)
def test_each_stage_depends_on_the_files_that_it_runs(extended: Path, stage: str, own: set[str]):
    code = (extended / f"data/code/{stage}.json").read_text()
    assert {name for name in EXAMPLES if f"extensions/{name}.py" in code} == own
