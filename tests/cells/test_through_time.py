"""The LSTM through time at once equals its plain twin, step after step."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lstm_zoo.cells import StandardLSTM, through_time, unroll
from lstm_zoo.cells.through_time import MANY_ROWS
from lstm_zoo.recurrent import LSTM


class StepByStep(StandardLSTM):
    """The same equations; a class of its own does not take the fast way."""


def twins(**options) -> tuple[LSTM, LSTM]:
    torch.manual_seed(0)
    fast = LSTM(3, 5, dtype=torch.float64, **options)
    plain = LSTM(3, 5, dtype=torch.float64, cell=StepByStep(), **options)
    plain.load_state_dict(fast.state_dict())
    return fast, plain


def inputs(batch: int = 4, layers: int = 1) -> list[torch.Tensor]:
    shapes = [(7, batch, 3), (layers, batch, 5), (layers, batch, 5)]
    return [torch.randn(shape, dtype=torch.float64).requires_grad_() for shape in shapes]


OPTIONS = {
    "plain": {},
    "no bias": {"bias": False},
    "two layers, both directions": {"num_layers": 2, "bidirectional": True},
    "batch first": {"batch_first": True},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@pytest.mark.parametrize("batch", [0, 1, 4, MANY_ROWS])
def test_outputs_states_and_gradients_equal_those_of_steps(options, batch):
    fast, plain = twins(**options)
    directions = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    x, h, c = inputs(batch, directions)
    x = x.transpose(0, 1) if options.get("batch_first") else x
    results, gradients = [], []
    for layer in (fast, plain):
        output, (h_n, c_n) = layer(x, (h, c))
        results.append((output, h_n, c_n))
        loss = output.sin().sum() + (h_n * c_n).sum()
        gradients.append(torch.autograd.grad(loss, [x, h, c, *layer.parameters()]))
    torch.testing.assert_close(*results, rtol=0, atol=1e-12)
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_without_a_gradient_many_rows_equal_those_of_steps(options):
    fast, plain = twins(**options)
    directions = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    x, h, c = inputs(MANY_ROWS, directions)
    before = [part.detach().clone() for part in (x, h, c)]
    read = x.transpose(0, 1) if options.get("batch_first") else x
    output, state = fast(read, (h, c))
    with torch.no_grad():
        for layer in (fast, plain):
            found = layer(read, (h, c))
            torch.testing.assert_close(found, (output, state), rtol=0, atol=1e-12)
            assert all(part.is_contiguous() for part in found[1])
    assert all(map(torch.equal, (x, h, c), before))


def test_many_rows_take_the_way_without_a_gradient_only_where_none_is_wanted(monkeypatch):
    taken = []
    real = through_time._without_gradient
    monkeypatch.setattr(
        through_time, "_without_gradient", lambda *a: taken.append(True) or real(*a)
    )
    fast, _ = twins()
    x, h, c = inputs(MANY_ROWS)
    assert fast(x.detach())[0].requires_grad
    with torch.no_grad():
        fast(x[:, 1:])
    assert taken == []
    with torch.inference_mode():
        fast(x, (h, c))
    fast.requires_grad_(False)
    fast(x.detach())
    assert taken == [True, True]
    assert fast(x)[0].requires_grad


def test_the_fast_way_is_taken_where_it_may_be_and_only_there(monkeypatch):
    taken = []
    real = unroll.__globals__["lstm_through_time"]
    monkeypatch.setitem(
        unroll.__globals__, "lstm_through_time", lambda *a: taken.append(True) or real(*a)
    )
    fast, plain = twins()
    x, h, c = inputs()
    fast(x, (h, c))
    assert taken == [True]
    plain(x, (h, c))
    fast.trace(x)
    twins(proj_size=2)[0](x)
    twins(zoneout=0.1)[0](x)
    twins(recurrent_dropout=0.1)[0](x)
    fast(nn.utils.rnn.pack_padded_sequence(x, [7, 5, 5, 2]))
    with torch.autocast("cpu", torch.bfloat16):
        fast(x)
    assert taken == [True]


def test_gradients_of_gradients_equal_those_of_steps():
    found = []
    for layer in twins():
        torch.manual_seed(1)
        x, h, c = inputs()
        output, _ = layer(x, (h, c))
        (dx,) = torch.autograd.grad(output.square().sum(), x, create_graph=True)
        found.append(torch.autograd.grad(dx.square().sum(), [x, h, *layer.parameters()]))
    torch.testing.assert_close(*found, rtol=0, atol=1e-12)


def test_a_part_of_the_gradients_can_be_asked_for_and_then_the_rest():
    found = []
    for layer in twins():
        torch.manual_seed(1)
        x, h, c = inputs()
        output, _ = layer(x, (h, c))
        first = torch.autograd.grad(output[:3].sum(), x, retain_graph=True)
        found.append([*first, *torch.autograd.grad(output.sum(), [x, *layer.parameters()])])
    torch.testing.assert_close(*found, rtol=0, atol=1e-12)


def test_an_output_changed_in_place_is_noticed():
    fast, _ = twins()
    output, _ = fast(inputs()[0])
    output.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()
