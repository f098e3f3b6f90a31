"""The equations of recurrent cells, one cell a file, and the loop that runs one through time.

`CELLS` names them all: a cell that is listed there works in `lstm_zoo.LSTM`, is tested and measured
without another line.
"""

from __future__ import annotations

import difflib

from lstm_zoo.cells.attention import AttentionLSTM
from lstm_zoo.cells.cell import Cell, Edit, Gates, ScanCell, State, Weights, unedited
from lstm_zoo.cells.clockwork import Clockwork
from lstm_zoo.cells.conv import ConvLSTM
from lstm_zoo.cells.coupled import CoupledLSTM
from lstm_zoo.cells.gru import GRU
from lstm_zoo.cells.janet import JANET
from lstm_zoo.cells.layer_norm import LayerNormLSTM
from lstm_zoo.cells.lstm import StandardLSTM
from lstm_zoo.cells.lstm_1997 import OriginalLSTM
from lstm_zoo.cells.lstm_cell import LSTMCell
from lstm_zoo.cells.mgu import MGU
from lstm_zoo.cells.min_gru import MinGRU
from lstm_zoo.cells.min_lstm import MinLSTM
from lstm_zoo.cells.mlstm import MatrixLSTM
from lstm_zoo.cells.multiplicative import MultiplicativeLSTM
from lstm_zoo.cells.peephole import PeepholeLSTM
from lstm_zoo.cells.rnn import RNN
from lstm_zoo.cells.slstm import ScalarLSTM
from lstm_zoo.cells.ugrnn import UGRNN
from lstm_zoo.cells.unroll import Between, unroll

CELLS: dict[str, type[Cell]] = {
    "lstm": StandardLSTM,
    "lstm-1997": OriginalLSTM,
    "peephole": PeepholeLSTM,
    "cifg": CoupledLSTM,
    "janet": JANET,
    "layer-norm": LayerNormLSTM,
    "multiplicative": MultiplicativeLSTM,
    "gru": GRU,
    "mgu": MGU,
    "ugrnn": UGRNN,
    "minlstm": MinLSTM,
    "mingru": MinGRU,
    "slstm": ScalarLSTM,
    "mlstm": MatrixLSTM,
    "clockwork": Clockwork,
    "rnn": RNN,
    "attention": AttentionLSTM,
    "conv": ConvLSTM,
}
"""Every cell by the name that `lstm_zoo.LSTM(..., cell=...)` takes."""


def get_cell(cell: str | Cell) -> Cell:
    """A cell by its name, or the one that is given.

    Raises:
        ValueError: there is no cell of that name; says which is near, and which there are.
        TypeError: it is neither a name nor a cell.
    """
    if isinstance(cell, Cell):
        return cell
    if not isinstance(cell, str):
        raise TypeError(f"cell should be a name or a Cell, got {cell!r}")
    if cell not in CELLS:
        names = {kind.__name__.lower(): name for name, kind in CELLS.items()}
        names |= {name: name for name in CELLS}
        near = difflib.get_close_matches(cell.lower(), names, n=1)
        hint = f"did you mean {names[near[0]]!r}? There" if near else "there"
        raise ValueError(f"there is no cell {cell!r}; {hint} are: {', '.join(CELLS)}")
    return CELLS[cell]()


__all__ = [
    "CELLS",
    "GRU",
    "JANET",
    "MGU",
    "RNN",
    "AttentionLSTM",
    "Between",
    "Cell",
    "Clockwork",
    "ConvLSTM",
    "CoupledLSTM",
    "Edit",
    "Gates",
    "LSTMCell",
    "LayerNormLSTM",
    "MatrixLSTM",
    "MinGRU",
    "MinLSTM",
    "MultiplicativeLSTM",
    "OriginalLSTM",
    "PeepholeLSTM",
    "ScalarLSTM",
    "ScanCell",
    "StandardLSTM",
    "State",
    "UGRNN",
    "Weights",
    "get_cell",
    "unedited",
    "unroll",
]
