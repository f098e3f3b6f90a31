"""The cells of xLSTM against the plain PyTorch that their authors publish, the package `xlstm`."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lstm_zoo.cells import MatrixLSTM, ScalarLSTM, Weights
from lstm_zoo.recurrent import LSTM

INPUT_SIZE, UNITS, BATCH, STEPS = 3, 8, 4, 70
heads = pytest.mark.parametrize("heads", [1, 2])
state_is_given = pytest.mark.parametrize("given", [False, True], ids=["empty", "carried"])


def drawn(cell: MatrixLSTM | ScalarLSTM) -> tuple[LSTM, Tensor]:
    torch.manual_seed(0)
    layer = LSTM(INPUT_SIZE, UNITS, cell=cell, dtype=torch.float64)
    for weight in layer.parameters():
        nn.init.normal_(weight)
    return layer, torch.randn(STEPS, BATCH, INPUT_SIZE, dtype=torch.float64)


@heads
@state_is_given
def test_slstm_equals_theirs_in_outputs_states_and_gradients(heads, given):
    theirs = pytest.importorskip("xlstm.blocks.slstm.src.vanilla")
    layer, x = drawn(ScalarLSTM(heads=heads))
    weights = layer.weights_of(0)
    state = tuple(torch.zeros(BATCH, UNITS, dtype=torch.float64) for _ in range(4))
    if given:
        with torch.no_grad():
            state = tuple(part[0] for part in layer(x[:5])[1])
    output, after = layer(x, tuple(part[None] for part in state))

    recurrent = weights["weight_hh"].unflatten(0, (4, heads, -1)).transpose(0, 1).flatten(1, 2)
    products, bias = x @ weights["weight_ih"].T, weights["bias_ih"] + weights["bias_hh"]
    pointwise = theirs.slstm_pointwise_function_registry["slstm"]
    states, last, _ = theirs.slstm_forward(products, torch.stack(state), recurrent, bias, pointwise)
    assert_equal(output, states[0, 1:], layer)
    torch.testing.assert_close(torch.cat(after), last, rtol=0, atol=1e-10)


@heads
@state_is_given
def test_mlstm_equals_their_recurrent_step(heads, given):
    theirs = pytest.importorskip("xlstm.blocks.mlstm.backends").recurrent_step_stabilized_simple
    layer, x = drawn(MatrixLSTM(heads=heads))
    _, c, n, m = (part[0] for part in layer(x[:1])[1])
    state = [c * 0, n * 0, m * 0]
    if given:
        with torch.no_grad():
            state = [part[0] for part in layer(x[:5])[1][1:]]
    output, after = layer(x, tuple(part[None] for part in (x.new_zeros(BATCH, UNITS), *state)))

    # They keep C turned, with keys in its rows, and n and m with dimensions of size 1.
    carried = (state[0].mT, state[1][..., None], state[2][..., None, None])
    expected = []
    for parts in zip(*mlstm_parts(x, layer.weights_of(0), heads), strict=True):
        i, f, v, o, q, k = parts
        q, k, v = (part.clone() for part in (q, k, v))  # they are changed in place
        h, carried = theirs(*carried, q, k, v, i[..., None], f[..., None], eps=0.0)
        expected.append(o.sigmoid() * h.flatten(1))
    assert_equal(output, torch.stack(expected), layer)
    last = (carried[0].mT, carried[1][..., 0], carried[2][..., 0, 0])
    torch.testing.assert_close(tuple(p[0] for p in after[1:]), last, rtol=0, atol=1e-10)


@heads
def test_mlstm_equals_their_parallel_form_where_the_first_input_gates_are_open(heads):
    theirs = pytest.importorskip("xlstm.blocks.mlstm.backends").parallel_stabilized_simple
    layer, x = drawn(MatrixLSTM(heads=heads))
    # m_0 is 0 in the recurrent form and stands for nothing in the parallel one: alike if the first
    # input gate is above it.
    nn.init.zeros_(layer.weight_ih_l0[:heads])
    nn.init.constant_(layer.bias_ih_l0[:heads], 1.0)
    i, f, v, o, q, k = mlstm_parts(x, layer.weights_of(0), heads)
    q, k, v = (part.squeeze(3) for part in (q, k, v))
    by_head = (part.permute(1, 2, 0, 3) for part in (q, k, v, i, f))
    h = theirs(*by_head, eps=0.0).permute(2, 0, 1, 3).flatten(2)
    assert_equal(layer(x)[0], o.sigmoid() * h, layer)


def test_float16_keeps_its_gradients_where_next_to_nothing_is_written() -> None:
    layer = LSTM(3, 4, cell=MatrixLSTM()).half()
    with torch.no_grad():
        layer.bias_ih_l0[:1] = -13  # log of the input gate: exp(13) is no number in float16
        layer.bias_ih_l0[1:2] = -13
    output, _ = layer(torch.randn(5, 2, 3).half())
    output.float().sum().backward()
    assert output.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_a_trace_from_an_empty_memory_reads_a_carried_one_too() -> None:
    layer = LSTM(3, 4, cell=MatrixLSTM()).requires_grad_(False)
    x = torch.randn(5, 2, 3)
    _, carried = layer(x)
    empty = tuple(torch.zeros_like(part) for part in carried)
    traced = torch.jit.trace(layer, (x, empty), check_trace=False)
    torch.testing.assert_close(traced(x, carried)[0], layer(x, carried)[0])


def mlstm_parts(x: Tensor, weights: Weights, heads: int) -> list[Tensor]:
    """i, f (time, batch, heads, 1), v (time, batch, heads, 1, units), o~, and q, k like v."""

    def product(name: str, rows: slice) -> Tensor:
        return x @ weights[f"weight_{name}"][rows].T + weights[f"bias_{name}"][rows]

    def by_head(part: Tensor) -> Tensor:
        return part.unflatten(-1, (heads, 1, -1))

    whole, gates = slice(None), 2 * heads
    i, f = product("ih", slice(heads)), product("ih", slice(heads, gates))
    v, o = product("ih", slice(gates, gates + UNITS)), product("ih", slice(gates + UNITS, None))
    q, k = product("query", whole), product("key", whole)
    return [i[..., None], f[..., None], by_head(v), o, by_head(q), by_head(k)]


def assert_equal(output: Tensor, expected: Tensor, layer: LSTM) -> None:
    """Outputs, and gradients of all weights."""
    torch.testing.assert_close(output, expected, rtol=0, atol=1e-10)
    factor = torch.randn_like(output)
    gradients = [
        torch.autograd.grad((factor * out).sum(), list(layer.parameters()), retain_graph=True)
        for out in (output, expected)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-8, atol=1e-8)
