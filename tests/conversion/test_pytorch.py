"""A layer and its twin in PyTorch compute the same, whatever the options, in both directions."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

import lstm_zoo
from lstm_zoo import UsageError, from_torch, to_torch

KINDS = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
OPTIONS = [
    dict(zip(("num_layers", "bias", "batch_first", "bidirectional"), values, strict=True))
    for values in itertools.product((1, 2), *[(True, False)] * 3)
]
CASES = [(name, options) for name in KINDS for options in OPTIONS]
CASES += [("lstm", options | {"proj_size": 2}) for options in OPTIONS]
ALL_CASES = pytest.mark.parametrize(("name", "options"), CASES, ids=str)


def values_of(layer: nn.Module, x: Tensor) -> list[Tensor]:
    """Output and parts of the state; a seed, so that dropout has the same masks."""
    torch.manual_seed(0)
    output, state = layer(x)
    return [output, *(state if isinstance(state, tuple) else (state,))]


@ALL_CASES
def test_the_zoos_twin_of_a_module_computes_the_same(name: str, options: dict[str, Any]) -> None:
    module = KINDS[name](3, 5, **options, dtype=torch.float64)
    x = torch.randn(4, 6, 3, dtype=torch.float64)
    layer = from_torch(module)
    assert isinstance(layer, lstm_zoo.LSTM)
    torch.testing.assert_close(values_of(layer, x), values_of(module, x), rtol=0, atol=1e-12)


@ALL_CASES
def test_pytorchs_twin_of_a_layer_computes_the_same(name: str, options: dict[str, Any]) -> None:
    layer = lstm_zoo.LSTM(3, 5, **options, cell=name, dtype=torch.float64)
    x = torch.randn(4, 6, 3, dtype=torch.float64)
    module = to_torch(layer)
    assert type(module) is KINDS[name]
    torch.testing.assert_close(values_of(module, x), values_of(layer, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", KINDS)
def test_there_and_back_is_the_same_module(name: str) -> None:
    module = KINDS[name](
        3, 5, 2, bias=False, batch_first=True, dropout=0.25, bidirectional=True, dtype=torch.float16
    ).eval()
    module.weight_hh_l1.requires_grad_(False)
    back = to_torch(from_torch(module))
    assert repr(back) == repr(module)
    assert not back.training
    assert [p.requires_grad for p in back.parameters()] == [
        p.requires_grad for p in module.parameters()
    ]
    torch.testing.assert_close(
        dict(back.state_dict()), dict(module.state_dict()), rtol=0, atol=0, check_dtype=True
    )


def test_dropout_and_the_training_mode_travel() -> None:
    module = nn.LSTM(3, 5, 2, dropout=0.5)
    layer, x = from_torch(module), torch.randn(4, 6, 3)
    assert layer.training
    torch.testing.assert_close(values_of(layer, x), values_of(module, x), rtol=0, atol=1e-6)
    assert not torch.equal(values_of(layer, x)[0], values_of(layer.eval(), x)[0])


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_single_cells_travel_both_ways(bias: bool) -> None:
    module = nn.LSTMCell(3, 5, bias, dtype=torch.float64)
    x = torch.randn(4, 3, dtype=torch.float64)
    cell = from_torch(module)
    assert isinstance(cell, lstm_zoo.LSTMCell)
    torch.testing.assert_close(cell(x), module(x), rtol=0, atol=1e-12)
    back = to_torch(cell)
    assert isinstance(back, nn.LSTMCell)
    assert torch.equal(back(x)[0], module(x)[0])


def test_weights_are_copies() -> None:
    module = nn.LSTM(3, 5)
    layer = from_torch(module)
    nn.init.zeros_(layer.weight_ih_l0)
    assert (module.weight_ih_l0 != 0).any()


def test_a_parametrised_weight_travels_as_it_is_used() -> None:
    class Doubled(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            return 2 * weight

    module = nn.LSTM(3, 5)
    raw = module.weight_hh_l0.detach().clone()
    parametrize.register_parametrization(module, "weight_hh_l0", Doubled())
    weight = from_torch(module).weight_hh_l0
    assert torch.equal(weight, 2 * raw)
    assert weight.requires_grad


def test_recurrent_dropout_is_left_behind_only_where_it_does_nothing() -> None:
    layer, x = lstm_zoo.LSTM(3, 5, recurrent_dropout=0.5), torch.randn(4, 6, 3)
    with pytest.raises(UsageError, match=r"PyTorch has no recurrent_dropout.*in eval mode"):
        to_torch(layer)
    layer.eval()
    torch.testing.assert_close(values_of(to_torch(layer), x), values_of(layer, x))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: from_torch(nn.GRUCell(3, 5)),
            "or nn.RNN, got <class 'torch.nn.modules.rnn.GRUCell'>",
        ),
        (
            lambda: from_torch(nn.RNN(3, 5, nonlinearity="relu")),
            "the zoo's rnn has nonlinearity='tanh', and the module has 'relu'",
        ),
        (lambda: to_torch(nn.LSTM(3, 5)), "layer of lstm_zoo, got <class 'torch.nn"),
        (
            lambda: to_torch(lstm_zoo.LSTM(3, 5, zoneout=0.1)),
            "PyTorch has no zoneout, and the layer has zoneout=0.1",
        ),
        (
            lambda: to_torch(lstm_zoo.LSTM(3, 5, layer_norm=True)),
            "PyTorch has no layer_norm, and the layer has layer_norm=True",
        ),
        (lambda: to_torch(lstm_zoo.LSTM(3, 5, trainable_state=True)), "no trainable_state"),
        (
            lambda: to_torch(lstm_zoo.LSTM(3, 5, cell="peephole")),
            "PyTorch has no cell PeepholeLSTM(); cells that it has: lstm, gru, rnn",
        ),
    ],
)
def test_what_cannot_travel_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
