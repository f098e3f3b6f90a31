"""Layers stepped one cell, one row and one step at a time: what a trace must be equal to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lstm_zoo.cells import get_cell

CELLS = {nn.LSTM: "lstm", nn.GRU: "gru", nn.RNN: "rnn"}


Change = Callable[[str, int, int, int, Tensor], Tensor]
"""Takes name, layer, direction, step and a value (units,); returns the value to go on with."""


def stepped(
    module: nn.RNNBase,
    x: list[Tensor],
    hx: tuple[Tensor, ...] | None,
    change: Change = lambda name, layer, direction, step, value: value,
) -> dict[str, Any]:
    """Gates and states by name, layer and direction: a list of rows, each (time, units).

    Args:
        module: in eval mode.
        x: for each row (time, input_size).
        hx: each part (layers * directions, batch, features).
        change: what is changed on the way.
    """
    cell = get_cell(CELLS[type(module)])
    directions = 2 if module.bidirectional else 1
    found: dict[str, Any] = {}
    for layer in range(module.num_layers):
        outputs: list[list[Tensor]] = [[] for _ in x]
        for direction in range(directions):
            suffix = f"_l{layer}" + ("_reverse" if direction else "")
            weights = {
                name.removesuffix(suffix): weight
                for name, weight in module.named_parameters()
                if name.endswith(suffix)
            }
            for row, sequence in enumerate(x):
                if hx is None:
                    shapes = cell.state_shapes(module.hidden_size, module.proj_size)
                    state = tuple(sequence.new_zeros(1, *shape) for shape in shapes)
                else:
                    state = tuple(part[layer * directions + direction, row][None] for part in hx)
                steps = []
                times = range(len(sequence))
                for t in reversed(times) if direction else times:
                    product = cell.input_product(sequence[t][None], weights)

                    def edit(name: str, value: Tensor, at: Any = (layer, direction, t)) -> Tensor:
                        return change(name, *at, value[0])[None]

                    state, gates = cell.step(product, state, weights, edit)
                    state = (edit("h", state[0]), *state[1:])
                    values = gates | dict(zip(cell.state_names, state, strict=True))
                    if "c" in values:
                        values["tanh_c"] = values["c"].tanh()
                    steps.append(values)
                for name in steps[0]:
                    value = torch.cat([step[name] for step in steps])
                    value = value.flip(0) if direction else value
                    layers = found.setdefault(name, [])
                    layers += [[] for _ in range(layer + 1 - len(layers))]
                    layers[layer] += [[] for _ in range(direction + 1 - len(layers[layer]))]
                    layers[layer][direction].append(value)
                    if name == "h":
                        outputs[row].append(value)
        x = [torch.cat(parts, dim=1) for parts in outputs]
    return found
