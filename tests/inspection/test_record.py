"""A trace survives the way to a file, to NumPy and to a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils.rnn import pack_sequence

import lstm_zoo as zoo
from lstm_zoo.inspection import Trace


@pytest.fixture
def record() -> Trace:
    packed = pack_sequence([torch.randn(n, 3) for n in (2, 6)], enforce_sorted=False)
    return zoo.trace(nn.LSTM(3, 5, 2, bidirectional=True, proj_size=2), packed, units=[4, 1])


def test_a_saved_trace_is_the_trace(record: Trace, tmp_path: Path) -> None:
    for some in (record, zoo.trace(zoo.load("lstm.parity"), "1011", gates=["forget", "c"])):
        path = tmp_path / "trace.safetensors"
        some.save(path)
        again = Trace.load(path)
        for attribute in ("cell", "layer_names", "labels", "lengths", "units", "names"):
            assert getattr(again, attribute) == getattr(some, attribute)
        assert all(torch.equal(value, again[n][at][way]) for (n, at, way), value in some.entries())
    assert sorted(path.parent.iterdir()) == [path]


def test_a_trace_without_a_layer_keeps_the_numbers_of_the_others(tmp_path: Path) -> None:
    record = zoo.trace(nn.LSTM(3, 5, 3), torch.randn(6, 2, 3), layers=[1])
    record.save(tmp_path / "trace.safetensors")
    again = Trace.load(tmp_path / "trace.safetensors")
    assert [len(ways) for ways in again["forget"]] == [0, 1, 0]


def test_other_files_are_refused(record: Trace, tmp_path: Path) -> None:
    path = tmp_path / "trace.safetensors"
    with pytest.raises(zoo.UsageError, match="there is no file"):
        Trace.load(path)
    path.write_bytes(b"no trace")
    with pytest.raises(zoo.UsageError, match="not a file that a trace was saved to"):
        Trace.load(path)
    record.save(path)
    save_file(load_file(path), path)  # without what is said of the tensors
    with pytest.raises(zoo.UsageError, match="not a file that a trace was saved to"):
        Trace.load(path)


def test_arrays_and_table_hold_the_same_numbers(record: Trace) -> None:
    arrays, frame = record.numpy(), record.frame()
    assert arrays["forget_l1_reverse"].shape == (2, 6, 2)
    assert len(frame) == 2 * 2 * (2 + 6) * 2  # layers, directions, steps of both rows, units
    assert not frame.isna().any().any()
    row = frame.query("layer == 1 and direction == 1 and row == 1 and step == 5 and unit == 1")
    assert row["forget"].item() == arrays["forget_l1_reverse"][1, 5, 1]
    assert frame.query("row == 0")["step"].max() == 1


def test_a_table_names_its_steps() -> None:
    frame = zoo.trace(zoo.load("lstm.parity"), "1011").frame()
    assert frame.query("unit == 3")["label"].tolist() == ["1", "0", "1", "1"]
    assert np.isfinite(frame["tanh_c"]).all()


def test_an_unknown_name_is_answered_with_the_nearest(record: Trace) -> None:
    with pytest.raises(zoo.UsageError, match="did you mean 'forget'"):
        record["forgot"]
    assert "forgot" not in record
    assert dict(record)["forget"] is record["forget"]
