"""Measures of a layer beside its information: one file a measure, each with a function `measure` (docs/measures.md).

What several measures share lies in parts/.

`measure(t, y, *, ...)` takes the activations t of one layer at e epochs, shape (e, n, d), and labels y of shape (n,),
and returns float64 values of shape (e,), NaN where the measure is not defined. The other keyword arguments are its keys
in params.yaml; one named `seed` gets the run's, and one named `samples` says how many samples it looks at, at most: the
first, since the pipeline shuffles them. `LABEL` names the value for figures, with [nats] where that is its unit;
{keyword} is filled in. Work is done in float64, on the device of t.

A measure of the user's own is a function with these arguments in extensions/, named `module:function`.
"""

from pathlib import Path
from typing import Any

from infoplane.named import Named, files, in_folder

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of measures: the files beside this one."""
    return list(files(FOLDER, without="parts"))


def named(name: str, key: str = "measures.which") -> Named:
    """The function of the measure `name`, one of `names()` or `module:function`.

    Args:
        key: of params.yaml, for errors.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    return in_folder(key, name, FOLDER, __name__, "measure")


def find(name: str, key: str = "measures.which") -> Any:
    """The measure's function; imports it.

    Raises:
        UserError: the module cannot be imported, or has no such function.
    """
    return named(name, key).load()
