"""The command line: the same verbs as the Python API."""

# Imported for their verbs, in the order in which the help has them.
# ruff: isort: off
from lstm_zoo.cli import models, writing, forecasting, classifying, inspecting, training, exchange

# ruff: isort: on
from lstm_zoo.cli.app import app, main

__all__ = [
    "app",
    "classifying",
    "exchange",
    "forecasting",
    "inspecting",
    "main",
    "models",
    "training",
    "writing",
]
