"""The Clockwork RNN: modules that tick at different speeds.

Paper:
    Koutnik, Greff, Gomez & Schmidhuber 2014, "A Clockwork RNN", ICML: (1), (3) and (4)

Equations, for the module k with the period T_k at the time t = 0, 1, 2, ...:
    u_t = 1 if t mod T_k = 0, else 0                      (1)  update gate of all its units
    n_t = tanh(W x_t + sum_j U_kj h_{j,t-1} + b)          (2)  over the modules j with T_j >= T_k
    h_t = u_t * n_t + (1 - u_t) * h_{t-1}                 (3)  hidden state

The periods grow, so U, `weight_hh`, is block-upper-triangular: a module hears itself and slower
ones. What lies below the diagonal blocks never acts and gets no gradient. The time t is a part of
the state, "clock": text read in pieces ticks on. It is counted modulo the least common multiple of
the periods, so that it stays exact in low precision (bfloat16 counts to 256), and rounded, so that
nothing is learned of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


@dataclass(frozen=True)
class Clockwork(Cell):
    """The recurrent network whose modules are updated at their own periods.

    Args:
        periods: time steps between two updates of each module, growing.

    Raises:
        ValueError: the periods are not growing whole numbers from 1 on.
    """

    periods: tuple[int, ...] = (1, 2, 4, 8)

    gate_names = ("new",)
    state_names = ("h", "clock")
    keep_gate = None
    candidate = "new"

    def __post_init__(self) -> None:
        periods = self.periods
        whole = isinstance(periods, tuple) and all(type(p) is int and p > 0 for p in periods)
        if not whole or not periods or list(periods) != sorted(set(periods)):
            raise ValueError(
                f"periods should be a tuple of growing whole numbers, such as (1, 2, 4), "
                f"got {periods!r}"
            )

    def size_problem(self, hidden_size: int) -> str | None:
        """All modules have the same number of units."""
        modules = len(self.periods)
        if hidden_size % modules == 0:
            return None
        below = hidden_size // modules * modules
        nearest = f"{below} or {below + modules}" if below else f"{modules}"
        return (
            f"hidden_size should be a multiple of {modules}, for the periods {self.periods}, "
            f"got {hidden_size}; take {nearest}"
        )

    def state_shapes(
        self, hidden_size: int, proj_size: int = 0, space: tuple[int, ...] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """h, and the one number of the clock."""
        return ((hidden_size,), (1,))

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(3)."""
        h, clock = state
        t = clock.round()
        size = h.size(-1) // len(self.periods)
        due = torch.cat([t % period == 0 for period in self.periods], dim=-1)
        u = edit("update", due.repeat_interleave(size, dim=-1).to(h.dtype))  # (1)
        heard = h.new_ones(len(self.periods), len(self.periods)).triu()
        weight_hh = weights["weight_hh"] * torch.kron(heard, h.new_ones(size, size))
        n = edit("new", (input_product + F.linear(h, weight_hh)).tanh())  # (2)
        h = u * n + (1 - u) * h  # (3)
        return (h, (t + 1) % math.lcm(*self.periods)), {"update": u, "new": n}
