"""LSTM Zoo: trained LSTMs to run, look into, retrain and share."""

from lstm_zoo.cells import LSTMCell
from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.recurrent import LSTM
from lstm_zoo.zoo.names import list_models, load

__version__ = "0.1.0"

__all__ = ["LSTM", "CheckpointError", "LSTMCell", "UsageError", "list_models", "load"]
