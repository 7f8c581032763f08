"""Vision transformer over the rows of an image: `block1`, `block2`, ..., then `hidden` and `output`, the logits.

References: Vaswani et al. (2017), Attention is all you need, arXiv:1706.03762; Dosovitskiy et al. (2021), An image is
worth 16x16 words: transformers for image recognition at scale, arXiv:2010.11929, with a row of pixels as the patch.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from infoplane.models.parts.layers import Network, layer, rows
from infoplane.models.parts.noise import noise_at
from infoplane.models.parts.options import Depth, Dropout, Units
from infoplane.models.parts.plan import Plan, image_shape

__all__ = ["Transformer"]


def plan(input_shape: tuple[int, ...], *, depth: int, width: int, heads: int, **_: object) -> Plan:
    """The layers of the network; refuses what is no image, and a width that the heads cannot share."""
    image_shape(input_shape)
    if width % heads:
        raise ValueError(f"width, heads: width = {width} is not divisible by heads = {heads}")
    blocks = tuple(f"block{i}" for i in range(1, depth + 1))
    return Plan((*blocks, "hidden", "output"), noisy=("hidden",), connected=("hidden",))


class Transformer(Network):
    """Rows of pixels as tokens, with learned positions; encoder blocks; one pooled token, and one more layer.

    A block's T is its residual stream, of shape (tokens, width).

    Args:
        input_shape: (channels, height, width) of one x; every row, of all channels, is a token.
        classes: number of classes.
        depth: number of blocks, each of self-attention and a feed-forward network of 4 * `width` units.
        width: of a token in the blocks; a multiple of `heads`.
        heads: of each self-attention.
        hidden: units of the fully connected layer after the blocks.
        activation: of the feed-forward networks and of `hidden`.
        pooling: what goes on to `hidden`: a learned `class_token`, put before the rows, or the `mean` of all tokens.
        dropout: noise on `hidden`.

    Raises:
        ValueError: the data are not images, `width` is not divisible by `heads`, or `dropout.layers` names another
            layer than `hidden`.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        classes: int,
        *,
        depth: Depth,
        width: Units,
        heads: Units,
        hidden: Units,
        activation: Literal["relu", "gelu"] = "gelu",
        pooling: Literal["class_token", "mean"] = "mean",
        dropout: Dropout | None = None,
    ):
        super().__init__()
        channels, height, row = image_shape(input_shape)
        self.layers, noisy, _ = plan(input_shape, depth=depth, width=width, heads=heads)
        self.embedding = nn.Linear(channels * row, width)
        self.class_token = nn.Parameter(torch.zeros(1, 1, width)) if pooling == "class_token" else None
        self.position = nn.Parameter(0.02 * torch.randn(1, height + (pooling == "class_token"), width))
        for name in self.layers[:depth]:
            block = nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation=activation, batch_first=True, norm_first=True
            )
            # In evaluation PyTorch fuses the block into a kernel of its own: what is recorded would not be computed as
            # what is trained. 0 (neither ReLU nor GELU, the two that it knows) switches this off.
            block.activation_relu_or_gelu = 0
            self.add_module(name, block)
        self.norm = nn.LayerNorm(width)
        noise = noise_at("hidden", dropout, noisy)
        self.hidden = layer(nn.Linear(width, hidden), activation, noise=noise)
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        t = self.embedding(rows(x))
        if self.class_token is not None:
            t = torch.cat([self.class_token.expand(len(t), -1, -1), t], dim=1)
        t = t + self.position
        for name in self.layers[:-2]:
            t = self.get_submodule(name)(t)
        t = self.norm(t)
        return self.output(self.hidden(t.mean(1) if self.class_token is None else t[:, 0]))
