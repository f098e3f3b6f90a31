"""The language model: embedding, LSTM layers, and a distribution over the next token.

Merity, Keskar & Socher 2018, 'Regularizing and Optimizing LSTM Language Models': locked dropout
around every layer, weight drop on the recurrent matrices, penalties on the outputs. Between the
layers nothing else: what `nn.LSTM` computes is what this model computes. In the LSTM's place any
cell of the zoo can stand.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from lstm_zoo.cells import State, get_cell
from lstm_zoo.initialization import initialize
from lstm_zoo.recurrent import LSTM
from lstm_zoo.recurrent.cell_name import CellName, check_layer
from lstm_zoo.regularization import DroppedEmbedding, LockedDropout, call_with_weight_drop

Share = Annotated[float, Field(ge=0, lt=1)]


class LanguageModelConfig(BaseModel):
    """Architecture of a language model: the `model` section of a recipe and of a checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cell: CellName = Field("lstm", description="a name of lstm_zoo.cells.CELLS")
    implementation: Literal["torch", "zoo"] = Field(
        "torch",
        description="of the cell lstm: nn.LSTM, or the hand-written lstm_zoo.LSTM; the weights are"
        " the same",
    )
    embedding_size: int = Field(128, ge=1, le=8192, description="features of a token")
    hidden_size: int = Field(512, ge=1, le=8192, description="units of a layer")
    num_layers: int = Field(2, ge=1, le=16)
    tie_embeddings: bool = Field(
        False, description="share the embedding with the output layer (Press & Wolf 2017)"
    )
    embedding_dropout: Share = Field(0.0, description="share of whole tokens dropped")
    input_dropout: Share = Field(0.0, description="dropout on the embedding")
    layer_dropout: Share = Field(0.0, description="dropout between the layers")
    output_dropout: Share = Field(0.0, description="dropout before the output layer")
    locked_dropout: bool = Field(
        True, description="one mask for all steps of a window; false: another at each step"
    )
    weight_drop: Share = Field(0.0, description="dropout on the recurrent matrices")
    activation_penalty: float = Field(
        0.0, ge=0, description="in training: on the mean square of the last layer's outputs (AR)"
    )
    temporal_penalty: float = Field(
        0.0, ge=0, description="in training: on that of their change from step to step (TAR)"
    )
    drawn_tokens: int = Field(
        0,
        ge=0,
        description="in training: rarer tokens that a step draws to score, beside its own and the"
        " most frequent ones (Jean et al. 2015); 0 scores the whole vocabulary",
    )

    _layer = model_validator(mode="after")(check_layer)


class LanguageModel(nn.Module):
    """Next-token model on stacked LSTM layers.

    Args:
        config: the architecture.
        vocab_size: number of tokens.

    Attributes:
        penalty: in training, what the last call adds to its loss: AR and TAR (section 4.4).
    """

    penalty: Tensor | float = 0.0

    def __init__(self, config: LanguageModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = vocab_size
        self.cell = get_cell(config.cell)
        sizes = [config.embedding_size] + [config.hidden_size] * config.num_layers
        self.embedding = DroppedEmbedding(vocab_size, sizes[0], config.embedding_dropout)
        dropout = LockedDropout if config.locked_dropout else nn.Dropout
        self.input_dropout = dropout(config.input_dropout)
        self.layers = nn.ModuleList(
            _layer(config, inputs, units) for inputs, units in zip(sizes, sizes[1:], strict=False)
        )
        self.layer_dropout = dropout(config.layer_dropout)
        self.output_dropout = dropout(config.output_dropout)
        # A tied output layer works in the embedding's space, so a narrow one needs a way there.
        tied = config.tie_embeddings
        self.projection = (
            nn.Linear(sizes[-1], sizes[0]) if tied and sizes[-1] != sizes[0] else nn.Identity()
        )
        self.output = nn.Linear(sizes[0] if tied else sizes[-1], vocab_size)
        if tied:
            self.output.weight = self.embedding.weight

    def reset_parameters(self) -> None:
        """Start the weights: layers as PyTorch does, output by Xavier with a zero bias.

        An embedding of its own starts from N(0, 1): from small vectors, as a tied one needs them,
        the layers see next to nothing for the first epochs.
        """
        for layer in self.layers:
            initialize(layer, "pytorch", "pytorch", None)
        self.embedding.reset_parameters()
        nn.init.zeros_(self.output.bias)
        if not self.config.tie_embeddings:
            nn.init.normal_(self.embedding.weight)
            nn.init.xavier_uniform_(self.output.weight)

    def initial_state(self, batch: int) -> State:
        """The empty memory: zeros, each (num_layers, batch, *shape), with the cell's shapes."""
        shapes = self.cell.state_shapes(self.config.hidden_size)
        layers, weight = self.config.num_layers, self.embedding.weight
        return tuple(weight.new_zeros(layers, batch, *shape) for shape in shapes)

    def forward(
        self, tokens: Tensor, state: State | None = None, score: bool = True
    ) -> tuple[Tensor, State]:
        """Score the next token after each token.

        Args:
            tokens: (batch, time), integer.
            state: from the tokens before, for an LSTM h and c; None for an empty memory.
            score: False leaves the output layer out.

        Returns:
            Logits (batch, time, vocab_size), or what the output layer would be given, (batch, time,
            features); and the state after the last token.
        """
        outputs, state = self.read(tokens, state)
        dropped = self.output_dropout(outputs)
        if self.training:
            self.penalty = self._penalty(outputs, dropped)
        features = self.projection(dropped)
        return self.output(features) if score else features, state

    def read(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read tokens without scoring what comes next.

        Args:
            tokens: (batch, time), integer.
            state: as in `forward`.

        Returns:
            Outputs of the last layer (batch, time, hidden_size), and the state.
        """
        state = self.initial_state(len(tokens)) if state is None else state
        x = self.input_dropout(self.embedding(tokens))
        states = []
        for index, layer in enumerate(self.layers):
            if index:
                x = self.layer_dropout(x)
            before = tuple(part[index : index + 1] for part in state)
            if isinstance(layer, nn.LSTM):  # in autocast it wants the state as its input is
                before = tuple(part.to(x.dtype) for part in before)
            x, after = call_with_weight_drop(layer, self.config.weight_drop, x, before)
            states.append(after)
        return x, tuple(torch.cat(parts) for parts in zip(*states, strict=True))

    def score(self, outputs: Tensor) -> Tensor:
        """Logits (..., vocab_size) from outputs of the last layer, (..., hidden_size)."""
        logits: Tensor = self.output(self.projection(self.output_dropout(outputs)))
        return logits

    def _penalty(self, outputs: Tensor, dropped: Tensor) -> Tensor | float:
        penalty: Tensor | float = 0.0
        if self.config.activation_penalty:
            penalty = penalty + self.config.activation_penalty * dropped.float().square().mean()
        if self.config.temporal_penalty and outputs.shape[1] > 1:
            change = outputs[:, 1:].float() - outputs[:, :-1].float()
            penalty = penalty + self.config.temporal_penalty * change.square().mean()
        return penalty


def _layer(config: LanguageModelConfig, inputs: int, units: int) -> nn.Module:
    if config.cell == "lstm" and config.implementation == "torch":
        return nn.LSTM(inputs, units, batch_first=True)
    return LSTM(inputs, units, batch_first=True, cell=config.cell)
