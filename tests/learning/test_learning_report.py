"""docs/objectives/ by script: a page a task and data, its table with flags, its figures."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from changed_params import set_key
from conftest import ROOT
from infoplane.learning import report
from infoplane.settings import objectives
from infoplane.storage.csv_files import write_table


@pytest.mark.parametrize(
    ("changes", "page"),
    [({}, "gan"), ({"gan.data": "spiral"}, "gan-spiral"), ({"task": "stacked_mnist"}, "stacked_mnist")],
)
def test_a_page_is_named_after_task_and_data(
    changes: dict[str, str], page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    params = yaml.safe_load((ROOT / objectives.PARAMS).read_text())
    for key, value in changes.items():
        set_key(params, key, value)
    figures = tmp_path / report.PLOTS / "figures"
    figures.mkdir(parents=True)
    (tmp_path / objectives.PARAMS).write_text(yaml.safe_dump(params))
    (figures / "samples.png").write_bytes(b"drawn")
    row = {"weight": 1.0, "seed": 0, "flag": "", "modes": 25, "high_quality": 0.9, "divergence": 0.1}
    information = {"mi_c": 2.9, "flag_c": "", "mi_z": 0.5, "flag_z": "biased", "mi_zc": 3.1, "flag_zc": ""}
    write_table(pd.DataFrame([row | information]), report.PLOTS / "measures.csv")
    report.main()
    assert (report.DOCS / f"{page}-samples.png").read_bytes() == b"drawn"
    written = (report.DOCS / f"{page}.md").read_text()
    assert written.startswith(f"# {page}\n")
    assert "| 1 | 0 | 25 | 0.900 | 0.100 | 2.90 | 0.50 (biased) | 3.10 |  |" in written
    assert f"({page}-samples.png)" in written
