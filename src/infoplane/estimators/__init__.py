"""Estimators of mutual information: one file a method, each with a function `estimate` (docs/estimators.md).

A method that takes several files is a folder of its own; what several methods share lies in parts/.

`estimate(x, t, y, *, noise=None, seed=0, ...)` takes inputs x of shape (n, d_x), the activations t of one layer at e
epochs, shape (e, n, d_t), and labels y of shape (n,), and returns an `Information` of arrays of shape (e,), in nats.
The other keyword arguments are the method's section in params.yaml. `MEASURES_XT` and `MEASURES_TY` say in a formula
what is measured in place of I(X;T) and I(T;Y), for the axes of figures. `infoplane.information.Estimator` is the whole
contract.

An estimator of the user's own is a function with these arguments in extensions/, named `module:function`.
"""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from infoplane.information import Estimator
from infoplane.named import Named, files, in_folder

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names that an estimator's `method` can have: the files and folders beside this one, but for parts/."""
    return list(files(FOLDER, without="parts"))


def named(name: str, key: str = "method") -> Named:
    """The estimate function of the method `name`, one of `names()` or `module:function`.

    Args:
        key: of params.yaml, for errors.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    return in_folder(key, name, FOLDER, __name__, "estimate")


def find(name: str, key: str = "method") -> Estimator:
    """The method's module, or what stands for it: with `estimate`, `MEASURES_XT`, `MEASURES_TY` and what is optional.

    Raises:
        UserError: the module cannot be imported, or has no such function.
    """
    method = named(name, key)
    estimate = method.load()
    module = import_module(method.source.module)
    found = module if method.attribute == "estimate" else SimpleNamespace(**vars(module) | {"estimate": estimate})
    return cast(Estimator, found)
