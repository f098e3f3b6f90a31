"""Uploaded weights are read as what they are, or refused in one sentence."""

from __future__ import annotations

import io
import json
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

import lstm_zoo as zoo
from lstm_zoo.inspection import uploads
from lstm_zoo.inspection.uploads import read_state_dict

MODULES = [
    nn.LSTM(3, 5),
    nn.LSTM(3, 5, 2, bias=False, bidirectional=True, proj_size=2),
    nn.LSTM(1, 1, 3, bidirectional=True),
    nn.LSTM(3, 8, proj_size=4),
    nn.GRU(3, 5, 2, bidirectional=True),
    nn.RNN(3, 5, 2),
]


@pytest.mark.parametrize("module", MODULES, ids=str)
@pytest.mark.parametrize("prefix", ["", "encoder.lstm."])
def test_a_layer_is_read_from_its_shapes(module: nn.RNNBase, prefix: str, tmp_path: Path) -> None:
    tensors = {prefix + name: weight for name, weight in module.state_dict().items()}
    path = tmp_path / "weights.safetensors"
    path.write_bytes(save(tensors | {"head.weight": torch.ones(2, 5)}))
    upload = read_state_dict(path)
    assert type(upload.module) is type(module)
    assert upload.prefix == prefix
    assert upload.ignored == ("head.weight",)
    x = torch.randn(4, 6, 3 if module.input_size == 3 else 1)
    record = zoo.trace(upload.module, x)
    module.batch_first = True
    torch.testing.assert_close(record.outputs[0], module.eval()(x)[0])
    assert list(tmp_path.iterdir()) == [path]


def test_half_precision_is_read_and_several_layers_are_told_apart() -> None:
    lstm, gru = nn.LSTM(3, 5).half(), nn.GRU(3, 4)
    tensors = {f"encoder.{n}": w for n, w in lstm.state_dict().items()}
    tensors |= {f"decoder.{n}": w for n, w in gru.state_dict().items()}
    with pytest.raises(zoo.UsageError, match=r"take one by prefix=, of 'decoder.', 'encoder.'"):
        read_state_dict(save(tensors))
    upload = read_state_dict(save(tensors), "encoder.")
    assert upload.module.weight_ih_l0.dtype == torch.float32
    assert len(upload.ignored) == 4
    with pytest.raises(zoo.UsageError, match="did you mean 'encoder.'"):
        read_state_dict(save(tensors), "encoder")


def changed(**changes: Any) -> bytes:
    """A state dict with other tensors, without those that are None."""
    tensors = nn.LSTM(3, 5, 2, bidirectional=True).state_dict() | changes
    return save({name: tensor for name, tensor in tensors.items() if tensor is not None})


def claiming(shape: list[int], end: int) -> bytes:
    header = {"weight_ih_l0": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


def saved_by_torch() -> bytes:
    file = io.BytesIO()
    torch.save(nn.LSTM(3, 5).state_dict(), file)
    return file.getvalue()


NAN = torch.full((20, 3), torch.nan)
BAD = {
    "nothing": (b"", "not a whole safetensors file"),
    "text": (b"weights, please", "not a whole safetensors file"),
    "a pickle": (pickle.dumps({"weight": 1}), "is a pickle"),
    "torch.save": (saved_by_torch(), "is a pickle"),
    "a header of terabytes": ((2**43).to_bytes(8, "little") + b"{}", "claims 8,796,093,022,208"),
    "tensors of terabytes": (claiming([2**20, 2**20], 2**42), "not a whole safetensors file"),
    "a shape that overflows": (claiming([2**40, 2**40], 0), "not a whole safetensors file"),
    "cut short": (changed()[:-100], "not a whole safetensors file"),
    "no layer": (save({"weight": torch.ones(2)}), "holds no weights .* it holds weight"),
    "no tensor": (save({}), "holds no weights .* it holds no tensor"),
    "lacks a matrix": (changed(weight_hh_l0=None), "lacks tensor 'weight_hh_l0'"),
    "lacks a bias": (changed(bias_hh_l1=None), "lacks tensor 'bias_hh_l1'"),
    "lacks a direction": (changed(weight_ih_l1_reverse=None), "lacks tensor 'weight_ih_l1_rev"),
    "lacks a layer": (
        save({n.replace("l1", "l2"): w for n, w in load(changed()).items()}),
        "lacks tensor 'weight_ih_l1'",
    ),
    "NaN": (changed(weight_ih_l0=NAN), "tensor 'weight_ih_l0' has values that are not finite"),
    "too wide for float32": (
        changed(weight_ih_l0=torch.full((20, 3), 1e300, dtype=torch.float64)),
        "not finite in float32",
    ),
    "integers": (changed(bias_ih_l0=torch.ones(20).long()), "is torch.int64: weights are floats"),
    "no matrix": (changed(weight_hh_l0=torch.ones(20)), "should be a matrix"),
    "an empty matrix": (changed(weight_ih_l0=torch.ones(20, 0)), "'weight_ih_l0' is empty"),
    "another shape": (
        changed(weight_ih_l1=torch.ones(20, 9)),
        r"'weight_ih_l1' should be of shape \(20, 10\), is \(20, 9\)",
    ),
    "two gates": (changed(weight_hh_l0=torch.ones(10, 5)), "10 rows for 5 units"),
    "a projection without its matrix": (changed(weight_hh_l0=torch.ones(20, 2)), "weight_hr_l0"),
    "a GRU with a projection": (
        save(nn.GRU(3, 5).state_dict() | {"weight_hr_l0": torch.ones(2, 5)}),
        "15 rows for 5 units",
    ),
    "peepholes": (
        changed(weight_ci_l0=torch.ones(5)),
        "'weight_ci_l0', which such a layer has not",
    ),
    "999 layers": (changed(weight_ih_l999=torch.ones(20, 10)), "lacks tensor 'weight_ih_l2'"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_in_one_sentence(case: str) -> None:
    content, sentence = BAD[case]
    with pytest.raises(zoo.UsageError, match=sentence) as caught:
        read_state_dict(content)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_large_file_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 1000)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(changed())
    with pytest.raises(zoo.UsageError, match="larger than 1,000 bytes"):
        read_state_dict(path)
    with pytest.raises(zoo.UsageError, match="cannot be read: No such file"):
        read_state_dict(tmp_path / "other.safetensors")


def test_spoiled_files_are_read_or_refused() -> None:
    """Bytes of the header and of the data are changed, cut out and doubled."""
    original = changed()
    end = 8 + int.from_bytes(original[:8], "little")
    read = refused = 0
    for seed in range(1500):
        draw = random.Random(seed)
        content = bytearray(original)
        for _ in range(draw.choice((1, 1, 2, 5))):
            place = draw.randrange(end if draw.random() < 0.8 else len(content))
            kind = draw.randrange(4)
            if kind == 0:
                content[place] = draw.randrange(256)
            elif kind == 1:
                del content[place : place + draw.randrange(1, 9)]
            elif kind == 2:
                content[place:place] = content[place : place + draw.randrange(1, 9)]
            else:
                content[place] = draw.choice(b'0123456789"[]{},:')
        try:
            upload = read_state_dict(bytes(content))
        except zoo.UsageError:
            refused += 1
        else:
            read += 1
            assert all(weight.isfinite().all() for weight in upload.module.parameters())
    assert read > 50
    assert refused > 500
