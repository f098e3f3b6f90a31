"""A language model as an ONNX graph, and the proof that ONNX Runtime computes the same.

The graph is built node by node: exporters of PyTorch either unroll an LSTM over time or are on
their way out, and the five operators that a language model needs are soon written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from lstm_zoo.language.model import LanguageModel
from lstm_zoo.language.plain import check_is_lstm

OPSET, IR_VERSION = 17, 8
"""Of 2022: old enough for any runtime in use, new enough for the operators below."""

CHECKED_BATCHES, CHECKED_TIMES = (1, 3), (1, 32)


def onnx_model(model: LanguageModel, metadata: Mapping[str, str]) -> bytes:
    """The content of an ONNX file.

    Inputs: `tokens` (batch, time), int64; `h0` and `c0`, each (num_layers, batch, hidden_size),
    float32. Outputs: `logits` (batch, time, vocab_size); `hn` and `cn`, shaped as `h0` and `c0`.
    Batch and time are of any size.

    Args:
        model: on the CPU.
        metadata: what else the file holds, such as the vocabulary.
    """
    check_is_lstm(model.config)
    graph = _Graph()
    config = model.config
    layers = range(config.num_layers)
    # One LSTM operator a layer: the operator itself does not stack.
    graph.add("Split", ["h0"], [f"h0.{layer}" for layer in layers], axis=0)
    graph.add("Split", ["c0"], [f"c0.{layer}" for layer in layers], axis=0)
    embedding = graph.weight("embedding", model.embedding.weight)
    graph.add("Transpose", ["tokens"], ["tokens.time_first"], perm=[1, 0])
    graph.add("Gather", [embedding, "tokens.time_first"], ["x.0"])
    one = graph.constant("one", np.array([1]))
    for layer, module in enumerate(model.layers):
        parts = dict(module.named_parameters())
        inputs = [
            f"x.{layer}",
            graph.weight(f"W.{layer}", _onnx_gates(parts["weight_ih_l0"])[None]),
            graph.weight(f"R.{layer}", _onnx_gates(parts["weight_hh_l0"])[None]),
            graph.weight(
                f"B.{layer}",
                torch.cat([_onnx_gates(parts[f"bias_{of}_l0"]) for of in ("ih", "hh")])[None],
            ),
            "",  # lengths of the sequences: all are as long as the input
            f"h0.{layer}",
            f"c0.{layer}",
        ]
        outputs = [f"y.{layer}", f"hn.{layer}", f"cn.{layer}"]
        graph.add("LSTM", inputs, outputs, hidden_size=config.hidden_size)
        graph.add("Squeeze", [f"y.{layer}", one], [f"x.{layer + 1}"])
    graph.add("Concat", [f"hn.{layer}" for layer in layers], ["hn"], axis=0)
    graph.add("Concat", [f"cn.{layer}" for layer in layers], ["cn"], axis=0)
    graph.add("Transpose", [f"x.{config.num_layers}"], ["x.batch_first"], perm=[1, 0, 2])
    features = "x.batch_first"
    if isinstance(model.projection, torch.nn.Linear):
        projection = graph.weight("projection", model.projection.weight)
        graph.add_linear(features, projection, model.projection.bias, "x.projected")
        features = "x.projected"
    output = embedding if config.tie_embeddings else graph.weight("output", model.output.weight)
    graph.add_linear(features, output, model.output.bias, "logits")
    document = helper.make_model(
        graph.build(config.num_layers, config.hidden_size, model.vocab_size),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="lstm-zoo",
    )
    helper.set_model_props(document, dict(metadata))
    onnx.checker.check_model(document, full_check=True)
    content: bytes = document.SerializeToString()
    return content


@torch.inference_mode()
def onnx_difference(model: LanguageModel, content: bytes) -> float:
    """Largest difference between ONNX Runtime's outputs and those of PyTorch.

    Over logits and states, for two batch sizes and two lengths, each read twice: from an empty
    memory, and on from the memory that it left.

    Args:
        model: in eval mode, on the CPU.
        content: of the ONNX file.
    """
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    differences = []
    for batch, time in product(CHECKED_BATCHES, CHECKED_TIMES):
        state = model.initial_state(batch)
        h, c = (part.numpy() for part in state)
        for _ in range(2):
            tokens = torch.randint(model.vocab_size, (batch, time), generator=generator)
            logits, state = model(tokens, state)
            theirs = session.run(
                ["logits", "hn", "cn"], {"tokens": tokens.numpy(), "h0": h, "c0": c}
            )
            _, h, c = theirs
            differences += [
                np.abs(a.numpy() - b).max() for a, b in zip((logits, *state), theirs, strict=True)
            ]
    return float(np.max(differences))


def _onnx_gates(rows: Tensor) -> Tensor:
    """Rows in PyTorch's order of gates (i, f, g, o) in that of ONNX (i, o, f, g)."""
    i, f, g, o = rows.detach().chunk(4)
    return torch.cat([i, o, f, g])


class _Graph:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        name = f"{operator}:{outputs[0]}"
        self.nodes.append(helper.make_node(operator, inputs, outputs, name, **attributes))

    def add_linear(self, inputs: str, weight: str, bias: Tensor, output: str) -> None:
        """`output` = `inputs` @ `weight`.T + `bias`."""
        # A node, not a transposed weight: a tied one is stored once. Runtimes fold it.
        self.add("Transpose", [weight], [f"{output}.weight"], perm=[1, 0])
        self.add("MatMul", [inputs, f"{output}.weight"], [f"{output}.product"])
        self.add("Add", [f"{output}.product", self.weight(f"{output}.bias", bias)], [output])

    def weight(self, name: str, value: Tensor) -> str:
        return self.constant(name, value.detach().numpy())

    def constant(self, name: str, value: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def build(self, num_layers: int, hidden_size: int, vocab_size: int) -> onnx.GraphProto:
        kind = TensorProto.FLOAT
        state = (num_layers, "batch", hidden_size)
        inputs = [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, ("batch", "time")),
            helper.make_tensor_value_info("h0", kind, state),
            helper.make_tensor_value_info("c0", kind, state),
        ]
        outputs = [
            helper.make_tensor_value_info("logits", kind, ("batch", "time", vocab_size)),
            helper.make_tensor_value_info("hn", kind, state),
            helper.make_tensor_value_info("cn", kind, state),
        ]
        return helper.make_graph(self.nodes, "language_model", inputs, outputs, self.initializers)
