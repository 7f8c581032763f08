"""Estimators of mutual information: one file a method, each with a function `estimate` (docs/estimators.md).

A method that takes several files is a folder of its own; what several methods share lies in parts/.

`estimate(x, t, y, *, noise=None, seed=0, ...)` takes inputs x of shape (n, d_x), the activations t of one layer at e
epochs, shape (e, n, d_t), and labels y of shape (n,), and returns an `Information` of arrays of shape (e,), in nats.
The other keyword arguments are the method's section in params.yaml. `MEASURES_XT` and `MEASURES_TY` say in a formula
what is measured in place of I(X;T) and I(T;Y), for the axes of figures. `infoplane.information.Estimator` is the whole
contract.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def names() -> list[str]:
    """The names that an estimator's `method` can have: the files and folders beside this one, but for parts/."""
    folder = Path(__file__).parent
    files = [*folder.glob("[!_]*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
    return sorted(path.stem for path in files if path.name != "parts")


def find(name: str) -> ModuleType:
    """The module of the method `name`, one of `names()`."""
    return import_module(f"infoplane.estimators.{name}")
