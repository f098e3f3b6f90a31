"""The LSTM cell against its equations in NumPy and against `nn.LSTMCell`."""

import numpy as np
import pytest
import torch
from torch import nn

from lstm_zoo.cells import LSTMCell, StandardLSTM
from tests.cells.reference.standard import lstm

INPUT_SIZE, HIDDEN_SIZE, PROJ_SIZE, BATCH, STEPS = 3, 5, 2, 4, 6


def random_weights(proj_size: int = 0, bias: bool = True) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    shapes = StandardLSTM().parameter_shapes(INPUT_SIZE, HIDDEN_SIZE, proj_size, bias)
    return {name: torch.randn(shape, dtype=torch.float64) for name, shape in shapes.items()}


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("proj_size", [0, PROJ_SIZE], ids=["plain", "projected"])
def test_steps_follow_the_equations(proj_size, bias):
    cell, weights = StandardLSTM(), random_weights(proj_size, bias)
    x = torch.randn(STEPS, BATCH, INPUT_SIZE, dtype=torch.float64)
    shapes = cell.state_shapes(HIDDEN_SIZE, proj_size)
    before = tuple(torch.randn(BATCH, *shape, dtype=torch.float64) for shape in shapes)
    state = before
    for input_product in cell.input_product(x, weights):
        state, gates = cell.step(input_product, state, weights)
    arrays = {name: weight.numpy() for name, weight in weights.items()}
    for row in range(BATCH):
        first = tuple(part[row].numpy() for part in before)
        _, last, expected = lstm(x[:, row].numpy(), first, arrays)
        for found, wanted in zip(state, last, strict=True):
            np.testing.assert_allclose(found[row], wanted, rtol=0, atol=1e-12)
        for name, gate in expected.items():
            np.testing.assert_allclose(gates[name][row], gate[-1], rtol=0, atol=1e-12, err_msg=name)


def test_gates_have_pytorchs_names_and_order():
    cell, weights = StandardLSTM(), random_weights()
    state = tuple(torch.zeros(BATCH, HIDDEN_SIZE, dtype=torch.float64) for _ in cell.state_names)
    product = cell.input_product(torch.randn(BATCH, INPUT_SIZE, dtype=torch.float64), weights)
    _, gates = cell.step(product, state, weights)
    assert tuple(gates) == cell.gate_names == ("input", "forget", "cell", "output")
    assert len(gates) == len(cell.gate_names)


def test_gates_are_returned_after_their_activation():
    cell, weights = StandardLSTM(), random_weights()
    x = 3 * torch.randn(200, INPUT_SIZE, dtype=torch.float64)
    zeros = torch.zeros(200, HIDDEN_SIZE, dtype=torch.float64)
    _, gates = cell.step(cell.input_product(x, weights), (zeros, zeros), weights)
    for name in ("input", "forget", "output"):
        assert gates[name].min() >= 0, name
        assert gates[name].max() <= 1, name
    assert -1 <= gates["cell"].min() < 0 < gates["cell"].max() <= 1


def test_parameters_are_named_and_shaped_as_in_pytorch():
    expected = nn.LSTM(INPUT_SIZE, HIDDEN_SIZE, proj_size=PROJ_SIZE).named_parameters()
    shapes = StandardLSTM().parameter_shapes(INPUT_SIZE, HIDDEN_SIZE, PROJ_SIZE)
    assert list(shapes.items()) == [(n.removesuffix("_l0"), tuple(p.shape)) for n, p in expected]


def twin_cells(bias: bool = True) -> tuple[LSTMCell, nn.LSTMCell]:
    torch.manual_seed(0)
    reference = nn.LSTMCell(INPUT_SIZE, HIDDEN_SIZE, bias=bias, dtype=torch.float64)
    cell = LSTMCell(INPUT_SIZE, HIDDEN_SIZE, bias=bias, dtype=torch.float64)
    cell.load_state_dict(reference.state_dict(), strict=True)
    return cell, reference


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("batch", [(BATCH,), (1,), (0,), ()], ids=["4", "1", "0", "unbatched"])
@pytest.mark.parametrize("with_state", [True, False], ids=["state", "no-state"])
def test_cell_equals_nn_lstm_cell(bias, batch, with_state):
    cell, reference = twin_cells(bias)
    x = torch.randn(*batch, INPUT_SIZE, dtype=torch.float64)
    state = tuple(torch.randn(*batch, HIDDEN_SIZE, dtype=torch.float64) for _ in "hc")
    results, gradients = [], []
    for module in (cell, reference):
        inputs = [tensor.clone().requires_grad_() for tensor in (x, *state)[: 1 + 2 * with_state]]
        h, c = module(inputs[0], tuple(inputs[1:]) or None)
        results.append((h, c))
        leaves = [*inputs, *module.parameters()]
        gradients.append(torch.autograd.grad((h * h + c.sin()).sum(), leaves))
    torch.testing.assert_close(*results, rtol=0, atol=1e-12)
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_cell_starts_from_the_weights_of_nn_lstm_cell(bias):
    weights = []
    for cell_class in (LSTMCell, nn.LSTMCell):
        torch.manual_seed(3)
        weights.append(dict(cell_class(INPUT_SIZE, HIDDEN_SIZE, bias).state_dict()))
    assert list(weights[0]) == list(weights[1])
    torch.testing.assert_close(*weights, rtol=0, atol=0)


def test_cell_gives_its_weights_to_nn_lstm_cell():
    cell, reference = twin_cells()
    nn.init.normal_(cell.weight_hh)
    reference.load_state_dict(cell.state_dict(), strict=True)
    x = torch.randn(BATCH, INPUT_SIZE, dtype=torch.float64)
    torch.testing.assert_close(cell(x), reference(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_cell_is_printed_as_nn_lstm_cell(bias):
    cell, reference = twin_cells(bias)
    assert repr(cell) == repr(reference)


def error_of(cell: nn.Module, call: tuple) -> type[Exception] | None:
    try:
        cell(*call)
    except Exception as error:
        return type(error)
    return None


X, H = torch.zeros(BATCH, INPUT_SIZE), torch.zeros(BATCH, HIDDEN_SIZE)
BAD_CALLS = {
    "input of rank 3": (X[None],),
    "input of rank 0": (X[0, 0],),
    "input with too few features": (X[:, :2],),
    "h of rank 3": (X, (H[None], H)),
    "c of rank 3": (X, (H, H[None])),
    "h with too few features": (X, (H[:, :2], H)),
    "c with too few features": (X, (H, H[:, :2])),
    "h of one row for a batch": (X, (H[:1], H)),
    "c of one row for a batch": (X, (H, H[:1])),
    "batched state for unbatched input": (X[0], (H, H)),
}


@pytest.mark.parametrize("call", BAD_CALLS.values(), ids=BAD_CALLS.keys())
def test_cell_refuses_what_nn_lstm_cell_refuses(call):
    ours, torchs = (
        error_of(cell_class(INPUT_SIZE, HIDDEN_SIZE), call)
        for cell_class in (LSTMCell, nn.LSTMCell)
    )
    assert torchs is not None
    assert ours is torchs


def test_cell_errors_name_the_value_and_what_is_right():
    cell = LSTMCell(INPUT_SIZE, HIDDEN_SIZE)
    with pytest.raises(RuntimeError, match=r"input should have shape \(4, 3\), got \(4, 2\)"):
        cell(X[:, :2])
    with pytest.raises(RuntimeError, match=r"c should have shape \(4, 5\), got \(1, 5\)"):
        cell(X, (H, H[:1]))
    with pytest.raises(ValueError, match="h should have 1 or 2 dimensions, got 3"):
        cell(X, (H[None], H))
    with pytest.raises(TypeError, match="input should be a tensor, got a list"):
        cell([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match="c should be a tensor, got a NoneType"):
        cell(X, (H, None))
    with pytest.raises(
        RuntimeError, match=r"input should be of torch\.float32 on cpu, as the weig"
    ):
        cell(X.long())
    with pytest.raises(RuntimeError, match=r"h should be .*, got torch\.float64 on cpu"):
        cell(X, (H.double(), H))
    with pytest.raises(RuntimeError, match=r"c should be .*, got torch\.float32 on meta"):
        cell(X, (H, H.to("meta")))
