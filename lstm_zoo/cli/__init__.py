"""The command line: the same verbs as the Python API."""

# Imported for their verbs, in the order in which the help has them.
from lstm_zoo.cli import models, writing, forecasting, training, exchange  # isort: skip
from lstm_zoo.cli.app import app, main

__all__ = ["app", "exchange", "forecasting", "main", "models", "training", "writing"]
