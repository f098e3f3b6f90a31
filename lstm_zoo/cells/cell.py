"""The contract of a cell: one time step, state in, state out, gates by name.

A cell is an object without weights: it says which parameters it needs and takes them by name from
whoever holds them. `lstm_zoo.LSTM` makes layers of any cell; `lstm.py` is the example to follow.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

State = tuple[Tensor, ...]
Weights = Mapping[str, Tensor]
Gates = dict[str, Tensor]
Edit = Callable[[str, Tensor], Tensor]
"""Takes a name and a value, and returns the value to go on with: a gate after its activation, or c
before it is shown."""


NARROW = 32  # inputs up to which `linear` stores a matrix by columns; it gains nothing above


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """W x + b, as `F.linear` has it, for the input's part of the gates.

    Autograd's gradient of W is (gradient of the result)^T x, and of a W stored by columns the
    transpose of x^T (gradient of the result): where x is narrow, a CPU has this one far sooner.

    Args:
        x: (..., input_size).
        weight: W, (rows, input_size).
        bias: b, (rows).

    Returns:
        (..., rows).
    """
    if weight.size(1) <= NARROW:
        weight = weight.t().contiguous().t()
    return F.linear(x, weight, bias)


def unedited(name: str, gate: Tensor) -> Tensor:
    """The gate as it is."""
    return gate


@dataclass(frozen=True)
class Cell(ABC):
    """One time step of a recurrent network.

    What is written here holds for cells whose matrices have one block of rows for each gate:
    `weight_ih` for the input, `weight_hh` for h, and two biases, as PyTorch has them.

    Attributes:
        gate_names: the gates, in the order of their rows in the matrices.
        state_names: parts of the state; the first is the output.
        keep_gate: the gate that, open, keeps what is remembered; None if there is none.
        write_gate: the gate that, open, lets the candidate in; None if `keep_gate` decides that.
        overwrites: whether `write_gate`, open, forgets as well: 1 minus it is what is kept.
        candidate: what is written to the memory.
        shows_tanh_c: whether h is the output gate times tanh(c), projected or not.
        zoned: parts of the state that zoneout may hold back.
        learned: parts of the state whose start may be learned.
        has_projection: whether h can be projected to fewer features (`proj_size`).
        feature_dims: dimensions of one step's input: 1 for a vector, 3 for an image.
    """

    gate_names: ClassVar[tuple[str, ...]]
    state_names: ClassVar[tuple[str, ...]]
    keep_gate: ClassVar[str | None] = "forget"
    write_gate: ClassVar[str | None] = None
    overwrites: ClassVar[bool] = False
    candidate: ClassVar[str] = "cell"
    shows_tanh_c: ClassVar[bool] = False
    zoned: ClassVar[tuple[str, ...]] = ("h", "c")
    learned: ClassVar[tuple[str, ...]] = ("h", "c")
    has_projection: ClassVar[bool] = False
    feature_dims: ClassVar[int] = 1

    def size_problem(self, hidden_size: int) -> str | None:
        """Why the cell cannot have this many units, in a sentence; None if it can."""
        return None

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """Name and shape of each parameter, in the order in which PyTorch creates them.

        Args:
            input_size: number of features of x.
            hidden_size: number of units.
            proj_size: number of features of h, for cells with a projection; 0 for none.
            bias: whether the gates have biases.
        """
        rows = len(self.gate_names) * hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, proj_size or hidden_size),
        }
        if bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        return shapes

    def state_shapes(
        self, hidden_size: int, proj_size: int = 0, space: tuple[int, ...] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """Shape of each part of the state, without the batch, in the order of `state_names`.

        Args:
            hidden_size: number of units.
            proj_size: number of features of h, for cells with a projection; 0 for none.
            space: height and width, for cells that read images.
        """
        return tuple((hidden_size,) for _ in self.state_names)

    def reset_parameters(self, weights: Weights, hidden_size: int) -> None:
        """Draws each value from U(-b, b) with b = 1 / sqrt(hidden_size), as PyTorch does.

        Args:
            weights: parameters by name, changed in place.
            hidden_size: number of units.
        """
        bound = 1 / math.sqrt(hidden_size) if hidden_size > 0 else 0
        for weight in weights.values():
            nn.init.uniform_(weight, -bound, bound)

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """What the gates take from x alone, W x + b: steps do not depend on each other here.

        Args:
            x: inputs of any number of steps, (..., input_size).
            weights: parameters by name.

        Returns:
            (..., gates * hidden_size).
        """
        bias = weights["bias_ih"] + weights["bias_hh"] if "bias_ih" in weights else None
        return linear(x, weights["weight_ih"], bias)

    @abstractmethod
    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step.

        Args:
            input_product: this step's part of `input_product`, (batch, gates * hidden_size).
            state: each part (batch, *shape), with the shapes of `state_shapes`.
            weights: parameters by name.
            edit: called for each gate, and for c where `shows_tanh_c`, as soon as it is known; the
                step goes on with its answer.

        Returns:
            The new state, and the gates by name, after their activation and `edit`.
        """


class ScanCell(Cell):
    """A cell whose gates do not read the state, so that all steps can be computed together."""

    @abstractmethod
    def scan(
        self, input_products: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[Tensor, State, Gates]:
        """All time steps at once; equal to `step` after `step`.

        Args:
            input_products: (time, batch, gates * hidden_size).
            state: before the first step, each part (batch, *shape).
            weights: parameters by name.
            edit: called once for each gate, with all its steps, (time, batch, hidden_size).

        Returns:
            Outputs (time, batch, hidden_size), the state after the last step, and the gates by
            name, each (time, batch, hidden_size).
        """
