"""Statistics of a run against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence

import lstm_zoo as zoo
from lstm_zoo.inspection import Trace
from lstm_zoo.inspection.statistics import (
    dead_units,
    gate_correlations,
    saturation,
    summary,
    time_scales,
    weight_norms,
)


@pytest.fixture
def module() -> nn.LSTM:
    torch.manual_seed(0)
    module = nn.LSTM(3, 5, 2, bidirectional=True)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=2.0)
    return module


def rows_of(record: Trace, name: str, layer: int, direction: int) -> np.ndarray:
    """(steps of all rows, units), float64."""
    value = record[name][layer][direction].numpy().astype(np.float64)
    lengths = record.lengths or [value.shape[1]] * len(value)
    return np.concatenate([row[:n] for row, n in zip(value, lengths, strict=True)])


@pytest.fixture(params=["padded", "packed"])
def record(request: Any, module: nn.LSTM) -> Trace:
    if request.param == "padded":
        return zoo.trace(module, torch.randn(40, 3, 3))
    rows = [torch.randn(n, 3) for n in (7, 40, 1)]
    return zoo.trace(module, pack_sequence(rows, enforce_sorted=False))


PLACES = [(layer, direction) for layer in (0, 1) for direction in (0, 1)]


@pytest.mark.parametrize(("layer", "direction"), PLACES)
def test_statistics_are_those_of_numpy(record: Trace, layer: int, direction: int) -> None:
    forget = rows_of(record, "forget", layer, direction)
    left, right = saturation(record, "forget")[layer][direction]
    np.testing.assert_allclose(left, (forget < 0.1).mean(0))
    np.testing.assert_allclose(right, (forget > 0.9).mean(0))
    cell = rows_of(record, "cell", layer, direction)
    np.testing.assert_allclose(
        saturation(record, "cell")[layer][direction].left, (cell < -0.9).mean(0)
    )
    scales = time_scales(record)[layer][direction]
    np.testing.assert_allclose(scales, -1 / np.log(forget).mean(0))
    names, matrix = gate_correlations(record)[layer][direction]
    assert names == ("input", "forget", "cell", "output")
    for unit in range(5):
        gates = [rows_of(record, name, layer, direction)[:, unit] for name in names]
        np.testing.assert_allclose(matrix[unit], np.corrcoef(gates), atol=1e-6)


def test_a_time_scale_is_the_time_in_which_a_memory_falls_to_its_eth_part() -> None:
    layer = nn.LSTM(1, 1, dtype=torch.float64)
    nn.init.zeros_(layer.weight_ih_l0)
    nn.init.zeros_(layer.weight_hh_l0)
    layer.bias_ih_l0.data = torch.tensor([-60.0, 4.0, 0.0, 0.0], dtype=torch.float64)
    nn.init.zeros_(layer.bias_hh_l0)
    hx = torch.zeros(1, 1, 1).double(), torch.ones(1, 1, 1).double()
    record = zoo.trace(layer, torch.zeros(200, 1, 1).double(), hx=hx)
    scale = time_scales(record)[0][0].item()
    c = record["c"][0][0][0, :, 0]
    # c after t steps is c[t - 1]: between the two steps around the scale it passes 1 / e.
    assert c[int(scale) - 1] > 1 / np.e > c[int(scale)]
    with zoo.intervene(layer, [zoo.Hold("forget", value=1.0)]):
        assert time_scales(zoo.trace(layer, torch.zeros(5, 1, 1).double()))[0][0].item() == np.inf
    with zoo.intervene(layer, [zoo.Hold("forget", value=0.0, steps=3)]):
        assert time_scales(zoo.trace(layer, torch.zeros(5, 1, 1).double()))[0][0].item() == 0


def test_dead_units_are_those_that_do_not_move(module: nn.LSTM) -> None:
    x = torch.randn(40, 3, 3)
    changes = [
        zoo.Off([1], layer=1),
        zoo.Hold("h", layer=1, units=3, value=0.7),
        zoo.Hold("h", layer=1, units=4, value=0.7, steps=slice(1, None)),
    ]
    with zoo.intervene(module, changes):
        record = zoo.trace(module, x)
    assert dead_units(record)[1][0].nonzero().flatten().tolist() == [1, 3]
    projected = zoo.LSTM(3, 5, proj_size=2)
    with zoo.intervene(projected, [zoo.Off([2])]):
        record = zoo.trace(projected, x)
    assert dead_units(record, tolerance=1e-6)[0][0].tolist() == [False, False, True, False, False]


@pytest.mark.parametrize("make", [nn.LSTM, nn.GRU, zoo.LSTM])
def test_weight_norms_are_those_of_numpy(make: type[nn.Module]) -> None:
    model = nn.Sequential(make(3, 5, 2, bidirectional=True))
    norms = weight_norms(model)
    gates = 3 if make is nn.GRU else 4
    weight = model[0].weight_hh_l1_reverse.detach().numpy().reshape(gates, 5, 5)
    found = norms["0.weight_hh_l1_reverse"]
    np.testing.assert_allclose(
        np.stack(list(found.values())), np.linalg.norm(weight, axis=2), rtol=1e-6
    )
    assert list(found)[0] == ("reset" if make is nn.GRU else "input")
    bias = model[0].bias_ih_l0.detach().numpy().reshape(gates, 5)
    np.testing.assert_allclose(np.stack(list(norms["0.bias_ih_l0"].values())), np.abs(bias))
    assert len(norms) == 16


def test_a_summary_has_a_row_for_each_value_of_each_layer(record: Trace) -> None:
    rows = summary(record)
    assert len(rows) == 4 * len(record.names)
    row = next(r for r in rows if (r["layer"], r["direction"], r["value"]) == (1, 1, "forget"))
    forget = rows_of(record, "forget", 1, 1)
    assert row["mean"] == pytest.approx(forget.mean())
    assert row["right"] == pytest.approx((forget > 0.9).mean())
    assert row["time_scale"] in time_scales(record)[1][1].tolist()


def test_what_a_record_cannot_tell_is_said() -> None:
    record = zoo.trace(nn.RNN(3, 5), torch.randn(6, 2, 3))
    with pytest.raises(zoo.UsageError, match="'rnn' has no gate that keeps"):
        time_scales(record)
    with pytest.raises(zoo.UsageError, match="two gates at least, and the record has 1"):
        gate_correlations(record)
    part = zoo.trace(nn.LSTM(3, 5), torch.randn(6, 2, 3), gates=["input"])
    with pytest.raises(zoo.UsageError, match="the trace has no 'forget'"):
        time_scales(part)
    with pytest.raises(zoo.UsageError, match="the trace has no 'h'"):
        dead_units(part)
