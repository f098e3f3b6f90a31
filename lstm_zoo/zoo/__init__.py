"""Names, checkpoints and model cards."""

from lstm_zoo.zoo.hub import pull
from lstm_zoo.zoo.names import list_models, load

__all__ = ["list_models", "load", "pull"]
