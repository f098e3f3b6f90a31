"""How the weights of a recurrent layer start, by named choices.

Papers:
    Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS, (16): Xavier
    Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks", ICLR: orthogonal
    Gers, Schmidhuber & Cummins 2000, "Learning to Forget", Neural Computation 12(10), and
    Jozefowicz, Zaremba & Sutskever 2015, "An Empirical Exploration of Recurrent Network
    Architectures", ICML: forget bias, with which a fresh cell remembers
    Tallec & Ollivier 2018, "Can Recurrent Neural Networks Warp Time?", ICLR: chrono
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lstm_zoo.cells import Cell, get_cell
from lstm_zoo.errors import UsageError
from lstm_zoo.task import did_you_mean

Start = Callable[[Tensor], Any]
FORGET_BIAS = 1.0

MATRICES: dict[str, Start | None] = {
    "pytorch": None,
    "xavier": nn.init.xavier_uniform_,
    "orthogonal": nn.init.orthogonal_,
}
"""How a matrix can start; None leaves it to the layer's own `reset_parameters`."""

_TORCH_CELLS: dict[type[nn.Module], str] = {
    nn.LSTM: "lstm",
    nn.LSTMCell: "lstm",
    nn.GRU: "gru",
    nn.GRUCell: "gru",
    nn.RNN: "rnn",
    nn.RNNCell: "rnn",
}

_NAME = re.compile(r"(weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)(_l\d+(_reverse)?)?")


@torch.no_grad()
def initialize(
    layer: nn.Module,
    recurrent: str = "orthogonal",
    input: str = "xavier",
    forget_bias: float | None = FORGET_BIAS,
    chrono: tuple[float, float] | None = None,
) -> None:
    """Starts the weights of a recurrent layer.

    A matrix starts "xavier" (uniform), "orthogonal", or "pytorch": from U(-b, b) with b =
    1 / sqrt(hidden_size), or whatever else its cell starts from. The block of each gate starts by
    itself.

    The choices are for `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh` where these have one block
    of rows for each gate, and for the projection `weight_hr`. All other parameters start as the
    layer's `reset_parameters` says: kernels over images, recurrent matrices cut into heads, the
    matrix-memory mLSTM, peepholes, gains of layer norm, weights of attention, a learned state.
    `initialize(layer, "pytorch", "pytorch", None)` is exactly that for all of them.

    Args:
        layer: `lstm_zoo.LSTM` with any cell, `lstm_zoo.LSTMCell`, or PyTorch's LSTM, GRU, RNN or
            one of their cells.
        recurrent: how `weight_hh` and `weight_hr` start.
        input: how `weight_ih` starts.
        forget_bias: bias of the gate that keeps the memory (`keep_gate`); all other biases are
            zero. A cell without such a gate takes only the default and 0, and has no other bias
            than zero then. None: all biases start as `reset_parameters` says.
        chrono: instead of `forget_bias`, the shortest and the longest time in steps, each more than
            1, for which units should remember: the bias of the gate that keeps, if there is one, is
            drawn from log(U(shortest, longest) - 1), that of the gate that writes, if there is one,
            is the negative of such a draw, all others are zero. The paper takes 2 for the shortest.

    Raises:
        UsageError: there is no such choice, or chrono or forget_bias does not fit the layer.
    """
    cell = _cell_of(layer)
    hidden_size = int(layer.hidden_size)  # type: ignore[arg-type]
    output_size = getattr(layer, "proj_size", 0) or hidden_size
    gates = len(cell.gate_names)
    rows = gates * hidden_size
    shapes = {
        "weight_ih": (rows, None),
        "weight_hh": (rows, output_size),
        "weight_hr": (output_size, hidden_size),
        "bias_ih": (rows,),
        "bias_hh": (rows,),
    }
    starts = {
        "weight_ih": _matrix_start("input", input, gates),
        "weight_hh": _matrix_start("recurrent", recurrent, gates),
        "weight_hr": _matrix_start("recurrent", recurrent, 1),
    }
    if chrono is not None:
        _check_chrono(chrono)
    if chrono is not None or forget_bias is not None:
        starts["bias_ih"] = partial(_start_bias, cell, forget_bias or 0.0, chrono)
        starts["bias_hh"] = nn.init.zeros_
    known: dict[str, Start] = {}
    for name, weight in layer.named_parameters():
        match = _NAME.fullmatch(name)
        if match and _fits(weight, shapes[match[1]]) and (start := starts.get(match[1])):
            known[name] = start
    if chrono is not None or forget_bias not in (None, 0, FORGET_BIAS):
        wanted = "chrono" if chrono is not None else f"forget_bias={forget_bias:g}"
        if cell.keep_gate is None and not (chrono is not None and cell.overwrites):
            raise UsageError(f"{wanted} needs a gate that keeps the memory, and {cell} has none")
        if not any(name.startswith("bias_ih") for name in known):
            raise UsageError(
                f"{wanted} needs a bias of each gate, a number for each unit, and there is none in"
                f" {layer}"
            )
    if len(known) < sum(1 for _ in layer.parameters()):
        layer.reset_parameters()  # type: ignore[operator]
    for name, start in known.items():
        start(layer.get_parameter(name))


def _cell_of(layer: nn.Module) -> Cell:
    if isinstance(cell := getattr(layer, "cell", None), Cell):
        return cell
    for kind, name in _TORCH_CELLS.items():
        if isinstance(layer, kind):
            return get_cell(name)
    raise UsageError(
        "initialize takes a layer of lstm_zoo or PyTorch's LSTM, GRU or RNN,"
        f" got {type(layer).__name__}"
    )


def _fits(weight: Tensor, shape: tuple[int | None, ...]) -> bool:
    """Whether a tensor has this shape, of which None is any size."""
    return weight.dim() == len(shape) and all(
        expected in (None, size) for size, expected in zip(weight.shape, shape, strict=True)
    )


def _matrix_start(which: str, name: str, gates: int) -> Start | None:
    if name not in MATRICES:
        known = did_you_mean(name, MATRICES)
        raise UsageError(f"the {which} weights cannot start {name!r}{known}")
    start = MATRICES[name]
    return partial(_start_blocks, start, gates) if start else None


def _start_blocks(start: Start, gates: int, weight: Tensor) -> None:
    for block in weight.chunk(gates):
        start(block)


def _check_chrono(chrono: tuple[float, float]) -> None:
    is_pair = isinstance(chrono, tuple | list) and len(chrono) == 2
    if not (is_pair and 1 < chrono[0] <= chrono[1] < math.inf):
        raise UsageError(
            "chrono should be the shortest and the longest time in steps, each more than 1,"
            f" such as (2, 100), got {chrono}"
        )


def _start_bias(
    cell: Cell, forget_bias: float, chrono: tuple[float, float] | None, bias: Tensor
) -> None:
    bias.zero_()
    blocks = dict(zip(cell.gate_names, bias.chunk(len(cell.gate_names)), strict=True))
    if chrono is None:
        if cell.keep_gate:
            blocks[cell.keep_gate].fill_(forget_bias)
        return
    shortest, longest = chrono
    keep = torch.empty_like(bias[: len(bias) // len(blocks)])
    keep.uniform_(shortest - 1, longest - 1).log_()
    if cell.keep_gate:
        blocks[cell.keep_gate].copy_(keep)
    if cell.write_gate:
        blocks[cell.write_gate].copy_(-keep)
