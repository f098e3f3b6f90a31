"""The LSTM of today, and the cell of docs/add-a-cell.md, as float64 loops in NumPy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.cells.reference.simple import Array, Result, projected, result, sigmoid, sums


def lstm(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Gers, Schmidhuber & Cummins 2000, with the projection of Sak, Senior & Beaufays 2014."""
    (h, c), outputs, gates, net = state, [], [], sums(weights, "ifgo")
    for x_t in x:
        i, f, o = (sigmoid(net(name, x_t, h)) for name in "ifo")
        g = np.tanh(net("g", x_t, h))
        c = f * c + i * g
        h = projected(o * np.tanh(c), weights)
        outputs.append(h)
        gates.append({"input": i, "forget": f, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


def ugrnn(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Collins, Sohl-Dickstein & Sussillo 2017, section 2."""
    (h,), outputs, gates, net = state, [], [], sums(weights, "gn")
    for x_t in x:
        g, n = sigmoid(net("g", x_t, h)), np.tanh(net("n", x_t, h))
        h = g * h + (1 - g) * n
        outputs.append(h)
        gates.append({"update": g, "new": n})
    return result(outputs, (h,), gates)


REFERENCES = {"lstm": lstm, "ugrnn": ugrnn}
