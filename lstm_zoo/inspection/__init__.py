"""Every gate of every step, what the gates say together, and what turning one does."""

from lstm_zoo.inspection.intervening import intervene
from lstm_zoo.inspection.interventions import Hold, Off, Scale, Swap
from lstm_zoo.inspection.record import Trace
from lstm_zoo.inspection.tracing import trace

__all__ = ["Hold", "Off", "Scale", "Swap", "Trace", "intervene", "trace"]
