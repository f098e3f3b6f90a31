"""How the weights of a recurrent network start."""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def initialize_lstm(lstm: nn.Module, forget_bias: float = 1.0) -> None:
    """Xavier input weights, orthogonal recurrent weights for each gate, and an open forget gate.

    Glorot & Bengio 2010 (Xavier); Saxe et al. 2014 (orthogonal); Gers et al. 2000 and Jozefowicz et
    al. 2015 (forget bias 1: a fresh cell remembers).

    Args:
        lstm: `nn.LSTM` or `lstm_zoo.LSTM`; the gates lie in PyTorch's order i, f, g, o.
        forget_bias: the forget gate's bias; all other biases are zero.
    """
    for name, weight in lstm.named_parameters():
        if name.startswith("bias"):
            weight.zero_()
            if name.startswith("bias_ih"):
                weight.chunk(4)[1].fill_(forget_bias)
        elif name.startswith("weight_hr"):
            nn.init.orthogonal_(weight)
        else:
            start = nn.init.orthogonal_ if name.startswith("weight_hh") else nn.init.xavier_uniform_
            for gate in weight.chunk(4):
                start(gate)
