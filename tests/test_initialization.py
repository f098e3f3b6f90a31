"""Weights start as they were asked to, gate by gate, and what no choice knows as its cell says."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import lstm_zoo
from lstm_zoo.cells import CELLS, Cell, ScalarLSTM, get_cell
from lstm_zoo.errors import UsageError
from lstm_zoo.initialization import initialize

HIDDEN_SIZE = 12
TORCH = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
LSTMS = pytest.mark.parametrize("kind", [nn.LSTM, lstm_zoo.LSTM], ids=["torch", "zoo"])
ALL_CELLS = pytest.mark.parametrize("name", CELLS)


def zoo_layer(name: str, **options: bool) -> lstm_zoo.LSTM:
    return lstm_zoo.LSTM(5, HIDDEN_SIZE, num_layers=2, bidirectional=True, cell=name, **options)


def with_gate_biases() -> list[str]:
    """Names of the cells whose bias has one block for each gate."""
    rows = {name: len(cell.gate_names) * HIDDEN_SIZE for name, cell in CELLS.items()}
    return [
        name for name in CELLS if zoo_layer(name).weights_of(0)["bias_ih"].shape == (rows[name],)
    ]


KEEPERS = pytest.mark.parametrize(
    "name", [name for name in with_gate_biases() if CELLS[name].keep_gate]
)


def biases_by_gate(layer: nn.Module, name: str) -> dict[str, Tensor]:
    gates = get_cell(name).gate_names
    weights = dict(layer.named_parameters())
    bias = sum(weights[n].detach() for n in ("bias_ih_l0", "bias_hh_l0") if n in weights)
    return dict(zip(gates, bias.chunk(len(gates)), strict=True))


@LSTMS
def test_an_lstm_starts_orthogonal_with_an_open_forget_gate(kind: type[nn.Module]) -> None:
    lstm = kind(5, 6)
    initialize(lstm, forget_bias=1.5)
    for gate in lstm.weight_hh_l0.chunk(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
    assert lstm.bias_ih_l0.tolist() == [0.0] * 6 + [1.5] * 6 + [0.0] * 12
    assert (lstm.bias_hh_l0 == 0).all()
    assert lstm.weight_ih_l0.abs().max() <= (6 / 11) ** 0.5


@LSTMS
def test_the_draws_are_those_of_one_gate_after_another(kind: type[nn.Module]) -> None:
    lstm = kind(5, 6, num_layers=2)
    torch.manual_seed(4)
    initialize(lstm)
    torch.manual_seed(4)
    for layer in range(2):
        for name, start in [("ih", nn.init.xavier_uniform_), ("hh", nn.init.orthogonal_)]:
            weight = getattr(lstm, f"weight_{name}_l{layer}")
            blocks = [start(torch.empty(6, weight.shape[1])) for _ in range(4)]
            assert torch.equal(weight, torch.cat(blocks)), name


@LSTMS
def test_a_projection_starts_orthogonal(kind: type[nn.Module]) -> None:
    lstm = kind(5, 6, proj_size=3)
    initialize(lstm)
    weight = lstm.weight_hr_l0
    torch.testing.assert_close(weight @ weight.T, torch.eye(3), atol=1e-5, rtol=0)
    block = lstm.weight_hh_l0[:6]
    torch.testing.assert_close(block.T @ block, torch.eye(3), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", TORCH)
def test_torch_and_zoo_layers_start_alike(name: str) -> None:
    states = []
    for layer in (TORCH[name](5, 6, 2), lstm_zoo.LSTM(5, 6, 2, cell=name)):
        torch.manual_seed(0)
        initialize(layer)
        states.append(dict(layer.state_dict()))
    torch.testing.assert_close(*states, rtol=0, atol=0)


@pytest.mark.parametrize("kind", [nn.LSTMCell, nn.GRUCell, nn.RNNCell, lstm_zoo.LSTMCell])
def test_single_cells_are_started_too(kind: type[nn.Module]) -> None:
    cell = kind(5, 6)
    initialize(cell, forget_bias=0)
    assert (cell.bias_ih == 0).all()
    block = cell.weight_hh[:6]
    torch.testing.assert_close(block @ block.T, torch.eye(6), atol=1e-5, rtol=0)


@ALL_CELLS
def test_pytorchs_start_is_that_of_the_cell(name: str) -> None:
    layer, twin = zoo_layer(name), zoo_layer(name)
    torch.manual_seed(0)
    initialize(layer, "pytorch", "pytorch", None)
    torch.manual_seed(0)
    twin.reset_parameters()
    torch.testing.assert_close(
        dict(layer.state_dict()), dict(twin.state_dict()), rtol=0, atol=0, equal_nan=False
    )


@ALL_CELLS
def test_what_no_choice_knows_starts_as_the_cell_says(name: str) -> None:
    layer = zoo_layer(name, layer_norm=True, trainable_state=True)
    twin = zoo_layer(name, layer_norm=True, trainable_state=True)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(7)
    torch.manual_seed(0)
    initialize(layer)
    torch.manual_seed(0)
    twin.reset_parameters()
    known = re.compile(r"(weight_(ih|hh|hr)|bias_(ih|hh))_l\d(_reverse)?")
    for key, parameter in layer.named_parameters():
        assert not (parameter == 7).any(), key
        if not known.fullmatch(key):
            assert torch.equal(parameter, twin.get_parameter(key)), key


@KEEPERS
def test_the_forget_bias_opens_the_gate_that_keeps(name: str) -> None:
    layer = zoo_layer(name)
    initialize(layer, forget_bias=2.5)
    for gate, bias in biases_by_gate(layer, name).items():
        assert (bias == (2.5 if gate == layer.cell.keep_gate else 0)).all(), gate


@pytest.mark.parametrize("name", [name for name in with_gate_biases() if not CELLS[name].keep_gate])
def test_without_a_gate_that_keeps_all_biases_are_zero(name: str) -> None:
    layer = zoo_layer(name)
    initialize(layer)
    assert all((bias == 0).all() for bias in biases_by_gate(layer, name).values())


@pytest.mark.parametrize(
    "name",
    [name for name in with_gate_biases() if CELLS[name].keep_gate or CELLS[name].overwrites],
)
def test_chrono_draws_how_long_each_unit_remembers(name: str) -> None:
    layer = lstm_zoo.LSTM(1, 512, cell=name)
    torch.manual_seed(0)
    initialize(layer, "pytorch", "pytorch", chrono=(10, 200))
    biases = biases_by_gate(layer, name)
    write = biases.pop(layer.cell.write_gate, None)
    keep = biases.pop(layer.cell.keep_gate) if layer.cell.keep_gate else -write
    times = keep.exp() + 1
    assert 10 - 1e-3 <= times.min() < 14
    assert 196 < times.max() <= 200 + 1e-3
    assert times.mean().item() == pytest.approx(105, abs=8)
    if write is not None:
        assert torch.equal(write, -keep)
    for gate, bias in biases.items():
        assert (bias == 0).all(), gate


@pytest.mark.parametrize("name", ["lstm", "mgu", "mingru"])
def test_with_chrono_a_fresh_unit_forgets_in_the_time_that_was_asked_for(name: str) -> None:
    layer = lstm_zoo.LSTM(1, 3, cell=name, dtype=torch.float64)
    initialize(layer, chrono=(50, 50))
    if "weight_hh_l0" in dict(layer.named_parameters()):
        nn.init.zeros_(layer.weight_hh_l0)
    *others, memory = torch.zeros(len(layer.cell.state_names), 1, 1, 3).double()
    _, state = layer(torch.zeros(50, 1, 1).double(), (*others, memory + 1))
    torch.testing.assert_close(state[-1], memory + 1 / math.e, rtol=0.02, atol=0)


@ALL_CELLS
def test_every_cell_starts_by_every_choice_and_runs(name: str) -> None:
    layer = zoo_layer(name)
    space = (4, 4) if layer.cell.feature_dims == 3 else ()
    for matrix in ("pytorch", "xavier", "orthogonal"):
        initialize(layer, matrix, matrix)
        assert layer(torch.randn(3, 2, 5, *space))[0].isfinite().all(), matrix


@pytest.mark.parametrize(
    ("cell", "parameter"),
    [
        ("conv", "weight_hh_l0"),
        ("mlstm", "weight_ih_l0"),
        ("mlstm", "bias_ih_l0"),
        ("peephole", "weight_cf_l0"),
        ("layer-norm", "weight_gain_hh_l0"),
        ("attention", "weight_query_l0"),
        (ScalarLSTM(heads=2), "weight_hh_l0"),
    ],
    ids=str,
)
def test_what_has_no_block_for_each_gate_starts_as_the_cell_says(
    cell: str | Cell, parameter: str
) -> None:
    layers = [lstm_zoo.LSTM(5, HIDDEN_SIZE, cell=cell) for _ in range(2)]
    torch.manual_seed(0)
    initialize(layers[0])
    torch.manual_seed(0)
    layers[1].reset_parameters()
    actual, expected = (layer.get_parameter(parameter) for layer in layers)
    assert torch.equal(actual, expected)


def test_layers_without_biases_start() -> None:
    lstm = nn.LSTM(5, 6, bias=False)
    initialize(lstm)
    block = lstm.weight_hh_l0[:6]
    torch.testing.assert_close(block @ block.T, torch.eye(6), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: initialize(nn.LSTM(2, 3), recurrent="ortogonal"),
            "the recurrent weights cannot start 'ortogonal'; did you mean 'orthogonal'?",
        ),
        (
            lambda: initialize(nn.LSTM(2, 3), input="he"),
            "the input weights cannot start 'he'; known: pytorch, xavier, orthogonal",
        ),
        (
            lambda: initialize(nn.LSTM(2, 3), chrono=(1, 100)),
            "each more than 1, such as (2, 100), got (1, 100)",
        ),
        (lambda: initialize(nn.LSTM(2, 3), chrono=(9, 3)), "the shortest and the longest time"),
        (lambda: initialize(nn.LSTM(2, 3), chrono=(2, math.inf)), "got (2, inf)"),
        (lambda: initialize(nn.LSTM(2, 3), chrono=100), "such as (2, 100), got 100"),
        (
            lambda: initialize(lstm_zoo.LSTM(2, 4, cell="mlstm"), forget_bias=2),
            "needs a bias of each gate, a number for each unit",
        ),
        (
            lambda: initialize(nn.LSTM(2, 3, bias=False), chrono=(2, 9)),
            "chrono needs a bias of each gate",
        ),
        (lambda: initialize(nn.RNN(2, 3), chrono=(2, 9)), "needs a gate that keeps the memory"),
        (
            lambda: initialize(nn.RNN(2, 3), forget_bias=2),
            "forget_bias=2 needs a gate that keeps the memory, and RNN() has none",
        ),
        (
            lambda: initialize(nn.LSTM(2, 3, bias=False), forget_bias=2),
            "forget_bias=2 needs a bias of each gate",
        ),
        (lambda: initialize(nn.Linear(2, 3)), "got Linear"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(call: Callable[[], None], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        call()
    assert "\n" not in str(caught.value)
