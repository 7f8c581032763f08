"""Networks: one file a family. params.yaml's `model` is the file's name, its class the first of `__all__`.

A network is a `parts.layers.Network` whose constructor takes the shape of one input, the number of classes and, as
keywords, its section of params.yaml. It returns logits, and names in `layers`, in order, the submodules whose outputs
are the T of the information plane. Inside such a submodule, one that is called `activation` separates what
comes before the non-linearity from what comes after it, and one with a method `channel()` injects noise in training.

A network of the user's own is any `torch.nn.Module` with such a constructor, named `module:Class`; the folder
networks/ is where the pipeline looks for the module. Without `layers`, its children are its layers.
"""

import re
from importlib import import_module
from pathlib import Path

from torch import nn

from infoplane.errors import UserError, in_one_line
from infoplane.settings.schema import PATH

OWN = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Z]\w*)")
"""`module:Class`; the capital letter tells its section of params.yaml from those of the files of this folder."""


def names() -> list[str]:
    """The names of our own networks: the files of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def section(name: str) -> str:
    """The key of `models` in params.yaml that belongs to params.yaml's `model`: of `module:Class` it is the class."""
    return name.rpartition(":")[2]


def is_own(name: str) -> bool:
    """Whether params.yaml's `model` names a class of the user's own."""
    return ":" in name


def find(name: str) -> type[nn.Module]:
    """The class of the network `name`, one of `names()` or `module:Class`.

    Raises:
        UserError: the module cannot be imported, or has no such class.
    """
    if not is_own(name):
        module = import_module(f"infoplane.models.{name}")
        return getattr(module, module.__all__[0])
    parts = OWN.fullmatch(name)
    if parts is None:
        raise UserError(f"{PATH}: model = {name!r}: must be `module:Class`, where the class has a capital letter")
    try:
        network = getattr(import_module(parts[1]), parts[2], None)
    except Exception as error:  # whatever the user's file does when it is run
        reason = in_one_line(error)
        raise UserError(f"{PATH}: model = {name!r}: the module {parts[1]} cannot be imported: {reason}") from error
    if not (isinstance(network, type) and issubclass(network, nn.Module)):
        raise UserError(f"{PATH}: model = {name!r}: {parts[1]} has no class {parts[2]} that is a torch.nn.Module")
    return network
