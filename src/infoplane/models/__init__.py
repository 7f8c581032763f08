"""Networks: one file a family. params.yaml's `model` is the file's name, its class the first of `__all__`.

A network is a `parts.layers.Network` whose constructor takes the shape of one input, the number of classes and, as
keywords, its section of params.yaml. It returns logits, and names in `layers`, in order, the submodules whose outputs
are the T of the information plane. Inside such a submodule, one that is called `activation` separates what comes before
the non-linearity from what comes after it, and one with a method `channel()` injects noise in training. A function
`plan` of the file tells the layers' names before anything is built (`parts.plan`).

A network of another library is named `library:name`, such as `torchvision:resnet18` (`libraries`).

A network of the user's own is any `torch.nn.Module` with such a constructor, named `module:Class`; the folder
extensions/ is where the pipeline looks for the module. Without `layers`, its children are its layers.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infoplane.errors import UserError
from infoplane.named import PARAMS, Named, files, is_own, own
from infoplane.sources import Source

FOLDER = Path(__file__).parent
LIBRARIES = FOLDER / "libraries"
LIBRARY_MODULES = "infoplane.models.libraries"


def names() -> list[str]:
    """The names of our own networks: the files of this folder."""
    return [name for name in files(FOLDER, without="parts") if name != LIBRARIES.name]


def library_names() -> list[str]:
    """The libraries whose networks can be named, installed or not; each has a section of params.yaml's `models`."""
    return list(files(LIBRARIES))


def in_library(name: str) -> tuple[str, str] | None:
    """The library and the name there that `library:name` stands for; None for any other network."""
    library, colon, name_there = name.partition(":")
    return (library, name_there) if colon and library in library_names() else None


def section(name: str) -> str:
    """The key of `models` in params.yaml that belongs to params.yaml's `model`.

    Of `module:Class` it is the class, of `library:name` the library.
    """
    found = in_library(name)
    return found[0] if found else name.rpartition(":")[2]


def named(name: str) -> Named:
    """The class of the network `name`, one of `names()` or `module:Class`, without importing it.

    Of `library:name`, or of a library alone, it is the function `network` of the library's file.

    Raises:
        UserError: the name has another form, or there is no such module.
    """
    library = name if name in library_names() else section(name) if in_library(name) else None
    if library:
        return Named("model", library, Source(files(LIBRARIES)[library], f"{LIBRARY_MODULES}.{library}"), "network")
    if is_own(name):
        network = own("model", name, "class {} that is a torch.nn.Module")
        if not network.attribute[:1].isupper():
            # the capital letter tells its section of params.yaml from those of the files of this folder
            raise UserError(f"{PARAMS}: model = {name!r}: must be `module:Class`, where the class has a capital letter")
        return network
    source = Source(files(FOLDER, without="parts")[name], f"infoplane.models.{name}")
    return Named("model", name, source, source.value("__all__")[0])


def find(name: str) -> Any:
    """The class of the network `name`, one of `names()` or `module:Class`, or the function `network` of its library.

    Raises:
        UserError: the module cannot be imported, or has no such class.
    """
    return named(name).load()


def require_installed(name: str) -> None:
    """Raise a UserError where a network is of a library that is not installed, or has no name."""
    if found := in_library(name):
        library, name_there = found
        if not name_there:
            raise UserError(f"{PARAMS}: model = {name!r}: must be `{library}:name`")
        if find_spec(library) is None:
            raise UserError(f"{PARAMS}: model = {name!r}: the package {library} is not installed: run `make extras`")
