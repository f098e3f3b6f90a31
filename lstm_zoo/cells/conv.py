"""The ConvLSTM: an LSTM over images, with convolutions where the LSTM has matrix products.

Paper:
    Shi, Chen, Wang, Yeung, Wong & Woo 2015, "Convolutional LSTM Network: A Machine Learning
    Approach for Precipitation Nowcasting", NeurIPS: (3)

Equations, where W * x is a convolution and . a product of single values:
    i_t = sigmoid(W_i * x_t + U_i * h_{t-1} + b_i)    (1)  input gate
    f_t = sigmoid(W_f * x_t + U_f * h_{t-1} + b_f)    (2)  forget gate
    g_t =    tanh(W_g * x_t + U_g * h_{t-1} + b_g)    (3)  cell gate, the candidate
    o_t = sigmoid(W_o * x_t + U_o * h_{t-1} + b_o)    (4)  output gate
    c_t = f_t . c_{t-1} + i_t . g_t                   (5)  cell state
    h_t = o_t . tanh(c_t)                             (6)  hidden state

The paper's gates also see c through peepholes, one weight for each place of the image; they are
left out, since they would tie a cell to one size of image. Around the image are zeros. As in
PyTorch, b is the sum of two vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from lstm_zoo.cells.cell import Cell, Edit, Gates, State, Weights, unedited


@dataclass(frozen=True)
class ConvLSTM(Cell):
    """An LSTM whose inputs, gates and states are images, (batch, channels, height, width).

    Args:
        kernel_size: height and width of what a place sees of its surroundings, odd.

    Raises:
        ValueError: kernel_size is not an odd whole number from 1 on.
    """

    kernel_size: int = 3

    gate_names = ("input", "forget", "cell", "output")
    state_names = ("h", "c")
    shows_tanh_c = True
    write_gate = "input"
    feature_dims = 3

    def __post_init__(self) -> None:
        size = self.kernel_size
        if type(size) is not int or size < 1 or size % 2 == 0:
            raise ValueError(f"kernel_size should be an odd number such as 1, 3 or 5, got {size!r}")

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """As for every cell; the matrices are kernels, (rows, channels, height, width)."""
        shapes = super().parameter_shapes(input_size, hidden_size, proj_size, bias)
        kernel = (self.kernel_size, self.kernel_size)
        return {n: (*s, *kernel) if n.startswith("weight") else s for n, s in shapes.items()}

    def state_shapes(
        self, hidden_size: int, proj_size: int = 0, space: tuple[int, ...] = ()
    ) -> tuple[tuple[int, ...], ...]:
        """h and c, each (hidden_size, height, width)."""
        return ((hidden_size, *space),) * 2

    def reset_parameters(self, weights: Weights, hidden_size: int) -> None:
        """Draws each value from U(-b, b), b = 1 / sqrt(values of h that a place sees)."""
        bound = 1 / math.sqrt(max(hidden_size, 1)) / self.kernel_size
        for weight in weights.values():
            nn.init.uniform_(weight, -bound, bound)

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """W * x + b, (rows, 4 * hidden_size, height, width)."""
        bias = weights["bias_ih"] + weights["bias_hh"] if "bias_ih" in weights else None
        return F.conv2d(x, weights["weight_ih"], bias, padding=self.kernel_size // 2)

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (1)-(6)."""
        h, c = state
        recurrent = F.conv2d(h, weights["weight_hh"], padding=self.kernel_size // 2)
        i, f, g, o = (input_product + recurrent).chunk(4, dim=1)
        i, f = edit("input", i.sigmoid()), edit("forget", f.sigmoid())  # (1), (2)
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())  # (3), (4)
        c = edit("c", f * c + i * g)  # (5)
        h = o * c.tanh()  # (6)
        return (h, c), {"input": i, "forget": f, "cell": g, "output": o}
