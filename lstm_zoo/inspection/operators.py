"""PyTorch's recurrent operators, caught on their way: what `nn.LSTM.forward` comes down to.

A module's own `forward` checks its arguments, sorts packed rows and, in a subclass, does whatever
it does; here only the operator that it calls at last is taken over, in this thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

LAYERS = {"lstm": "lstm", "gru": "gru", "rnn_tanh": "rnn", "rnn_relu": "rnn"}
STEPS = {"lstm_cell": "lstm", "gru_cell": "gru", "rnn_tanh_cell": "rnn", "rnn_relu_cell": "rnn"}
"""Name of an operator -> name of its cell."""
OPERATORS = LAYERS | STEPS

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


class Catch(TorchFunctionMode):
    """While it is on, recurrent operators are answered by `answer(operator, args)`."""

    def __init__(self, answer: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        super().__init__()
        self.answer = answer

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__name__", "") in OPERATORS:
            return self.answer(func, args)
        return func(*args, **(kwargs or {}))


@dataclass(frozen=True)
class Call:
    """A call of an operator that runs layers through time.

    Attributes:
        operator: the function.
        data: (time, batch, features) or, if `batch_first`, (batch, time, features); if packed, the
            rows of all steps.
        batch_sizes: rows of each step, if packed.
        state: each part (layers * directions, batch, features).
        weights: of all layers and directions, in PyTorch's order.
        bias, num_layers, dropout, training, bidirectional, batch_first: as of the module.
    """

    operator: Any
    data: Tensor
    batch_sizes: Tensor | None
    state: tuple[Tensor, ...]
    weights: list[Tensor]
    bias: bool
    num_layers: int
    dropout: float
    training: bool
    bidirectional: bool
    batch_first: bool

    @classmethod
    def parse(cls, operator: Any, args: tuple[Any, ...]) -> Call:
        """The call with these arguments."""
        is_packed = len(args) == 9 and isinstance(args[3], list | tuple)
        data, *rest = args
        batch_sizes = rest.pop(0) if is_packed else None
        state, weights, *options = rest
        state = (state,) if isinstance(state, Tensor) else tuple(state)
        if is_packed:
            options.append(False)  # rows of all steps have no batch that could come first
        return cls(operator, data, batch_sizes, state, list(weights), *options)

    @property
    def cell(self) -> str:
        return LAYERS[self.operator.__name__]

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1

    def weights_of(self, layer: int, direction: int) -> dict[str, Tensor]:
        """Parameters by the cell's names."""
        directions = self.num_layers * self.num_directions
        size = len(self.weights) // directions
        start = (layer * self.num_directions + direction) * size
        names = [*NAMES[: 4 if self.bias else 2], "weight_hr"]
        return dict(zip(names, self.weights[start : start + size], strict=False))

    def run(self) -> tuple[Tensor, ...]:
        """The operator's own answer: the outputs and each part of the state."""
        state = self.state if len(self.state) > 1 else self.state[0]
        options = (self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        if self.batch_sizes is not None:
            answer = self.operator(self.data, self.batch_sizes, state, self.weights, *options)
        else:
            answer = self.operator(self.data, state, self.weights, *options, self.batch_first)
        return tuple(answer)

    def layer(self, index: int, data: Tensor) -> Call:
        """The call of one layer, that reads `data`."""
        size = len(self.weights) // self.num_layers
        directions = slice(index * self.num_directions, (index + 1) * self.num_directions)
        return replace(
            self,
            data=data,
            state=tuple(part[directions].to(data.dtype) for part in self.state),
            weights=self.weights[index * size : (index + 1) * size],
            num_layers=1,
            dropout=0.0,
        )


def run_by_layers(call: Call, see: Callable[[int, Call, Tensor], None]) -> tuple[Tensor, ...]:
    """The operator's answer, layer by layer, so that what lies between them is seen.

    Args:
        call: the whole.
        see: called with each layer's number, its call and its outputs.
    """
    data, states = call.data, []
    for index in range(call.num_layers):
        layer = call.layer(index, data)
        data, *state = layer.run()
        states.append(state)
        see(index, layer, data)
        if call.dropout and call.training and index < call.num_layers - 1:
            data = F.dropout(data, call.dropout)
    return (data, *(torch.cat(parts) for parts in zip(*states, strict=True)))
