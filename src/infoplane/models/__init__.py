"""Networks: one file a family. params.yaml's `model` is the file's name, its class the first of `__all__`.

A network is a `parts.layers.Network` whose constructor takes the shape of one input, the number of classes and, as
keywords, its section of params.yaml. It returns logits, and names in `layers`, in order, the submodules whose outputs
are the T of the information plane. Inside such a submodule, one that is called `activation` separates what comes before
the non-linearity from what comes after it, and one with a method `channel()` injects noise in training. A function
`plan` of the file tells the layers' names before anything is built (`parts.plan`).

A network of the user's own is any `torch.nn.Module` with such a constructor, named `module:Class`; the folder
extensions/ is where the pipeline looks for the module. Without `layers`, its children are its layers.
"""

from pathlib import Path
from typing import Any

from infoplane.errors import UserError
from infoplane.named import PARAMS, Named, files, is_own, own
from infoplane.sources import Source

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of our own networks: the files of this folder."""
    return list(files(FOLDER, without="parts"))


def section(name: str) -> str:
    """The key of `models` in params.yaml that belongs to params.yaml's `model`: of `module:Class` it is the class."""
    return name.rpartition(":")[2]


def named(name: str) -> Named:
    """The class of the network `name`, one of `names()` or `module:Class`, without importing it.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    if is_own(name):
        network = own("model", name, "class {} that is a torch.nn.Module")
        if not network.attribute[:1].isupper():
            # the capital letter tells its section of params.yaml from those of the files of this folder
            raise UserError(f"{PARAMS}: model = {name!r}: must be `module:Class`, where the class has a capital letter")
        return network
    source = Source(files(FOLDER, without="parts")[name], f"infoplane.models.{name}")
    return Named("model", name, source, source.value("__all__")[0])


def find(name: str) -> Any:
    """The class of the network `name`, one of `names()` or `module:Class`.

    Raises:
        UserError: the module cannot be imported, or has no such class.
    """
    return named(name).load()
