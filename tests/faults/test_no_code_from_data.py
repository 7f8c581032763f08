"""Nothing in the package, the stages or the extensions loads code from data: no pickle, no eval, no unsafe YAML."""

import ast

import pytest

from conftest import ROOT

FILES = sorted(path for top in ("src", "stages", "extensions") for path in (ROOT / top).rglob("*.py"))
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"eval", "exec", "compile", "torch.load", "torch.save", "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle",
         "torch.jit.load", "torch.hub.load"}  # fmt: skip


READS_SOURCE = {"src/infoplane/sources.py": ["compile", "compile", "eval", "exec"]}
"""It runs parts of Python files that params.yaml names, which are code and not data: importing them runs all of it."""


def forbidden(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            loads = {alias.name for alias in node.names} - {"UnpicklingError"}
            found += [node.module or ""] if (node.module or "").split(".")[0] in MODULES and loads else []
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            unsafe = any(k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in node.keywords)
            # of tensors and plain containers alone
            is_safe = any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords)
            found += [name] if (name in CALLS and not (name == "torch.load" and is_safe)) or unsafe else []
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_loads_code_from_data(path):
    assert sorted(forbidden(path.read_text())) == READS_SOURCE.get(path.relative_to(ROOT).as_posix(), [])


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from pickle import UnpicklingError, loads",
        "torch.load('a')",
        "torch.load('a', weights_only=False)",
        "eval('1')",
        "np.load('a', allow_pickle=True)",
    ],
)
def test_the_check_finds_it(source: str):
    assert forbidden(source)
