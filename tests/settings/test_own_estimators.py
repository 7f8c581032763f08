"""An estimator of the user's own that cannot be called as one ends in one line."""

from pathlib import Path

import pytest
import yaml

from changed_params import GOOD
from infoplane.errors import UserError
from infoplane.settings import own_estimators, params

OWN = """
import enum
from words import WHAT
class Mode(enum.Enum):
    A = 1
UNSET = object()
def modes(x, t, y, *, noise=None, seed=0, mode: Mode = Mode.A, cut=UNSET):
    return mode is Mode.A and cut is UNSET
def typed(x, t, y, *, noise=None, seed=0, k: 3 = 3): ...
def parted(x, t, y, *, noise=None, seed=0, parts: int = 3): ...
def ranged(x, t, y, *, noise=None, seed=0, extent=None): ...
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
        ("modes", {}, None),
        ("typed", {}, "estimators.own: a keyword of typed has a type that cannot be checked"),
        ("parted", {}, "estimators.own: parts is a key of every estimator"),
        ("estimate", {"reduce": "pca 3"}, None),
        ("ranged", {"reduce": "pca 3"}, "the ends of activations over all epochs are not known of reduced ones"),
        ("absent", {}, "own_estimator has no function absent"),
        ("estimate", {"k": "five"}, "estimators.own.k = 'five': input should be a valid integer"),
        ("estimate", {"n": 5}, "estimators.own.n = 5: unknown key; known are k"),
    ],
)
def test_what_can_be_called(
    function: str, keywords: dict, message: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own_estimator.py").write_text(OWN)
    (tmp_path / "words.py").write_text("WHAT = 'H'")
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


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> params.Params:
    """params.yaml with the one estimator `<name>:estimate`, whose file has this text and the function."""
    (tmp_path / f"{name}.py").write_text(f"{text}\ndef estimate(x, t, y, *, noise=None, seed=0, k: int = 3): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    content = GOOD | {"estimators": {"own": {"method": f"{name}:estimate"}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    return params.read(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own_conditional", "if True:\n    NEEDS_NOISE = True"),
        ("own_tried", "try:\n    MEASURES_XT = 'H'\nexcept OSError:\n    pass"),
        ("own_changed", "MEASURES_XT = 'H'\nMEASURES_XT += '(T)'"),
    ],
)
def test_constants_that_cannot_be_read_are_told(name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match="must be set once, plainly, at the top level of its file"):
        own_estimators.check(read(tmp_path, monkeypatch, name, text))


@pytest.mark.parametrize(
    ("name", "formula"),
    [("own_absent_key", "H, {bins}"), ("own_braces", "{}"), ("own_open_brace", "{k"), ("own_number", None)],
)
def test_formulas_that_cannot_be_filled_in_are_told(
    name: str, formula: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    chosen = read(tmp_path, monkeypatch, name, f"MEASURES_XT = {3 if formula is None else formula!r}")
    with pytest.raises(UserError, match="is no text in which keywords can be filled in"):
        chosen.measured()


def test_defaults_are_the_functions_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "own_defaults.py").write_text(OWN)
    (tmp_path / "words.py").write_text("WHAT = 'H'")
    monkeypatch.syspath_prepend(tmp_path)
    content = GOOD | {"estimators": {"own": {"method": "own_defaults:modes"}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    run = params.read(tmp_path / "params.yaml").estimators["own"]
    assert run.module.estimate(None, None, None, **run.keywords)


def test_a_file_that_ends_python_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(UserError, match="the module own_ending cannot be imported: SystemExit: 0"):
        own_estimators.check(read(tmp_path, monkeypatch, "own_ending", "import sys; sys.exit(0)"))
