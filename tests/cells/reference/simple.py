"""Cells as float64 loops in NumPy, written from the papers: one row, one gate at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

Array = np.ndarray
Result = tuple[Array, tuple[Array, ...], dict[str, Array]]
"""Outputs (time, features), the last state, and each gate (time, hidden_size)."""


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def sums(weights: Mapping[str, Array], names: str) -> Callable[[str, Array, Array], Array]:
    """W x + U h + b of a gate, which is named by a letter; the letters are in order of the rows."""
    size = len(weights["weight_ih"]) // len(names)

    def sum_of(name: str, x: Array, h: Array) -> Array:
        rows = slice(names.index(name) * size, (names.index(name) + 1) * size)
        z = weights["weight_ih"][rows] @ x + weights["weight_hh"][rows] @ h
        if "bias_ih" in weights:
            z = z + weights["bias_ih"][rows] + weights["bias_hh"][rows]
        return z

    return sum_of


def projected(h: Array, weights: Mapping[str, Array]) -> Array:
    return weights["weight_hr"] @ h if "weight_hr" in weights else h


def result(
    outputs: Sequence[Array], state: tuple[Array, ...], gates: Sequence[dict[str, Array]]
) -> Result:
    return np.array(outputs), state, {n: np.array([step[n] for step in gates]) for n in gates[0]}


def lstm_1997(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Hochreiter & Schmidhuber 1997, section 4."""
    (h, c), outputs, gates, net = state, [], [], sums(weights, "igo")
    for x_t in x:
        i = sigmoid(net("i", x_t, h))
        g = np.tanh(net("g", x_t, h))
        o = sigmoid(net("o", x_t, h))
        c = c + i * g
        h = projected(o * np.tanh(c), weights)
        outputs.append(h)
        gates.append({"input": i, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


def peephole(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Gers, Schraudolph & Schmidhuber 2002: i and f see the old c, o sees the new."""
    (h, c), outputs, gates, net = state, [], [], sums(weights, "ifgo")
    for x_t in x:
        i = sigmoid(net("i", x_t, h) + weights["weight_ci"] * c)
        f = sigmoid(net("f", x_t, h) + weights["weight_cf"] * c)
        g = np.tanh(net("g", x_t, h))
        new_c = f * c + i * g
        o = sigmoid(net("o", x_t, h) + weights["weight_co"] * new_c)
        h, c = projected(o * np.tanh(new_c), weights), new_c
        outputs.append(h)
        gates.append({"input": i, "forget": f, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


def cifg(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Greff et al. 2017, CIFG, with f as the gate that is computed."""
    (h, c), outputs, gates, net = state, [], [], sums(weights, "fgo")
    for x_t in x:
        f = sigmoid(net("f", x_t, h))
        i = 1 - f
        g = np.tanh(net("g", x_t, h))
        o = sigmoid(net("o", x_t, h))
        c = f * c + i * g
        h = projected(o * np.tanh(c), weights)
        outputs.append(h)
        gates.append({"forget": f, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


def janet(
    x: Array, state: tuple[Array, ...], weights: Mapping[str, Array], beta: float = 1.0
) -> Result:
    """Van der Westhuizen & Lasenby 2018, with c and h apart as in the paper."""
    (h,), outputs, gates, net = state, [], [], sums(weights, "fc")
    c = h
    for x_t in x:
        s = net("f", x_t, h)
        candidate = np.tanh(net("c", x_t, h))
        c = sigmoid(s) * c + (1 - sigmoid(s - beta)) * candidate
        h = c
        outputs.append(h)
        gates.append({"forget": sigmoid(s), "input": 1 - sigmoid(s - beta), "cell": candidate})
    return result(outputs, (h,), gates)


def layer_norm(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Ba, Kiros & Hinton 2016, supplement, (15) and (20)-(22)."""

    def normalized(z: Array, name: str) -> Array:
        mean = sum(z) / len(z)
        variance = sum((z - mean) ** 2) / len(z)
        standard = (z - mean) / np.sqrt(variance + 1e-5)
        return weights[f"weight_gain_{name}"] * standard + weights.get(f"bias_{name}", 0)

    (h, c), outputs, gates = state, [], []
    size = len(c)
    for x_t in x:
        z = normalized(weights["weight_hh"] @ h, "hh")
        z = z + normalized(weights["weight_ih"] @ x_t, "ih")
        i = sigmoid(z[:size])
        f = sigmoid(z[size : 2 * size])
        g = np.tanh(z[2 * size : 3 * size])
        o = sigmoid(z[3 * size :])
        c = f * c + i * g
        h = projected(o * np.tanh(normalized(c, "c")), weights)
        outputs.append(h)
        gates.append({"input": i, "forget": f, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


def multiplicative(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Krause et al. 2016, section 3."""
    (h, c), outputs, gates, net = state, [], [], sums(weights, "ifgo")
    for x_t in x:
        m = (weights["weight_im"] @ x_t) * (weights["weight_hm"] @ h)
        i = sigmoid(net("i", x_t, m))
        f = sigmoid(net("f", x_t, m))
        g = np.tanh(net("g", x_t, m))
        o = sigmoid(net("o", x_t, m))
        c = f * c + i * g
        h = projected(o * np.tanh(c), weights)
        outputs.append(h)
        gates.append({"input": i, "forget": f, "cell": g, "output": o})
    return result(outputs, (h, c), gates)


def gru(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Cho et al. 2014, (5)-(8), with PyTorch's candidate: r after the product with U."""
    (h,), outputs, gates, net = state, [], [], sums(weights, "rzn")
    u_n = weights["weight_hh"][-len(h) :]
    bias = weights["bias_hh"][-len(h) :] if "bias_hh" in weights else np.zeros(len(h))
    for x_t in x:
        r = sigmoid(net("r", x_t, h))
        z = sigmoid(net("z", x_t, h))
        from_x = net("n", x_t, np.zeros(len(h))) - bias
        n = np.tanh(from_x + r * (u_n @ h + bias))
        h = z * h + (1 - z) * n
        outputs.append(h)
        gates.append({"reset": r, "update": z, "new": n})
    return result(outputs, (h,), gates)


def mgu(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Zhou et al. 2016."""
    (h,), outputs, gates, net = state, [], [], sums(weights, "fn")
    for x_t in x:
        f = sigmoid(net("f", x_t, h))
        n = np.tanh(net("n", x_t, f * h))
        h = (1 - f) * h + f * n
        outputs.append(h)
        gates.append({"forget": f, "new": n})
    return result(outputs, (h,), gates)


def rnn(x: Array, state: tuple[Array, ...], weights: Mapping[str, Array]) -> Result:
    """Elman 1990, with tanh."""
    (h,), outputs, gates, net = state, [], [], sums(weights, "n")
    for x_t in x:
        h = np.tanh(net("n", x_t, h))
        outputs.append(h)
        gates.append({"new": h})
    return result(outputs, (h,), gates)


def clockwork(
    x: Array,
    state: tuple[Array, ...],
    weights: Mapping[str, Array],
    periods: tuple[int, ...] = (1, 2, 4, 8),
) -> Result:
    """Koutnik et al. 2014, (1), (3) and (4), one unit at a time."""
    h, clock = state
    outputs, gates, size = [], [], len(h) // len(periods)
    start = round(float(clock[0]))
    for t, x_t in enumerate(x, start):
        new, candidates, updates = np.array(h), np.zeros(len(h)), np.zeros(len(h))
        for unit in range(len(h)):
            period = periods[unit // size]
            z = weights["weight_ih"][unit] @ x_t
            if "bias_ih" in weights:
                z = z + weights["bias_ih"][unit] + weights["bias_hh"][unit]
            for other in range(len(h)):
                if periods[other // size] >= period:
                    z = z + weights["weight_hh"][unit, other] * h[other]
            candidates[unit] = np.tanh(z)
            if t % period == 0:
                updates[unit] = 1
                new[unit] = candidates[unit]
        h = new
        outputs.append(h)
        gates.append({"update": updates, "new": candidates})
    clock = np.array([(start + len(x)) % np.lcm.reduce(periods)], dtype=float)
    return result(outputs, (h, clock), gates)


REFERENCES: dict[str, Callable[..., Result]] = {
    "lstm-1997": lstm_1997,
    "peephole": peephole,
    "cifg": cifg,
    "janet": janet,
    "layer-norm": layer_norm,
    "multiplicative": multiplicative,
    "gru": gru,
    "mgu": mgu,
    "clockwork": clockwork,
    "rnn": rnn,
}
"""Each takes x (time, features), the state of one row, and the weights by name."""
