"""LSTM cells of tutorials, four linear layers on h and x side by side, become layers of the zoo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import lstm_zoo
from lstm_zoo import UsageError, from_gate_linears, to_gate_linears

ORDERS = pytest.mark.parametrize("order", ["hx", "xh"])


class TutorialCell(nn.Module):
    """An LSTM as tutorials write it, one sequence loop, W_f, W_i, W_C and W_o."""

    def __init__(self, inputs: int, units: int, order: str = "hx", bias: bool = True) -> None:
        super().__init__()
        self.units, self.order = units, order
        for name in ("W_f", "W_i", "W_C", "W_o"):
            setattr(self, name, nn.Linear(units + inputs, units, bias, dtype=torch.float64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(time, batch, inputs) -> outputs of all steps, and the last c."""
        h = c = x.new_zeros(x.shape[1], self.units)
        outputs = []
        for x_t in x:
            both = torch.cat([h, x_t] if self.order == "hx" else [x_t, h], dim=1)
            c = torch.sigmoid(self.W_f(both)) * c + torch.sigmoid(self.W_i(both)) * torch.tanh(
                self.W_C(both)
            )
            h = torch.sigmoid(self.W_o(both)) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs), c

    def gates(self) -> dict[str, nn.Linear]:
        return {"forget": self.W_f, "input": self.W_i, "cell": self.W_C, "output": self.W_o}

    def take(self, gates: dict[str, nn.Linear]) -> None:
        self.W_f, self.W_i = gates["forget"], gates["input"]
        self.W_C, self.W_o = gates["cell"], gates["output"]


@ORDERS
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_a_tutorials_cell_becomes_a_layer(order: str, bias: bool) -> None:
    cell = TutorialCell(3, 5, order, bias)
    lstm = from_gate_linears(cell.gates(), order=order)
    assert lstm.bias is bias
    x = torch.randn(6, 4, 3, dtype=torch.float64)
    output, (_, c) = lstm(x)
    torch.testing.assert_close((output, c[0]), cell(x), rtol=0, atol=1e-12)


@ORDERS
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_a_layer_becomes_a_tutorials_cell(order: str, bias: bool) -> None:
    lstm = lstm_zoo.LSTM(3, 5, bias=bias, dtype=torch.float64)
    cell = TutorialCell(3, 5, order, bias)
    (gates,) = to_gate_linears(lstm, order)
    cell.take(gates)
    x = torch.randn(6, 4, 3, dtype=torch.float64)
    output, (_, c) = lstm(x)
    torch.testing.assert_close(cell(x), (output, c[0]), rtol=0, atol=1e-12)


def test_a_stack_of_cells_becomes_the_layers_of_one_lstm() -> None:
    first, second = TutorialCell(3, 5), TutorialCell(5, 5, bias=False)
    lstm = from_gate_linears(first.gates(), second.gates(), batch_first=True)
    x = torch.randn(6, 4, 3, dtype=torch.float64)
    expected, _ = second(first(x)[0])
    actual = lstm(x.transpose(0, 1))[0].transpose(0, 1)
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-12)
    assert [gates["cell"].in_features for gates in to_gate_linears(lstm)] == [8, 10]


def test_weights_are_copies() -> None:
    cell = TutorialCell(3, 5)
    lstm = from_gate_linears(cell.gates())
    (gates,) = to_gate_linears(lstm)
    nn.init.zeros_(gates["cell"].weight)
    nn.init.zeros_(lstm.weight_ih_l0)
    assert (cell.W_C.weight != 0).all()
    assert (lstm.weight_hh_l0 != 0).all()


def changed(**gates: nn.Linear | None) -> dict[str, nn.Linear]:
    all_gates = TutorialCell(3, 5).gates() | gates
    return {name: linear for name, linear in all_gates.items() if linear is not None}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: from_gate_linears(changed(cell=None)),
            "the linear layer of the gate 'cell' is missing",
        ),
        (
            lambda: from_gate_linears(changed(candidate=nn.Linear(8, 5))),
            "an LSTM has no gate 'candidate'; known: input, forget, cell, output",
        ),
        (
            lambda: from_gate_linears(changed(outptu=nn.Linear(8, 5))),
            "an LSTM has no gate 'outptu'; did you mean 'output'?",
        ),
        (
            lambda: from_gate_linears(changed(forget=nn.Linear(9, 5))),
            "the weight of the gate 'forget' should be of shape (5, 8), got (5, 9)",
        ),
        (
            lambda: from_gate_linears(changed(input=nn.Linear(5, 5))),
            "should read h and x, more features than its 5 outputs, got 5",
        ),
        (
            lambda: from_gate_linears(changed(), order="h,x"),
            'order should be "hx", h before x, or "xh", x before h, got \'h,x\'',
        ),
        (lambda: from_gate_linears(), "at least one layer, got none"),
        (
            lambda: from_gate_linears(changed() | {"cell": torch.zeros(5, 8)}),
            "the gate 'cell' should be an nn.Linear, got <class 'torch.Tensor'>",
        ),
        (
            lambda: from_gate_linears(to_gate_linears(lstm_zoo.LSTM(3, 5))),
            "a list of layers is unpacked with *",
        ),
        (
            lambda: to_gate_linears(lstm_zoo.LSTMCell(3, 5)),
            "a cell of one linear layer a gate are those of a zoo.LSTM, got <class",
        ),
        (
            lambda: from_gate_linears(changed(), changed()),
            "weight_ih of layer 1 should be of shape (20, 5), got (20, 3)",
        ),
        (
            lambda: to_gate_linears(lstm_zoo.LSTM(3, 5, bidirectional=True)),
            "a cell of one linear layer a gate has one direction, and the layer has two",
        ),
        (
            lambda: to_gate_linears(lstm_zoo.LSTM(3, 5, proj_size=2)),
            "has no projection, and the layer has proj_size=2",
        ),
        (lambda: to_gate_linears(lstm_zoo.LSTM(3, 5), order="x"), "order should be"),
    ],
)
def test_what_does_not_fit_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
