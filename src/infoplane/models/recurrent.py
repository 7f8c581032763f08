"""Recurrent network over the rows of an image: `recurrent1`, `recurrent2`, ..., `hidden` and `output`, the logits.

References: Elman (1990), Finding structure in time, doi:10.1207/s15516709cog1402_1; Hochreiter & Schmidhuber (1997),
Long short-term memory, doi:10.1162/neco.1997.9.8.1735; Cho et al. (2014), Learning phrase representations using RNN
encoder-decoder for statistical machine translation, arXiv:1406.1078.
"""

from typing import Literal

from torch import Tensor, nn

from infoplane.models.parts.layers import Network, layer, rows
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Activation, Depth, Dropout, Units
from infoplane.models.parts.plan import Plan, image_shape

__all__ = ["Recurrent"]

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def plan(input_shape: tuple[int, ...], *, depth: int, **_: object) -> Plan:
    """The layers of the network; refuses what is no image."""
    image_shape(input_shape)
    recurrent = tuple(f"recurrent{i}" for i in range(1, depth + 1))
    return Plan((*recurrent, "hidden", "output"), noisy=("hidden",), connected=("hidden",))


class Recurrent(Network):
    """Recurrent layers that read an image from top to bottom, a row at a time; a layer on the last state.

    The T of a recurrent layer is its sequence of states, of shape (height, width).

    Args:
        input_shape: (channels, height, width) of one x; every row, of all channels, is a time step.
        classes: number of classes.
        cell: `rnn` (of tanh units), `gru` or `lstm`.
        depth: number of recurrent layers.
        width: units of each recurrent layer.
        hidden: units of the fully connected layer after the last time step.
        activation: of `hidden`.
        dropout: noise on `hidden`.

    Raises:
        ValueError: the data are not images, or `dropout.layers` names another layer than `hidden`.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        cell: Literal["rnn", "gru", "lstm"],
        depth: Depth,
        width: Units,
        hidden: Units,
        activation: Activation,
        dropout: Dropout | None = None,
    ):
        super().__init__()
        channels, _, row = image_shape(input_shape)
        self.layers, noisy, _ = plan(input_shape, depth=depth)
        fan_in = channels * row
        for name in self.layers[:depth]:
            # A module of its own for each: PyTorch's stack of several layers returns the last one's sequence alone.
            self.add_module(name, CELLS[cell](fan_in, width, batch_first=True))
            fan_in = width
        noise = noise_at("hidden", dropout, noisy)
        self.hidden = layer(nn.Linear(width, hidden), activation, noise=noise)
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        t = rows(x)
        for name in self.layers[:-2]:
            t, _ = self.get_submodule(name)(t)
        return self.output(self.hidden(t[:, -1]))
