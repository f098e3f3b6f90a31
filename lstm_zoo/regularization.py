"""Regularisers for recurrent networks.

Locked dropout, embedding dropout, weight drop, recurrent dropout without memory loss, and zoneout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence


class LockedDropout(nn.Module):
    """Dropout with one mask for all time steps of a row (Gal & Ghahramani 2016).

    A fresh mask at every step would let the recurrence average the noise away; a locked one removes
    the same features for the whole sequence.

    Args:
        p: share of features set to zero in training, in [0, 1).
        batch_first: whether the batch comes before time.
    """

    def __init__(self, p: float, batch_first: bool = True) -> None:
        super().__init__()
        _check_share("LockedDropout p", p)
        self.p = p
        self.batch_first = batch_first

    @overload
    def forward(self, x: Tensor) -> Tensor: ...
    @overload
    def forward(self, x: PackedSequence) -> PackedSequence: ...

    def forward(self, x: Tensor | PackedSequence) -> Tensor | PackedSequence:
        """Drop features of `x`.

        Args:
            x: (batch, time, features), or (time, batch, features) unless `batch_first`; images
                (batch, time, channels, height, width), of which whole channels are dropped; or a
                `PackedSequence`.

        Returns:
            The same shape; `x` itself in eval mode.

        Raises:
            ValueError: `x` has fewer dimensions.
        """
        if not self.training or self.p == 0:
            return x
        if isinstance(x, PackedSequence):
            rows = torch.cat([torch.arange(n) for n in x.batch_sizes.tolist()]).to(x.data.device)
            return x._replace(data=x.data * self._mask(x.data, int(x.batch_sizes[0]))[rows])
        if x.dim() < 3:
            order = "batch, time" if self.batch_first else "time, batch"
            raise ValueError(f"LockedDropout takes ({order}, features), got {tuple(x.shape)}")
        batch, time = (0, 1) if self.batch_first else (1, 0)
        return x * self._mask(x.select(time, 0), x.shape[batch]).unsqueeze(time)

    def _mask(self, step: Tensor, rows: int) -> Tensor:
        """For the features of one step, (rows, features, ...)."""
        kept = step.new_ones(rows, step.shape[1], *[1] * (step.dim() - 2))
        return F.dropout(kept, self.p)

    def extra_repr(self) -> str:
        return f"p={self.p}" + ("" if self.batch_first else ", batch_first=False")


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
    lstm: nn.Module, p: float, *inputs: Any, weights: Sequence[str] | None = None
) -> Any:
    """Call a recurrent module with dropout on its recurrent matrices (Merity et al. 2018, 2).

    The module's own parameters are never changed: a dropped copy stands in for them during this one
    call, so masks cannot accumulate and the gradient reaches the raw weight.

    Args:
        lstm: `nn.LSTM`, `lstm_zoo.LSTM` or any module with recurrent matrices, or with such modules
            in it.
        p: share of the weights' entries set to zero, in [0, 1); a new mask each call.
        inputs: the module's arguments.
        weights: names of the parameters to drop; all matrices that read h if None, which are those
            named `weight_hh...` and `weight_hm...`.

    Returns:
        What the module returns. In eval mode, or with p = 0, that of a plain call.

    Raises:
        ValueError: p is no such share, or the module has no matrix that reads h.
    """
    _check_share("weight drop p", p)
    if not lstm.training or p == 0:
        return lstm(*inputs)
    if weights is None:
        names = (name for name, _ in lstm.named_parameters())
        weights = [name for name in names if reads_h(name.rpartition(".")[2])]
    if not weights:
        raise ValueError(f"weight drop needs a matrix that reads h, and there is none in {lstm}")
    dropped = {name: _drop_entries(lstm.get_parameter(name), p) for name in weights}
    return functional_call(lstm, dropped, inputs)


def reads_h(weight: str) -> bool:
    """Whether a parameter of this name is a matrix that reads h."""
    return weight.startswith(("weight_hh", "weight_hm"))


def _drop_entries(weight: Tensor, p: float) -> Tensor:
    """`F.dropout`, with uniform draws: on a CPU a million Bernoulli draws take twice as long."""
    return weight * torch.rand_like(weight).ge_(p).div_(1 - p)


def candidate_dropout(candidate: str, p: float) -> Callable[[str, Tensor], Tensor]:
    """Recurrent dropout without memory loss: only what is written is dropped, never what is kept.

    Semeniuta, Severyn & Barth 2016, "Recurrent Dropout without Memory Loss", (8).

    Args:
        candidate: name of the gate that is written to the memory.
        p: share of its units set to zero, a new mask at each step.

    Returns:
        An `edit` for a cell's step.
    """

    def edit(name: str, gate: Tensor) -> Tensor:
        return F.dropout(gate, p) if name == candidate else gate

    return edit


def zoneout_between(
    held: Sequence[bool], p: float, training: bool
) -> Callable[[tuple[Tensor, ...], tuple[Tensor, ...]], tuple[Tensor, ...]]:
    """Zoneout: some units keep the state of the step before (Krueger et al. 2017, (2) and (3)).

    Args:
        held: which parts of the state may be held back.
        p: probability of a unit to be held back for a step.
        training: whether to draw; if not, each unit is the mean of both.

    Returns:
        A function of the states after and before a step.
    """

    def between(new: tuple[Tensor, ...], old: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return tuple(
            _zoned(after, before) if may else after
            for after, before, may in zip(new, old, held, strict=True)
        )

    def _zoned(after: Tensor, before: Tensor) -> Tensor:
        if not training:
            return torch.lerp(after, before.to(after.dtype), p)
        return torch.where(torch.rand_like(after) < p, before.to(after.dtype), after)

    return between


def _check_share(what: str, p: float) -> None:
    if not 0 <= p < 1:
        raise ValueError(f"{what} must be a share in [0, 1), got {p}")
