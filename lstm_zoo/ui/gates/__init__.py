"""The tab 'Gates': every gate of every step of a model, and what happens when one is held still."""

from lstm_zoo.ui.gates.tab import gates_tab

__all__ = ["gates_tab"]
