"""LSTM Zoo: trained LSTMs to run, look into, retrain and share."""

from lstm_zoo.cells import LSTMCell
from lstm_zoo.conversion import (
    from_gate_linears,
    from_keras,
    from_onnx,
    from_torch,
    to_gate_linears,
    to_keras,
    to_onnx,
    to_torch,
)
from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.initialization import initialize
from lstm_zoo.inspection import Hold, Off, Scale, Swap, intervene, trace
from lstm_zoo.recurrent import LSTM
from lstm_zoo.zoo.hub import pull
from lstm_zoo.zoo.names import list_models, load

__version__ = "0.1.0"

__all__ = [
    "LSTM",
    "CheckpointError",
    "Hold",
    "LSTMCell",
    "Off",
    "Scale",
    "Swap",
    "UsageError",
    "from_gate_linears",
    "from_keras",
    "from_onnx",
    "from_torch",
    "initialize",
    "intervene",
    "list_models",
    "load",
    "pull",
    "to_gate_linears",
    "to_keras",
    "to_onnx",
    "to_torch",
    "trace",
]
