"""The layer-normalised LSTM: what enters the gates keeps its scale, however large the weights grow.

Paper:
    Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450, supplement: (15) and (20)-(22)

Equations:
    LN(z; a, b) = a * (z - mean(z)) / sqrt(var(z) + 1e-5) + b      (1)  over the features of a row
    (i_t, f_t, g_t, o_t) = LN(U h_{t-1}; a_1, b_1)                 (2)  over all four gates together
                           + LN(W x_t; a_2, b_2)
    c_t = sigmoid(f_t) * c_{t-1} + sigmoid(i_t) * tanh(g_t)        (3)  cell state
    h_t = sigmoid(o_t) * tanh(LN(c_t; a_3, b_3))                   (4)  hidden state
    h_t = W_r (sigmoid(o_t) * tanh(LN(c_t; a_3, b_3)))             (5)  with a projection

The gains a_1, a_2 and a_3 are `weight_gain_hh`, `weight_gain_ih` and `weight_gain_c`; the shifts
b_1, b_2 and b_3 are `bias_hh`, `bias_ih` and `bias_c`. The paper adds another bias in (2), though
b_1 and b_2 are two already, and has no 1e-5, which only guards against dividing by zero.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from lstm_zoo.cells.cell import Edit, Gates, State, Weights, linear, unedited
from lstm_zoo.cells.projected import ProjectedCell, project


class LayerNormLSTM(ProjectedCell):
    """The LSTM with layer normalisation inside."""

    gate_names = ("input", "forget", "cell", "output")
    write_gate = "input"
    shows_tanh_c = False  # but that of a normalised c

    def parameter_shapes(
        self, input_size: int, hidden_size: int, proj_size: int = 0, bias: bool = True
    ) -> dict[str, tuple[int, ...]]:
        """Those of the LSTM, the gains, and the shift of c."""
        shapes = super().parameter_shapes(input_size, hidden_size, proj_size, bias)
        gains = {"weight_gain_ih": (4 * hidden_size,), "weight_gain_hh": (4 * hidden_size,)}
        shapes |= gains | {"weight_gain_c": (hidden_size,)}
        return shapes | ({"bias_c": (hidden_size,)} if bias else {})

    def reset_parameters(self, weights: Weights, hidden_size: int) -> None:
        """Matrices start as in every cell, gains from 1, shifts from 0."""
        super().reset_parameters(weights, hidden_size)
        for name, weight in weights.items():
            if name.startswith("weight_gain"):
                nn.init.ones_(weight)
            elif name.startswith("bias"):
                nn.init.zeros_(weight)

    def input_product(self, x: Tensor, weights: Weights) -> Tensor:
        """LN(W x), the part of (2) that does not depend on the state."""
        return _normalized(linear(x, weights["weight_ih"]), "ih", weights)

    def step(
        self, input_product: Tensor, state: State, weights: Weights, edit: Edit = unedited
    ) -> tuple[State, Gates]:
        """One time step, (2)-(5)."""
        h, c = state
        z = _normalized(F.linear(h, weights["weight_hh"]), "hh", weights)
        i, f, g, o = (z + input_product).chunk(4, dim=-1)  # (2)
        i, f = edit("input", i.sigmoid()), edit("forget", f.sigmoid())
        g, o = edit("cell", g.tanh()), edit("output", o.sigmoid())
        c = f * c + i * g  # (3)
        h = project(o * _normalized(c, "c", weights).tanh(), weights)  # (4), (5)
        return (h, c), {"input": i, "forget": f, "cell": g, "output": o}


def _normalized(z: Tensor, name: str, weights: Weights) -> Tensor:
    """LN of (1) with the gain and the shift of that name."""
    gain, shift = weights[f"weight_gain_{name}"], weights.get(f"bias_{name}")
    return F.layer_norm(z, z.shape[-1:], gain, shift)
