"""The command line: the same verbs as the Python API."""

# Imported for their verbs, in the order in which the help has them.
from lstm_zoo.cli import models, writing, classifying, training, exchange  # isort: skip
from lstm_zoo.cli.app import app, main

__all__ = ["app", "classifying", "exchange", "main", "models", "training", "writing"]
