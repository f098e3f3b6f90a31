"""Weights of ONNX compute in the zoo what ONNX Runtime does with them, and go back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import lstm_zoo
from lstm_zoo import UsageError, from_onnx, to_onnx

Node = Mapping[str, np.ndarray]
GATES = {"lstm": 4, "peephole": 4, "cifg": 4, "gru": 3}
ATTRIBUTES = {"gru": {"linear_before_reset": 1}, "cifg": {"input_forget": 1}}
"""What the node needs for the cell; none of it is ONNX's default."""
CELLS = pytest.mark.parametrize("cell", GATES)
BIDIRECTIONAL = pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
BIAS = pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
INPUTS, UNITS = 3, 5


def onnx_runtime(
    x: np.ndarray, node: Node, cell: str, attributes: Mapping[str, int] | None = None
) -> np.ndarray:
    """Outputs of all steps, (time, batch, directions * units), of one node run by ONNX Runtime."""
    names = [name if name in node else "" for name in ("W", "R", "B")]
    if cell == "peephole":
        names += ["", "", "", "P"]  # sequence_lens, initial_h, initial_c
    directions = len(node["W"])
    operator = onnx.helper.make_node(
        "GRU" if cell == "gru" else "LSTM",
        ["x", *names],
        ["y"],
        hidden_size=UNITS,
        direction="bidirectional" if directions == 2 else "forward",
        **(ATTRIBUTES.get(cell, {}) if attributes is None else attributes),
    )
    kind = onnx.TensorProto.FLOAT
    steps, batch, _ = x.shape
    graph = onnx.helper.make_graph(
        [operator],
        "one-node",
        [onnx.helper.make_tensor_value_info("x", kind, x.shape)],
        [onnx.helper.make_tensor_value_info("y", kind, (steps, directions, batch, UNITS))],
        [onnx.numpy_helper.from_array(array, name) for name, array in node.items()],
    )
    opsets = [onnx.helper.make_opsetid("", 14)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (y,) = session.run(None, {"x": x})
    return np.moveaxis(y, 1, 2).reshape(steps, batch, directions * UNITS)


def random_node(
    cell: str, bidirectional: bool = False, bias: bool = True, inputs: int = INPUTS
) -> dict[str, np.ndarray]:
    directions, rows = 1 + bidirectional, GATES[cell] * UNITS
    shapes = {"W": (directions, rows, inputs), "R": (directions, rows, UNITS)}
    shapes |= {"B": (directions, 2 * rows)} if bias else {}
    shapes |= {"P": (directions, 3 * UNITS)} if cell == "peephole" else {}
    generator = np.random.default_rng(0)
    return {n: generator.normal(size=shape).astype(np.float32) for n, shape in shapes.items()}


@CELLS
@BIDIRECTIONAL
@BIAS
def test_weights_of_onnx_compute_the_same(cell: str, bidirectional: bool, bias: bool) -> None:
    node = random_node(cell, bidirectional, bias)
    x = np.random.default_rng(1).normal(size=(6, 4, INPUTS)).astype(np.float32)
    output, _ = from_onnx(node, cell=cell)(torch.tensor(x))
    expected = onnx_runtime(x, node, cell)
    np.testing.assert_allclose(output.detach(), expected, rtol=0, atol=1e-5)


@CELLS
@BIDIRECTIONAL
@BIAS
def test_weights_of_the_zoo_compute_the_same(cell: str, bidirectional: bool, bias: bool) -> None:
    lstm = lstm_zoo.LSTM(INPUTS, UNITS, 2, bias, bidirectional=bidirectional, cell=cell)
    for parameter in lstm.parameters():
        torch.nn.init.normal_(parameter)
    x = np.random.default_rng(1).normal(size=(6, 4, INPUTS)).astype(np.float32)
    expected = lstm(torch.tensor(x))[0].detach()
    for node in to_onnx(lstm):
        x = onnx_runtime(x, node, cell)
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-5)


@CELLS
@BIDIRECTIONAL
@BIAS
def test_there_and_back_are_the_same_arrays(cell: str, bidirectional: bool, bias: bool) -> None:
    nodes = [
        random_node(cell, bidirectional, bias),
        random_node(cell, bidirectional, bias, inputs=UNITS * (1 + bidirectional)),
    ]
    lstm = from_onnx(*nodes, cell=cell)
    assert lstm.num_layers == 2
    for node, back in zip(nodes, to_onnx(lstm), strict=True):
        assert node.keys() == back.keys()
        for name, array in node.items():
            both = (array, back[name])
            if cell == "cifg":  # its rows of f, the third block, are not read
                both = tuple(np.delete(part, forget_rows(name), axis=1) for part in both)
            np.testing.assert_array_equal(*both)


def forget_rows(name: str) -> np.ndarray:
    """The rows of the forget gate in W, R and B."""
    rows = np.arange(2 * UNITS, 3 * UNITS)
    return np.concatenate([rows, rows + 4 * UNITS]) if name == "B" else rows


def test_coupled_gates_are_right_without_input_forget_too() -> None:
    lstm = lstm_zoo.LSTM(INPUTS, UNITS, cell="cifg")
    x = np.random.default_rng(1).normal(size=(6, 4, INPUTS)).astype(np.float32)
    (node,) = to_onnx(lstm)
    expected = lstm(torch.tensor(x))[0].detach()
    np.testing.assert_allclose(onnx_runtime(x, node, "cifg", {}), expected, rtol=0, atol=1e-6)


def test_arrays_are_copies() -> None:
    node = random_node("lstm")
    lstm = from_onnx(node)
    torch.nn.init.zeros_(lstm.weight_ih_l0)
    assert (node["W"] != 0).all()
    (back,) = to_onnx(lstm)
    back["R"][:] = 0
    assert (lstm.weight_hh_l0 != 0).all()


def test_a_layer_in_bfloat16_becomes_float32_of_the_same_values() -> None:
    lstm = from_onnx(random_node("lstm")).bfloat16()
    (node,) = to_onnx(lstm)
    (expected,) = to_onnx(lstm.float())
    assert {array.dtype for array in node.values()} == {np.dtype(np.float32)}
    assert all((node[name] == expected[name]).all() for name in expected)


def replaced(cell: str, **arrays: np.ndarray | None) -> dict[str, np.ndarray]:
    node = random_node(cell) | arrays
    return {name: array for name, array in node.items() if array is not None}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: from_onnx(replaced("lstm", W=np.zeros((1, 15, 3)))),
            "W should be of shape (1, 20, input_size), got (1, 15, 3)",
        ),
        (
            lambda: from_onnx(random_node("gru")),
            "R should be of shape (1, 20, hidden_size), got (1, 15, 5)",
        ),
        (
            lambda: from_onnx(replaced("lstm", R=np.zeros((20, 5)))),
            "R should be of shape (directions, 4 * hidden_size, hidden_size), got (20, 5)",
        ),
        (
            lambda: from_onnx(replaced("lstm", R=np.zeros((3, 20, 5)))),
            "R should have 1 or 2 directions, got 3",
        ),
        (
            lambda: from_onnx(replaced("lstm", B=np.zeros((1, 20)))),
            "B should be of shape (1, 40), got (1, 20)",
        ),
        (
            lambda: from_onnx(replaced("peephole", P=np.zeros((1, 20))), cell="peephole"),
            "P should be of shape (1, 15), got (1, 20)",
        ),
        (
            lambda: from_onnx(random_node("peephole")),
            "the cell 'lstm' has no 'P' in ONNX; known: W, R, B",
        ),
        (
            lambda: from_onnx(random_node("lstm"), cell="peephole"),
            "the cell 'peephole' has 'P' in ONNX, and it is missing",
        ),
        (lambda: from_onnx(replaced("lstm", R=None)), "has 'R' in ONNX, and it is missing"),
        (lambda: from_onnx(), "at least one layer, got none"),
        (lambda: from_onnx(random_node("lstm") | {"B": None}), "B should be an array of numbers"),
        (
            lambda: from_onnx(to_onnx(lstm_zoo.LSTM(3, 5))),
            "a mapping from names, got <class 'list'>; a list of layers is unpacked with *",
        ),
        (
            lambda: from_onnx(random_node("lstm"), cell="peepole"),
            "ONNX has no cell 'peepole'; did you mean 'peephole'?",
        ),
        (
            lambda: to_onnx(lstm_zoo.LSTM(3, 5, cell="rnn")),
            "ONNX has no cell RNN(); cells that it has: lstm, peephole, cifg, gru",
        ),
        (
            lambda: to_onnx(lstm_zoo.LSTM(3, 5, layer_norm=True)),
            "ONNX has no layer_norm, and the layer has layer_norm=True",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        call()
