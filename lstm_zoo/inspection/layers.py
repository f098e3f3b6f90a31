"""The recurrent layers of a model, found by themselves and numbered from the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from lstm_zoo.cells import CELLS, Cell, LSTMCell, get_cell
from lstm_zoo.errors import UsageError
from lstm_zoo.recurrent import LSTM
from lstm_zoo.task import did_you_mean

CELL_OF: dict[type[nn.Module], str] = {
    nn.LSTM: "lstm",
    nn.GRU: "gru",
    nn.RNN: "rnn",
    nn.LSTMCell: "lstm",
    nn.GRUCell: "gru",
    nn.RNNCell: "rnn",
    LSTMCell: "lstm",
}
"""Modules of one known cell, and its name; the cell of `lstm_zoo.LSTM` is asked of it."""


@dataclass(frozen=True)
class Recurrent:
    """A recurrent module of a model.

    Attributes:
        name: its name in the model; "" if it is the model.
        module: the module.
        cell: its equations.
        cell_name: name of the cell in `CELLS`, or of its class.
        first: number of its first layer among all layers of the model.
    """

    name: str
    module: nn.Module
    cell: Cell
    cell_name: str
    first: int

    @property
    def num_layers(self) -> int:
        return int(getattr(self.module, "num_layers", 1))

    @property
    def num_directions(self) -> int:
        return 2 if getattr(self.module, "bidirectional", False) else 1

    @property
    def hidden_size(self) -> int:
        size = self.module.hidden_size
        assert isinstance(size, int)
        return size

    @property
    def shown(self) -> str:
        """The module in an error: its name and its class."""
        return f"{self.name or 'the model'} ({type(self.module).__name__})"


def find_recurrent(model: nn.Module, layer: str | None = None) -> list[Recurrent]:
    """The recurrent modules of a model, in the order in which it holds them.

    Args:
        model: any module.
        layer: name of the one module to take; None for all.

    Raises:
        UsageError: there is none, or none of that name.
    """
    found: list[Recurrent] = []
    for name, module in model.named_modules():
        cell_name = _cell_name(module)
        if cell_name is None or layer not in (None, name):
            continue
        cell = module.cell if isinstance(module, LSTM) else get_cell(cell_name)
        first = sum(other.num_layers for other in found)
        found.append(Recurrent(name, module, cell, cell_name, first))
    if found:
        return found
    if layer is not None and (all_of_them := find_recurrent(model)):
        names = [other.name for other in all_of_them]
        raise UsageError(f"there is no recurrent layer {layer!r}{did_you_mean(layer, names)}")
    raise UsageError(
        f"there is no recurrent layer in {type(model).__name__}: it holds no nn.LSTM, nn.GRU,"
        " nn.RNN, one of their cells, or lstm_zoo.LSTM"
    )


def check_alike(found: Sequence[Recurrent]) -> None:
    """Refuses layers that cannot stand in one record.

    Raises:
        UsageError: they have different cells or directions; names them.
    """
    if len({(each.cell_name, each.num_directions) for each in found}) > 1:
        candidates = ", ".join(repr(each.name) for each in found)
        kinds = ", ".join(each.shown for each in found)
        raise UsageError(
            f"the model has recurrent layers of different kinds: {kinds}; take one by layer=, one"
            f" of {candidates}"
        )


def _cell_name(module: nn.Module) -> str | None:
    """The name of a module's cell; None if it is not recurrent."""
    if isinstance(module, LSTM):
        kind = type(module.cell)
        return next((name for name, cell in CELLS.items() if cell is kind), kind.__name__)
    return next((name for kind, name in CELL_OF.items() if isinstance(module, kind)), None)


def value_names(cell: Cell) -> tuple[str, ...]:
    """What a record of a cell of PyTorch holds, by name."""
    shown = ("tanh_c",) if cell.shows_tanh_c else ()
    return (*cell.gate_names, *cell.state_names, *shown)
