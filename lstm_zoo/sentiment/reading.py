"""Texts of unequal length through a recurrent layer, so that padding is never read.

PyTorch's way is a packed sequence. On a CPU it is taken apart step by step: training by it took 12
times as long as training without lengths (batch 64, 200 steps, 128 units, two threads). So there an
`nn.LSTM` reads each direction by itself, and the texts of the backward one are turned around first:
padding then follows the text in both, where it changes nothing. The outputs are those of packing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_zoo.recurrent import LSTM

_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def recurrent_layer(
    cell: str, implementation: str, inputs: int, units: int, bidirectional: bool
) -> nn.Module:
    """One layer: `nn.LSTM` where that is what is asked for, else the zoo's with any cell."""
    if cell == "lstm" and implementation == "torch":
        return nn.LSTM(inputs, units, batch_first=True, bidirectional=bidirectional)
    return LSTM(inputs, units, batch_first=True, bidirectional=bidirectional, cell=cell)


def read_both_ways(layer: nn.Module, x: Tensor, lengths: Tensor) -> Tensor:
    """Outputs of a layer at each step of each text.

    Args:
        layer: of `recurrent_layer`.
        x: (batch, time, features), padded at the end.
        lengths: (batch,), the longest of them is `time`.

    Returns:
        (batch, time, directions * units), forward first; beyond a text's length they mean nothing.
    """
    if bool((lengths == x.shape[1]).all()):
        outputs: Tensor = layer(x)[0]
        return outputs
    if isinstance(layer, nn.LSTM) and x.device.type == "cpu":
        return _read_turned(layer, x, lengths)
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=x.shape[1])[0]


def _read_turned(layer: nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    forward = _read_one_way(layer, x, "_l0")
    if not layer.bidirectional:
        return forward
    # Step t of a text of length n becomes step n - 1 - t; the padding stays where it is.
    steps = torch.arange(x.shape[1])
    turned = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)[..., None]
    backward = _read_one_way(layer, x.gather(1, turned.expand_as(x)), "_l0_reverse")
    return torch.cat([forward, backward.gather(1, turned.expand_as(backward))], 2)


def _read_one_way(layer: nn.LSTM, x: Tensor, suffix: str) -> Tensor:
    weights: list[Tensor] = [layer.get_parameter(f"{name}{suffix}") for name in _WEIGHTS]
    zeros = x.new_zeros(1, len(x), layer.hidden_size)
    state = [zeros, zeros]
    outputs: Tensor = torch.lstm(x, state, weights, True, 1, 0.0, layer.training, False, True)[0]
    return outputs
