"""Operations between submodules as layers: `layer1.0.add`, by the names of torchvision's feature extraction.

The network's code is followed by torch.fx into the submodules around the wanted operations, and no further: all others
are called as they are. Behind each wanted operation the copy of that code has a tap, a module that passes on what it
gets, at which hooks can listen; weights and buffers are the network's own. What a tap hears is what the operation
returns, also where a later one changes it in place, as the ReLU at the end of a ResNet's block does with the sum.

References: Reed et al. (2022), torch.fx: practical program capture and transformation for deep learning in Python,
MLSys, arXiv:2112.08429; names: torchvision.models.feature_extraction.
"""

import math
from collections.abc import Callable, Collection, Iterable

import torchvision
from torch import fx, nn
from torchvision.models.feature_extraction import NodePathTracer, get_graph_node_names

from infoplane.errors import UserError, in_one_line


def node_names(network: nn.Module) -> list[str]:
    """The names of all operations of a network, in order; none where torch.fx cannot follow its code."""
    try:
        return get_graph_node_names(network, suppress_diff_warning=True)[1]
    except Exception:  # of whatever type, for whatever the code does
        return []


class TappedNetwork:
    """A network whose operations can be listened to while it runs, in evaluation mode, through this copy of its code.

    Args:
        network: stays as it is.
        nodes: names of operations.
        modules: names of submodules that are listened to, too.

    Attributes:
        forward: in place of the network's own.
        taps: by name, of each operation, and of each submodule that the copy does not call, but follows: a module that
            returns what the operation, or the submodule, returns.
        order: all names in the order in which the network comes to them.

    Raises:
        UserError: there is no such operation, or torch.fx cannot follow the network's code.
    """

    forward: Callable
    taps: dict[str, nn.Module]
    order: list[str]

    def __init__(self, network: nn.Module, nodes: Collection[str], modules: Iterable[str]):
        tracer = _Tracer(nodes)
        was_training = network.training
        try:
            graph = tracer.trace(network.eval())
        except Exception as error:  # of whatever type, for whatever the code does
            raise UserError(
                f"record.layers: {', '.join(nodes)}: torch.fx cannot follow the network's code, so that only "
                f"submodules can be recorded: {in_one_line(error)[:150]}"
            ) from error
        finally:
            network.train(was_training)
        at = {name: node for node, name in tracer.node_to_qualname.items()}
        for name in nodes:
            if name not in at:
                raise UserError(f"record.layers: the network has neither a submodule nor an operation {name}")
        found = {name: at[name] for name in nodes} | {
            name: tracer.returned[name] for name in modules if name in tracer.returned
        }
        rank = {node: place for place, node in enumerate(graph.nodes)}
        places = {name: rank[node] for name, node in found.items()}
        for name in modules:
            if name not in places:
                places[name] = rank.get(at.get(_called_around(name, at)), len(rank))
        # What lies in a submodule that is called comes before what is listened to behind it.
        self.order = sorted(places, key=lambda name: (places[name], name in found))
        root = fx.GraphModule(network, graph)
        self.taps = {}
        for number, (name, node) in enumerate(found.items()):
            self.taps[name] = nn.Identity()
            root.add_submodule(f"tap{number}", self.taps[name])
            # Right behind the operation: a later one may work in place.
            with graph.inserting_after(node):
                graph.call_module(f"tap{number}", (node,))
        root.recompile()
        self.forward = root.forward


class _Tracer(NodePathTracer):
    """Follows a network into the submodules around some operations.

    Attributes:
        returned: the last node of each submodule that it has followed, which is what the submodule returns.
    """

    def __init__(self, nodes: Collection[str]):
        super().__init__(autowrap_modules=(math, torchvision.ops))
        self.nodes = nodes
        self.returned: dict[str, fx.Node] = {}

    def is_leaf_module(self, m: nn.Module, module_qualname: str) -> bool:
        return not any(node.startswith(f"{module_qualname}.") for node in self.nodes)

    def call_module(self, m: nn.Module, forward: Callable, args: tuple, kwargs: dict):
        result = super().call_module(m, forward, args, kwargs)
        name = self.path_of_module(m)
        if not self.is_leaf_module(m, name) and isinstance(result, fx.Proxy):
            self.returned[name] = result.node
        return result


def _called_around(name: str, at: Collection[str]) -> str:
    """The submodule that is called as it is, and that has this one in it, or is it."""
    while name and name not in at:
        name = name.rpartition(".")[0]
    return name
