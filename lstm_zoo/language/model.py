"""The language model: embedding, LSTM layers, and a distribution over the next token.

Merity, Keskar & Socher 2018, 'Regularizing and Optimizing LSTM Language Models': locked dropout
around every layer and weight drop on the recurrent matrices. Between the layers nothing else: what
`nn.LSTM` computes is what this model computes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from lstm_zoo.initialization import initialize_lstm
from lstm_zoo.recurrent import LSTM
from lstm_zoo.regularization import DroppedEmbedding, LockedDropout, call_with_weight_drop

State = tuple[Tensor, Tensor]
"""h and c of all layers, each (num_layers, batch, hidden_size)."""

Share = Annotated[float, Field(ge=0, lt=1)]


class LanguageModelConfig(BaseModel):
    """Architecture of a language model: the `model` section of a recipe and of a checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    implementation: Literal["torch", "zoo"] = Field(
        "torch", description="nn.LSTM, or the hand-written lstm_zoo.LSTM; the weights are the same"
    )
    embedding_size: int = Field(128, ge=1, le=8192, description="features of a token")
    hidden_size: int = Field(512, ge=1, le=8192, description="units of a layer")
    num_layers: int = Field(2, ge=1, le=16)
    tie_embeddings: bool = Field(
        False, description="share the embedding with the output layer (Press & Wolf 2017)"
    )
    embedding_dropout: Share = Field(0.0, description="share of whole tokens dropped")
    input_dropout: Share = Field(0.0, description="locked dropout on the embedding")
    layer_dropout: Share = Field(0.0, description="locked dropout between the layers")
    output_dropout: Share = Field(0.0, description="locked dropout before the output layer")
    weight_drop: Share = Field(0.0, description="dropout on the recurrent matrices")


class LanguageModel(nn.Module):
    """Next-token model on stacked LSTM layers.

    Args:
        config: the architecture.
        vocab_size: number of tokens.
    """

    def __init__(self, config: LanguageModelConfig, vocab_size: int) -> None:
        super().__init__()
        self.config = config
        self.vocab_size = vocab_size
        layer_type = nn.LSTM if config.implementation == "torch" else LSTM
        sizes = [config.embedding_size] + [config.hidden_size] * config.num_layers
        self.embedding = DroppedEmbedding(vocab_size, sizes[0], config.embedding_dropout)
        self.input_dropout = LockedDropout(config.input_dropout)
        self.layers = nn.ModuleList(
            layer_type(inputs, units, batch_first=True)
            for inputs, units in zip(sizes, sizes[1:], strict=False)
        )
        self.layer_dropout = LockedDropout(config.layer_dropout)
        self.output_dropout = LockedDropout(config.output_dropout)
        # A tied output layer works in the embedding's space, so a narrow one needs a way there.
        tied = config.tie_embeddings
        self.projection = (
            nn.Linear(sizes[-1], sizes[0]) if tied and sizes[-1] != sizes[0] else nn.Identity()
        )
        self.output = nn.Linear(sizes[0] if tied else sizes[-1], vocab_size)
        if tied:
            self.output.weight = self.embedding.weight

    def reset_parameters(self) -> None:
        """Start the weights: LSTM by `initialize_lstm`, output by Xavier with a zero bias."""
        for layer in self.layers:
            initialize_lstm(layer)
        self.embedding.reset_parameters()
        nn.init.zeros_(self.output.bias)
        if not self.config.tie_embeddings:
            nn.init.xavier_uniform_(self.output.weight)

    def initial_state(self, batch: int) -> State:
        """The empty memory: zeros, each (num_layers, batch, hidden_size)."""
        weight = self.embedding.weight
        zeros = weight.new_zeros(self.config.num_layers, batch, self.config.hidden_size)
        return zeros, zeros.clone()

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Score the next token after each token.

        Args:
            tokens: (batch, time), integer.
            state: h and c from the tokens before; None for an empty memory.

        Returns:
            Logits (batch, time, vocab_size), and the state after the last token.
        """
        h, c = self.initial_state(len(tokens)) if state is None else state
        x = self.input_dropout(self.embedding(tokens))
        states = []
        for index, layer in enumerate(self.layers):
            if index:
                x = self.layer_dropout(x)
            before = (h[index : index + 1].to(x.dtype), c[index : index + 1].to(x.dtype))
            x, after = call_with_weight_drop(layer, self.config.weight_drop, x, before)
            states.append(after)
        logits = self.output(self.projection(self.output_dropout(x)))
        return logits, (torch.cat([s[0] for s in states]), torch.cat([s[1] for s in states]))
