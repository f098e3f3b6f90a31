"""What the LSTM and its kin share: a state of h and c, and a projection of h.

Paper:
    Sak, Senior & Beaufays 2014, "Long Short-Term Memory Recurrent Neural Network Architectures for
    Large Scale Acoustic Modeling", Interspeech
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from lstm_zoo.cells.cell import Cell, Weights


class ProjectedCell(Cell):
    """A cell with a memory c, whose h can be projected to fewer features."""

    state_names = ("h", "c")
    has_projection = True
    shows_tanh_c = True

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """As for every cell; with a projection W_r is `weight_hr`."""
        shapes = super().parameter_shapes(input_size, hidden_size, proj_size, bias)
        return shapes | ({"weight_hr": (proj_size, hidden_size)} if proj_size else {})

    def state_shapes(
        self, hidden_size: int, proj_size: int = 0, space: tuple[int, ...] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """h, projected or not, and c."""
        return ((proj_size or hidden_size,), (hidden_size,))


def project(h: Tensor, weights: Weights) -> Tensor:
    """W_r h where there is a projection, else h."""
    return F.linear(h, weights["weight_hr"]) if "weight_hr" in weights else h
