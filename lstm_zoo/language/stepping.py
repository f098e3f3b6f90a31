"""One token at a time, fast: the twin of `LanguageModel.forward` for writing text.

`nn.LSTM` called for one step spends most of its time on things other than the step. Here the
weights are packed once: [x, h] meets one matrix a layer, and the first layer's share of each token
is looked up instead of computed. A test holds both paths equal.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.cells import State
from lstm_zoo.language.model import LanguageModel
from lstm_zoo.recurrent.stand_in import standing_in


class Stepper:
    """Steps a language model of LSTM layers in eval mode.

    Args:
        model: its weights are copied as they are now.
    """

    @torch.inference_mode()
    def __init__(self, model: LanguageModel) -> None:
        first, *others = (dict(layer.named_parameters()) for layer in model.layers)
        bias = first["bias_ih_l0"] + first["bias_hh_l0"]
        self.token_gates = F.linear(model.embedding.weight, first["weight_ih_l0"], bias)
        self.weights: list[Tensor] = [first["weight_hh_l0"]]
        self.biases: list[Tensor] = []
        for layer in others:
            self.weights.append(torch.cat([layer["weight_ih_l0"], layer["weight_hh_l0"]], dim=1))
            self.biases.append(layer["bias_ih_l0"] + layer["bias_hh_l0"])
        self.projection, self.output = model.projection, model.output

    @torch.inference_mode()
    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Read one token a row.

        Args:
            tokens: (batch,), integer.
            state: h and c, each (num_layers, batch, hidden_size).

        Returns:
            Logits (batch, vocab_size), and the state after the token.
        """
        h, c = state[0].unbind(), state[1].unbind()
        new_h: list[Tensor] = []
        new_c: list[Tensor] = []
        gates = self.token_gates[tokens] + F.linear(h[0], self.weights[0])
        for layer, cell_state in enumerate(c):
            if layer:
                inputs = torch.cat([new_h[-1], h[layer]], dim=1)
                gates = F.linear(inputs, self.weights[layer], self.biases[layer - 1])
            i, f, g, o = gates.chunk(4, dim=1)
            cell = torch.addcmul(i.sigmoid() * g.tanh(), f.sigmoid(), cell_state)
            new_c.append(cell)
            new_h.append(o.sigmoid() * cell.tanh())
        logits = self.output(self.projection(new_h[-1]))
        return logits, (torch.stack(new_h), torch.stack(new_c))


class PlainStepper:
    """Steps a language model by calling it for one token: any cell, and gates that are changed."""

    def __init__(self, model: LanguageModel) -> None:
        self.model = model

    @torch.inference_mode()
    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """As `Stepper.step`."""
        logits, state = self.model(tokens[:, None], state)
        return logits[:, -1], state


def make_stepper(model: LanguageModel) -> Stepper | PlainStepper:
    """The fastest way to step this model."""
    is_itself = all(standing_in(layer) is None for layer in model.layers)
    is_fast = model.config.cell == "lstm" and is_itself
    return Stepper(model) if is_fast else PlainStepper(model)
