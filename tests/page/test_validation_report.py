"""The report on estimators whose truth is known."""

from pathlib import Path

from infoplane.page import validation_report

HEAD = "task,axis,n,d,seed,truth,estimate,error,stderr,low,high,flag\n"


def test_the_pipelines_own_validation_is_told_by_the_keys_of_params(tmp_path: Path):
    (tmp_path / "params.yaml").write_text("estimators: {quick: {method: mine}, fine: {method: binning}, new: {}}\n")
    (tmp_path / "quick.csv").write_text(HEAD + "a,xt,10,1,0,1.0,1.05,0.05,,0.96,1.1,\na,ty,10,1,0,1.0,2.0,1.0,,,,\n")
    (tmp_path / "fine.csv").write_text(HEAD + "a,xt,10,1,0,1.0,1.05,0.05,,,,saturated\n")
    (tmp_path / "dropped.csv").write_text(HEAD)
    tables = validation_report.of_pipeline(tmp_path, tmp_path / "params.yaml")
    assert list(tables) == ["quick", "fine"]
    told = validation_report.promises(tables)
    assert "| `quick` | I(X;T) | 1 | 0 of 1 | 0 % of 1 | 0 % of 1 | 0 % of 1 |" in told
    assert "| `quick` | I(T;Y) | 1 | 1 of 1 |" in told
    assert "| `fine` | I(X;T) | 1 | 0 of 0 | 100 % of 1 |" in told
