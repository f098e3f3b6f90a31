"""Regularisers for recurrent networks: locked dropout, embedding dropout and weight drop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F


class LockedDropout(nn.Module):
    """Dropout with one mask for all time steps of a row (Gal & Ghahramani 2016).

    A fresh mask at every step would let the recurrence average the noise away; a locked one removes
    the same features for the whole sequence.

    Args:
        p: share of features set to zero in training, in [0, 1).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        _check_share("LockedDropout p", p)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop features of `x`.

        Args:
            x: (batch, time, features).

        Returns:
            The same shape; `x` itself in eval mode.
        """
        if not self.training or self.p == 0:
            return x
        mask = F.dropout(x.new_ones(x.shape[0], 1, x.shape[2]), self.p)
        return x * mask

    def extra_repr(self) -> str:
        return f"p={self.p}"


class DroppedEmbedding(nn.Embedding):
    """An embedding that drops whole entries of its vocabulary (Merity et al. 2018, section 4.3).

    Args:
        num_embeddings: number of tokens.
        embedding_dim: features of a token.
        p: share of tokens whose vector is zero for one forward pass in training, in [0, 1).
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, p: float = 0.0) -> None:
        super().__init__(num_embeddings, embedding_dim)
        _check_share("DroppedEmbedding p", p)
        self.p = p

    def reset_parameters(self) -> None:
        """Start the vectors uniform in +-0.1 (Merity et al. 2018, section 5)."""
        nn.init.uniform_(self.weight, -0.1, 0.1)

    def forward(self, input: Tensor) -> Tensor:
        """Look up tokens (batch, time); returns (batch, time, embedding_dim)."""
        if not self.training or self.p == 0:
            return super().forward(input)
        mask = F.dropout(self.weight.new_ones(self.num_embeddings, 1), self.p)
        return F.embedding(input, self.weight * mask)


def call_with_weight_drop(
    lstm: nn.Module, p: float, *inputs: Any, weights: Sequence[str] = ("weight_hh_l0",)
) -> Any:
    """Call a recurrent module with dropout on its recurrent matrices (Merity et al. 2018, 2).

    The module's own parameters are never changed: a dropped copy stands in for them during this one
    call, so masks cannot accumulate and the gradient reaches the raw weight.

    Args:
        lstm: `nn.LSTM`, `lstm_zoo.LSTM` or any module with the named weights.
        p: share of the weights' entries set to zero, in [0, 1); a new mask each call.
        inputs: the module's arguments.
        weights: names of the parameters to drop.

    Returns:
        What the module returns. In eval mode, or with p = 0, that of a plain call.
    """
    _check_share("weight drop p", p)
    if not lstm.training or p == 0:
        return lstm(*inputs)
    dropped = {name: _drop_entries(lstm.get_parameter(name), p) for name in weights}
    return functional_call(lstm, dropped, inputs)


def _drop_entries(weight: Tensor, p: float) -> Tensor:
    """`F.dropout`, with uniform draws: on a CPU a million Bernoulli draws take twice as long."""
    return weight * torch.rand_like(weight).ge_(p).div_(1 - p)


def _check_share(what: str, p: float) -> None:
    if not 0 <= p < 1:
        raise ValueError(f"{what} must be a share in [0, 1), got {p}")
