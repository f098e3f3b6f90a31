"""The equations of recurrent cells, one cell a file, and the loop that runs one through time.

A cell is one time step. A layer knows it by `num_gates`, `gate_names`, `state_names`,
`parameter_shapes`, `state_sizes`, `input_product` and `step`; `lstm.py` is the example to follow.
"""

from lstm_zoo.cells.lstm import LSTMCell, LSTMEquations, State
from lstm_zoo.cells.unroll import unroll

__all__ = ["LSTMCell", "LSTMEquations", "State", "unroll"]
