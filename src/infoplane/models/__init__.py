"""Networks: one file a family. params.yaml's `model` is the file's name, its class the first of `__all__`.

A network is an `infoplane.layers.Network` whose constructor takes the shape of one input, the number of classes and, as
keywords, its section of params.yaml. It returns logits, and names in `layers`, in order, the submodules whose
outputs are the T of the information plane. Inside such a submodule, one that is called `activation` separates what
comes before the non-linearity from what comes after it, and one with a method `channel()` injects noise in training.
"""

from importlib import import_module
from pathlib import Path

from infoplane.layers import Network


def names() -> list[str]:
    """The names that params.yaml's `model` can have: the files of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def find(name: str) -> type[Network]:
    """The class of the network `name`, one of `names()`."""
    module = import_module(f"infoplane.models.{name}")
    return getattr(module, module.__all__[0])
