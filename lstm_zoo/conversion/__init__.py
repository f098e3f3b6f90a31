"""Weights travel: from and to PyTorch, Keras, ONNX, and cells of one linear layer a gate."""

from lstm_zoo.conversion.keras import from_keras, to_keras
from lstm_zoo.conversion.linears import from_gate_linears, to_gate_linears
from lstm_zoo.conversion.onnx import from_onnx, to_onnx
from lstm_zoo.conversion.pytorch import from_torch, to_torch

__all__ = [
    "from_gate_linears",
    "from_keras",
    "from_onnx",
    "from_torch",
    "to_gate_linears",
    "to_keras",
    "to_onnx",
    "to_torch",
]
