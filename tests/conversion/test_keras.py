"""Weights of Keras compute in the zoo what Keras's documented equations do, and go back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

import lstm_zoo
from lstm_zoo import from_keras, to_keras

Arrays = Sequence[np.ndarray]
CELLS = pytest.mark.parametrize("cell", ["lstm", "gru"])
BIDIRECTIONAL = pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
BIAS = pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
INPUTS, UNITS = 3, 5


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def keras_lstm(x: np.ndarray, arrays: Arrays) -> np.ndarray:
    """x (batch, time, features) -> outputs of all steps; the gates are i, f, c, o."""
    kernel, recurrent_kernel, *bias = arrays
    units = len(recurrent_kernel)
    h = c = np.zeros((len(x), units))
    outputs = []
    for step in range(x.shape[1]):
        z = x[:, step] @ kernel + h @ recurrent_kernel + (bias[0] if bias else 0)
        i, f = sigmoid(z[:, :units]), sigmoid(z[:, units : 2 * units])
        c = f * c + i * np.tanh(z[:, 2 * units : 3 * units])
        h = sigmoid(z[:, 3 * units :]) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def keras_gru(x: np.ndarray, arrays: Arrays) -> np.ndarray:
    """x (batch, time, features) -> outputs of all steps; z, r, h with reset_after=True."""
    kernel, recurrent_kernel, *bias = arrays
    units = len(recurrent_kernel)
    input_bias, recurrent_bias = bias[0] if bias else (0, 0)
    h = np.zeros((len(x), units))
    outputs = []
    for step in range(x.shape[1]):
        from_x = x[:, step] @ kernel + input_bias
        from_h = h @ recurrent_kernel + recurrent_bias
        z = sigmoid(from_x[:, :units] + from_h[:, :units])
        r = sigmoid(from_x[:, units : 2 * units] + from_h[:, units : 2 * units])
        hh = np.tanh(from_x[:, 2 * units :] + r * from_h[:, 2 * units :])
        h = z * h + (1 - z) * hh
        outputs.append(h)
    return np.stack(outputs, axis=1)


def keras_layer(x: np.ndarray, arrays: Arrays, cell: str, bidirectional: bool) -> np.ndarray:
    run = keras_lstm if cell == "lstm" else keras_gru
    if not bidirectional:
        return run(x, arrays)
    half = len(arrays) // 2
    backward = run(x[:, ::-1], arrays[half:])[:, ::-1]
    return np.concatenate([run(x, arrays[:half]), backward], axis=2)


def random_arrays(
    cell: str, bidirectional: bool = False, bias: bool = True, inputs: int = INPUTS
) -> list[np.ndarray]:
    columns = (4 if cell == "lstm" else 3) * UNITS
    shapes: list[tuple[int, ...]] = [(inputs, columns), (UNITS, columns)]
    if bias:
        shapes.append((columns,) if cell == "lstm" else (2, columns))
    generator = np.random.default_rng(0)
    return [generator.normal(size=shape) for shape in shapes * (1 + bidirectional)]


@CELLS
@BIDIRECTIONAL
@BIAS
def test_weights_of_keras_compute_the_same(cell: str, bidirectional: bool, bias: bool) -> None:
    arrays = random_arrays(cell, bidirectional, bias)
    x = np.random.default_rng(1).normal(size=(4, 6, INPUTS))
    output, _ = from_keras(arrays, cell=cell)(torch.tensor(x))
    expected = keras_layer(x, arrays, cell, bidirectional)
    np.testing.assert_allclose(output.detach(), expected, rtol=0, atol=1e-12)


@CELLS
@BIDIRECTIONAL
@BIAS
def test_layers_of_keras_itself_compute_the_same(
    cell: str, bidirectional: bool, bias: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    layers = pytest.importorskip("keras").layers
    kind = layers.LSTM if cell == "lstm" else layers.GRU
    layer = kind(UNITS, return_sequences=True, use_bias=bias, dtype="float64")
    if bidirectional:
        layer = layers.Bidirectional(layer, dtype="float64")
    x = torch.randn(4, 6, INPUTS, dtype=torch.float64)
    layer(x)
    arrays = random_arrays(cell, bidirectional, bias)
    layer.set_weights(arrays)
    torch.testing.assert_close(from_keras(arrays, cell=cell)(x)[0], layer(x), rtol=0, atol=1e-10)


@CELLS
@BIDIRECTIONAL
@BIAS
def test_weights_of_the_zoo_compute_the_same(cell: str, bidirectional: bool, bias: bool) -> None:
    lstm = lstm_zoo.LSTM(
        INPUTS, UNITS, 2, bias, True, 0, bidirectional, dtype=torch.float64, cell=cell
    )
    x = np.random.default_rng(1).normal(size=(4, 6, INPUTS))
    expected = lstm(torch.tensor(x))[0].detach()
    for arrays in to_keras(lstm):
        x = keras_layer(x, arrays, cell, bidirectional)
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)


@CELLS
@BIDIRECTIONAL
def test_there_and_back_are_the_same_arrays(cell: str, bidirectional: bool) -> None:
    layers = [
        random_arrays(cell, bidirectional),
        random_arrays(cell, bidirectional, inputs=UNITS * (1 + bidirectional)),
    ]
    layers = [[array.astype(np.float32) for array in arrays] for arrays in layers]
    lstm = from_keras(*layers, cell=cell)
    assert lstm.num_layers == 2
    assert lstm.batch_first
    for arrays, back in zip(layers, to_keras(lstm), strict=True):
        for array, same in zip(arrays, back, strict=True):
            np.testing.assert_array_equal(array, same)
            assert same.dtype == np.float32
            assert same.flags.c_contiguous


def test_arrays_are_copies() -> None:
    arrays = random_arrays("gru", bias=False)
    lstm = from_keras(arrays, cell="gru")
    torch.nn.init.zeros_(lstm.weight_ih_l0)
    assert (arrays[0] != 0).all()


def test_a_layer_in_bfloat16_becomes_float32_of_the_same_values() -> None:
    lstm = from_keras(random_arrays("lstm")).bfloat16()
    (arrays,) = to_keras(lstm)
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    for found, expected in zip(arrays, *to_keras(lstm.float()), strict=True):
        assert (found == expected).all()


def replaced(cell: str, index: int, shape: tuple[int, ...]) -> list[np.ndarray]:
    arrays = random_arrays(cell)
    arrays[index] = np.zeros(shape)
    return arrays


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: from_keras(replaced("lstm", 0, (3, 15))),
            "the kernel should be of shape (input_size, 20), got (3, 15)",
        ),
        (
            lambda: from_keras(replaced("lstm", 1, (5, 5))),
            "the recurrent_kernel should be of shape (hidden_size, 20), got (5, 5)",
        ),
        (
            lambda: from_keras(replaced("lstm", 2, (2, 20))),
            "the bias should be of shape (20,), got (2, 20)",
        ),
        (
            lambda: from_keras(replaced("gru", 2, (15,)), cell="gru"),
            "the bias, as with reset_after=True, should be of shape (2, 15), got (15,)",
        ),
        (
            lambda: from_keras(random_arrays("gru")),
            "the recurrent_kernel should be of shape (hidden_size, 20), got (5, 15)",
        ),
        (
            lambda: from_keras([np.zeros((3, 20), dtype=int), np.zeros((5, 20))]),
            "the kernel should hold floating-point numbers, got torch.int64",
        ),
        (
            lambda: from_keras([np.zeros((3, 0)), np.zeros((0, 0))]),
            "hidden_size should be at least 1, got 0",
        ),
        (lambda: from_keras(random_arrays("lstm")[:1]), "a layer of Keras has 2 or 3 arrays"),
        (lambda: from_keras(), "at least one layer, got none"),
        (
            lambda: from_keras(random_arrays("lstm"), cell="lsmt"),
            "Keras has no cell 'lsmt'; did you mean 'lstm'?",
        ),
        (
            lambda: from_keras(random_arrays("lstm"), random_arrays("lstm", bidirectional=True)),
            "layer 1 should have as many directions as layer 0, 1, got 2",
        ),
        (
            lambda: to_keras(lstm_zoo.LSTM(3, 5, cell="peephole")),
            "Keras has no cell PeepholeLSTM(); cells that it has: lstm, gru",
        ),
        (
            lambda: to_keras(lstm_zoo.LSTM(3, 5, proj_size=2)),
            "Keras has no projection, and the layer has proj_size=2",
        ),
        (lambda: to_keras(lstm_zoo.LSTM(3, 5, zoneout=0.1)), "Keras has no zoneout"),
        (
            lambda: to_keras(torch.nn.LSTM(3, 5)),
            "the weights for Keras are those of a zoo.LSTM, got <class",
        ),
        (
            lambda: from_keras(to_keras(lstm_zoo.LSTM(3, 5, num_layers=2))),
            "an array of numbers, got <class 'list'>; a list of layers is unpacked with *",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
