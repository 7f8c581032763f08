"""An estimator of the user's own that cannot be called as one ends in one line."""

from pathlib import Path

import pytest
import yaml

from changed_params import GOOD
from infoplane.errors import UserError
from infoplane.settings import own_estimators, params

OWN = """
def estimate(x, t, y, *, noise=None, seed=0, k: int = 3): ...
def other(x, t, y, *, noise=None, seed=0): ...
def few(x): ...
def unseeded(x, t, y, *, noise=None): ...
"""


@pytest.mark.parametrize(
    ("function", "keywords", "message"),
    [
        ("estimate", {"k": 5}, None),
        ("other", {}, None),
        ("few", {}, "too many positional arguments"),
        ("unseeded", {}, "unexpected keyword argument 'seed'"),
        ("absent", {}, "own_estimator has no function absent"),
        ("estimate", {"k": "five"}, "estimators.own.k = 'five': input should be a valid integer"),
        ("estimate", {"n": 5}, "estimators.own.n = 5: unknown key; known are k"),
    ],
)
def test_what_can_be_called(
    function: str, keywords: dict, message: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own_estimator.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    section = {"method": f"own_estimator:{function}", **keywords}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(GOOD | {"estimators": {"own": section}}))
    if message is None:
        own_estimators.check(params.read(tmp_path / "params.yaml"))
        return
    with pytest.raises(UserError) as error:
        own_estimators.check(params.read(tmp_path / "params.yaml"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
