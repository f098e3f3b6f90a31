"""Cells with a scan, a matrix, a tape or images as float64 loops in NumPy, written from the papers.

The two of xLSTM are computed as the paper first gives them, without the stabiliser; only what the
package stores, divided by exp(m), is compared in its form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tests.cells.reference.simple import Array, Result, result, sigmoid, sums

State = tuple[Array, ...]
Weights = Mapping[str, Array]


def linear(name: str, x: Array, weights: Weights) -> Array:
    """W x + b."""
    z = weights[f"weight_{name}"] @ x
    return z + weights[f"bias_{name}"] if f"bias_{name}" in weights else z


def minlstm(x: Array, state: State, weights: Weights) -> Result:
    """Feng et al. 2024, section 3.2."""
    (h,), outputs, gates = state, [], []
    for x_t in x:
        i, f, g = np.split(linear("ih", x_t, weights), 3)
        i, f = sigmoid(i), sigmoid(f)
        i, f = i / (f + i), f / (f + i)
        h = f * h + i * g
        outputs.append(h)
        gates.append({"input": i, "forget": f, "cell": g})
    return result(outputs, (h,), gates)


def mingru(x: Array, state: State, weights: Weights) -> Result:
    """Feng et al. 2024, section 3.1."""
    (h,), outputs, gates = state, [], []
    for x_t in x:
        z, new = np.split(linear("ih", x_t, weights), 2)
        z = sigmoid(z)
        h = (1 - z) * h + z * new
        outputs.append(h)
        gates.append({"update": z, "new": new})
    return result(outputs, (h,), gates)


def slstm(x: Array, state: State, weights: Weights, heads: int = 1) -> Result:
    """Beck et al. 2024, (8)-(14) with the sigmoid forget gate; m by (15)."""
    h, c, n, m = state
    c, n = c * np.exp(m), n * np.exp(m)
    outputs, gates, size = [], [], len(h)
    units = size // heads
    dense = np.zeros((4 * size, size))  # one block of rows and columns for each gate and head
    for row in range(4 * size):
        first = row % size // units * units
        dense[row, first : first + units] = weights["weight_hh"][row]
    net = sums({**weights, "weight_hh": dense}, "ifzo")
    for x_t in x:
        log_i, log_f = net("i", x_t, h), np.log(sigmoid(net("f", x_t, h)))
        z = np.tanh(net("z", x_t, h))
        o = sigmoid(net("o", x_t, h))
        new_m = np.where(n == 0, log_i, np.maximum(log_f + m, log_i))
        stored_f = np.minimum(np.exp(log_f + m - new_m), 1)
        c = np.exp(log_f) * c + np.exp(log_i) * z
        n = np.exp(log_f) * n + np.exp(log_i)
        m, h = new_m, o * c / n
        outputs.append(h)
        stored = {"input": np.exp(log_i - m), "forget": stored_f}
        gates.append(stored | {"cell": z, "output": o})
    return result(outputs, (h, c / np.exp(m), n / np.exp(m), m), gates)


def mlstm(x: Array, state: State, weights: Weights, heads: int = 1) -> Result:
    """Beck et al. 2024, (19)-(27) with the sigmoid forget gate; m by (15)."""
    h, stored_c, stored_n, m = state
    c = [stored_c[head] * np.exp(m[head]) for head in range(heads)]
    n = [stored_n[head] * np.exp(m[head]) for head in range(heads)]
    outputs, gates, size = [], [], len(h)
    units = size // heads
    for x_t in x:
        z = linear("ih", x_t, weights)
        log_i, log_f = z[:heads], np.log(sigmoid(z[heads : 2 * heads]))
        value, o = z[2 * heads : 2 * heads + size], sigmoid(z[2 * heads + size :])
        query, key = linear("query", x_t, weights), linear("key", x_t, weights) / np.sqrt(units)
        new_m = np.maximum(log_f + m, log_i)
        h = np.zeros(size)
        for head in range(heads):
            own = slice(head * units, (head + 1) * units)
            i, f = np.exp(log_i[head]), np.exp(log_f[head])
            c[head] = f * c[head] + i * np.outer(value[own], key[own])
            n[head] = f * n[head] + i * key[own]
            h[own] = o[own] * (c[head] @ query[own]) / max(abs(n[head] @ query[own]), 1)
        stored = {"input": np.exp(log_i - new_m), "forget": np.exp(log_f + m - new_m)}
        m = new_m
        outputs.append(h)
        gates.append(stored | {"cell": value, "output": o})
    scale = np.exp(m)
    stored_c = np.array([c[head] / scale[head] for head in range(heads)])
    stored_n = np.array([n[head] / scale[head] for head in range(heads)])
    return result(outputs, (h, stored_c, stored_n, m), gates)


def attention(x: Array, state: State, weights: Weights, window: int = 16) -> Result:
    """An LSTM that also reads what its last outputs recall, a softmax over a list of them."""
    h, c, tape, filled = state
    outputs, gates, net = [], [], sums(weights, "ifgo")
    size, slots, count = len(h), list(tape), float(filled[0])
    for x_t in x:
        query = weights["weight_query"] @ x_t + weights["weight_hm_query"] @ h
        on_tape = [slot for place, slot in enumerate(slots) if place >= window - count]
        shares = np.array([np.exp(query @ slot / np.sqrt(size)) for slot in on_tape])
        shares = shares / sum(shares)
        recalled = sum((share * slot for share, slot in zip(shares, on_tape, strict=True)), 0 * h)
        from_tape = dict(zip("ifgo", np.split(weights["weight_hm"] @ recalled, 4), strict=True))
        i = sigmoid(net("i", x_t, h) + from_tape["i"])
        f = sigmoid(net("f", x_t, h) + from_tape["f"])
        g = np.tanh(net("g", x_t, h) + from_tape["g"])
        o = sigmoid(net("o", x_t, h) + from_tape["o"])
        c = f * c + i * g
        h = o * np.tanh(c)
        slots = [*slots[1:], h]
        count = min(count + 1, window)
        outputs.append(h)
        weights_of_slots = np.concatenate([np.zeros(window - len(shares)), shares])
        shown = {"input": i, "forget": f, "cell": g, "output": o}
        gates.append(shown | {"attention": weights_of_slots})
    return result(outputs, (h, c, np.array(slots), np.array([count])), gates)


def conv(x: Array, state: State, weights: Weights, kernel_size: int = 3) -> Result:
    """Shi et al. 2015, (3) without peepholes; x is (time, channels, height, width)."""
    (h, c), outputs, gates = state, [], []
    _, height, width = h.shape

    def convolved(name: str, image: Array) -> Array:
        margin = kernel_size // 2
        padded = np.pad(image, ((0, 0), (margin, margin), (margin, margin)))
        kernels = weights[f"weight_{name}"]
        z = np.zeros((len(kernels), height, width))
        for row in range(height):
            for column in range(width):
                seen = padded[:, row : row + kernel_size, column : column + kernel_size]
                for channel, kernel in enumerate(kernels):
                    z[channel, row, column] = np.sum(kernel * seen)
        bias = weights.get(f"bias_{name}", np.zeros(len(kernels)))
        return z + bias[:, None, None]

    for x_t in x:
        i, f, g, o = np.split(convolved("ih", x_t) + convolved("hh", h), 4)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        outputs.append(h)
        gates.append({"input": i, "forget": f, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


REFERENCES: dict[str, Callable[..., Result]] = {
    "minlstm": minlstm,
    "mingru": mingru,
    "slstm": slstm,
    "mlstm": mlstm,
    "attention": attention,
    "conv": conv,
}
"""Each takes x (time, features), the state of one row, and the weights by name."""
