"""Recurrent layers from cells."""

from lstm_zoo.recurrent.lstm import LSTM

__all__ = ["LSTM"]
