"""What a file declares is read without importing it, and is what importing it gives."""

import inspect
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Literal

import pytest

from conftest import ROOT
from infoplane import datasets, estimators, models
from infoplane.settings.schema import schema_of
from infoplane.sources import REQUIRED, Keyword, Source

FILE = """
    import heavy
    from typing import Annotated as Marked
    from pydantic import Field

    NAMES = ("a", "b")
    FIRST, SECOND = NAMES
    LIMIT: int = 3
    Size = Marked[int, Field(ge=1)]

    def double(value):
        return helper(value) * LIMIT

    def helper(value):
        return value + 1

    def estimate(x, t, y, *, noise=None, size: Size, kind: "str" = FIRST, plain=None) -> heavy.Thing:
        return heavy.work(x)

    class Network(heavy.Module):
        def __init__(self, shape, *, width: int = LIMIT):
            pass

    class Inherits(heavy.Module):
        pass

    @heavy.decorator
    def decorated(*, size: int = 1):
        pass

    @shaped((1, 2), classes=LIMIT)
    def data(raw):
        pass
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A file that cannot be imported, since it needs a package that is not there."""
    (tmp_path / "declaring.py").write_text(textwrap.dedent(FILE))
    monkeypatch.syspath_prepend(tmp_path)
    return Source.of_module("declaring")


def test_constants_and_functions(source: Source):
    assert source.value("NAMES") == ("a", "b")
    assert source.value("SECOND") == "b"
    assert source.value("LIMIT") == 3
    assert source.value("ABSENT", "default") == "default"
    assert source.function("double")(1) == 6


def test_keywords_of_functions_and_classes(source: Source):
    keywords = source.keywords("estimate")
    assert list(keywords) == ["noise", "size", "kind", "plain"]
    assert keywords["size"].default is REQUIRED
    assert keywords["size"].annotation.__metadata__[0].metadata[0].ge == 1
    assert keywords["kind"] == Keyword(str, "a")
    assert keywords["plain"] == Keyword(Any, None)
    assert source.keywords("Network") == {"width": Keyword(int, 3)}
    for name in ("Inherits", "decorated", "nothing"):
        with pytest.raises(ModuleNotFoundError, match="heavy"):  # what it has comes from there: the file is imported
            source.keywords(name)


def test_marked_functions(source: Source):
    assert source.decorated("shaped") == {"data": (((1, 2),), {"classes": 3})}


def test_a_name_that_is_not_plainly_declared_takes_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = "from typing import Literal\nif True:\n    Kind = Literal['a']\ndef f(*, kind: Kind = 'a'): pass\n"
    (tmp_path / "conditional.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    assert Source.of_module("conditional").keywords("f") == {"kind": Keyword(Literal["a"], "a")}


def test_inherited_and_decorated_keywords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = """
        import functools
        class Base:
            def __init__(self, shape, *, units: int = 3): pass
        class Child(Base): pass
        def same(function):
            return functools.wraps(function)(lambda *a, **k: function(*a, **k))
        @same
        def f(*, kind: str): pass
    """
    (tmp_path / "inheriting.py").write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    source = Source.of_module("inheriting")
    assert source.keywords("Child") == {"units": Keyword(int, 3)}
    assert source.keywords("f") == {"kind": Keyword(str, REQUIRED)}


def test_a_module_that_is_not_there():
    with pytest.raises(ModuleNotFoundError):
        Source.of_module("no_such_module_anywhere")


@pytest.mark.parametrize("named", [*map(models.named, models.names()), *map(estimators.named, estimators.names())],
                         ids=lambda named: named.name)  # fmt: skip
def test_what_is_read_of_ours_is_what_importing_gives(named: Any):
    arguments = inspect.signature(named.load()).parameters.values()
    imported = {
        argument.name: Keyword(
            Any if argument.annotation is argument.empty else argument.annotation,
            REQUIRED if argument.default is argument.empty else argument.default,
        )
        for argument in arguments
        if argument.kind is argument.KEYWORD_ONLY
    }
    read, expected = (schema_of("section", keywords).model_json_schema() for keywords in (named.keywords(), imported))
    assert read == expected


def test_checking_params_imports_no_torch():
    code = (
        "import sys; from infoplane.settings import network, params; network.check(params.read()); "
        "from infoplane import datasets; datasets.shape_and_classes('cifar10'); "
        "assert not {'torch', 'torchvision', 'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, env={"PYTHONPATH": str(ROOT / "src")})


def test_data_sets_are_found_by_their_mark():
    assert datasets.names() == ["mnist5k", "mnist", "fashion_mnist", "cifar10", "szt"]
    for name in datasets.names():
        loader = datasets.find(name)
        assert datasets.shape_and_classes(name) == (loader.shape, loader.classes)
