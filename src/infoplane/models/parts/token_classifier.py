"""A transformer over tokens as a classifier: its blocks, the tokens of a sample pooled to one vector, a linear head.

Layers of shape (n, length, width) are pooled in the same way before they are recorded, so that T is (n, width).
"""

from typing import Any

import torch
from torch import Tensor, nn

from infoplane.errors import UserError
from infoplane.models.parts.layers import Network
from infoplane.models.parts.options import TokenPooling
from infoplane.models.parts.pooling import in_words, pooled, unmasked
from infoplane.named import PARAMS


class TokenClassifier(Network):
    """A transformer that is given as a module, and what makes it a classifier.

    Args:
        body: takes `input_ids` and `attention_mask`, returns an object with `last_hidden_state`.
        length: tokens of a sample.
        width: of a token's hidden state.
        vocabulary: how many tokens there are.
        classes: number of classes.
        blocks: names of the body's blocks, in order; `embeddings` is what goes into the first.
        pooling: of the tokens (`infoplane.models.parts.pooling`).
        pad: the token that is padding, to which nothing attends; None where none is.

    Attributes:
        input_dtype: of x.
        pooled_by: how recorded layers are pooled, in words.
    """

    input_dtype = torch.int64

    def __init__(
        self,
        body: nn.Module,
        *,
        length: int,
        width: int,
        vocabulary: int,
        classes: int,
        blocks: list[str],
        pooling: TokenPooling,
        pad: int | None,
    ):
        super().__init__()
        if isinstance(pooling, int) and pooling >= length:
            raise ValueError(f"pooling = {pooling}: one x has {length} tokens, from 0 to {length - 1}")
        self.body, self.pad, self.vocabulary = body, pad, vocabulary
        self.pooling: TokenPooling = pooling
        self.pooled_by = in_words(pooling)
        # Names for what no module of the body's returns: hooks find it there.
        self.embeddings, self.pooled = nn.Identity(), nn.Identity()
        self.head = nn.Linear(width, classes)
        self.layers = (*(["embeddings"] if blocks else []), *(f"body.{block}" for block in blocks), "pooled", "head")
        if blocks:
            body.get_submodule(blocks[0]).register_forward_pre_hook(self._embed, with_kwargs=True)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of tokens.

        Args:
            x: shape (n, length), int64.
        Returns: shape (n, classes).

        Raises:
            UserError: x is no tokens.
        """
        if x.dtype != self.input_dtype:
            raise UserError(f"{PARAMS}: model: needs tokens, x of torch.int64, but x is {x.dtype}")
        self._mask = unmasked(x, self.pad)
        t = self.body(input_ids=x, attention_mask=self._mask.long()).last_hidden_state
        return self.head(self.pooled(pooled(t, self._mask, self.pooling)))

    def pool_tokens(self, t: Tensor) -> Tensor:
        """Activations of the batch that the network has seen last, of shape (n, length, width), as (n, width)."""
        return pooled(t, self._mask, self.pooling) if t.ndim == 3 and t.shape[:2] == self._mask.shape else t

    def refuse(self, x: Any) -> None:
        """Raise a UserError where a split's x, shape (n, length), holds what is no token of the vocabulary."""
        if x.size and not 0 <= x.min() <= x.max() < self.vocabulary:
            raise UserError(
                f"{PARAMS}: model: x holds tokens from {x.min()} to {x.max()}, the vocabulary has {self.vocabulary}, "
                "from 0: set its size in models.transformers.config, or mend the data"
            )

    def _embed(self, block: nn.Module, arguments: tuple, keywords: dict) -> None:
        self.embeddings(arguments[0] if arguments else keywords["hidden_states"])
