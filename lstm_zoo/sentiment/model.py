"""The classifier: embedding, recurrent layers in both directions, pooling, and a linear answer.

With `bidirectional: false` and `pooling: [mean]` it is the tutorials' model. In one layer the
directions read apart, and each adds to the scores: a forward and a backward classifier, averaged.
The last output, the maximum and the mean over time together are "concat pooling" of Howard & Ruder
2018, 'Universal Language Model Fine-tuning for Text Classification', (3); attention pooling is Yang
et al. 2016, 'Hierarchical Attention Networks for Document Classification', (5) to (7). Embeddings
are normalised as in Miyato, Dai & Goodfellow 2017, 'Adversarial Training Methods for Semi-
Supervised Text Classification', (1), so that a model cannot make noise on them small by making them
large. What a model has besides to read as a language model is in `next_words`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from lstm_zoo.initialization import initialize
from lstm_zoo.recurrent.cell_name import CellName, check_layer
from lstm_zoo.regularization import LockedDropout
from lstm_zoo.sentiment.next_words import NextWords
from lstm_zoo.sentiment.reading import read_both_ways, recurrent_layer
from lstm_zoo.sentiment.tokenizer import PAD, ReviewTokenizer

Share = Annotated[float, Field(ge=0, lt=1)]
Norm = Annotated[float, Field(ge=0, le=1000)]
Pooling = Literal["last", "max", "mean", "attention"]


class SentimentModelConfig(BaseModel):
    """Architecture of a classifier and what it is trained against: the `model` section."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cell: CellName = Field("lstm", description="a name of lstm_zoo.cells.CELLS")
    implementation: Literal["torch", "zoo"] = Field(
        "torch",
        description="of the cell lstm: nn.LSTM, or the hand-written lstm_zoo.LSTM; the weights are"
        " the same",
    )
    embedding_size: int = Field(128, ge=1, le=4096, description="features of a token")
    normalised_embedding: bool = Field(
        False, description="mean 0 and variance 1 of each feature, by the tokens' frequencies"
    )
    hidden_size: int = Field(128, ge=1, le=4096, description="units of a layer and direction")
    num_layers: int = Field(1, ge=1, le=8)
    bidirectional: bool = Field(True, description="read from the end too")
    pooling: list[Pooling] = Field(
        ["last", "max", "mean"], min_length=1, description="what is told of all steps, side by side"
    )
    next_words: bool = Field(
        False, description="has what it takes to predict the next token, see batches.reading_epochs"
    )
    max_tokens: int = Field(1500, ge=1, le=100_000, description="what lies beyond is not read")
    embedding_dropout: Share = Field(0.0, description="share of whole tokens that are zero")
    word_dropout: Share = Field(0.0, description="share of words read as the unknown one")
    input_dropout: Share = Field(0.0, description="locked dropout on the embedding")
    layer_dropout: Share = Field(0.0, description="locked dropout between the layers")
    output_dropout: Share = Field(0.0, description="dropout on what was pooled")
    label_smoothing: Share = Field(0.0, description="share of the target given to all classes")
    adversarial_norm: Norm = Field(
        0.0, description="length of the noise, over a whole text, that makes the loss larger"
    )
    virtual_adversarial_norm: Norm = Field(
        0.0, description="the same for the noise that changes the answer most, whatever is right"
    )

    _layer = model_validator(mode="after")(check_layer)

    @model_validator(mode="after")
    def _next_words_unseen(self) -> Self:
        if self.next_words and self.bidirectional and self.num_layers > 1:
            raise ValueError(
                "next_words needs num_layers 1 or bidirectional false: a second layer that reads"
                " both ways has seen the word it should predict"
            )
        return self


class SentimentModel(nn.Module):
    """A classifier of texts.

    Args:
        config: the architecture.
        vocab_size: number of tokens.
        classes: number of classes.
        frequencies: share of each token in the train part, (vocab_size,), for the normalised
            embedding; kept among the weights, so that loading needs none.
    """

    def __init__(
        self,
        config: SentimentModelConfig,
        vocab_size: int,
        classes: int = 2,
        frequencies: np.ndarray | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.tokenizer: ReviewTokenizer | None = None  # what its numbers mean, where known
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, config.embedding_size)
        if config.normalised_embedding:
            shares = torch.full((vocab_size,), 1 / vocab_size)
            if frequencies is not None:
                shares = torch.tensor(frequencies, dtype=torch.float32)
            self.frequencies = nn.Parameter(shares, requires_grad=False)
        directions = 2 if config.bidirectional else 1
        features = directions * config.hidden_size
        sizes = [config.embedding_size] + [features] * (config.num_layers - 1)
        self.layers = nn.ModuleList(
            recurrent_layer(
                config.cell, config.implementation, size, config.hidden_size, config.bidirectional
            )
            for size in sizes
        )
        if "attention" in config.pooling:
            self.attention = nn.Linear(features, config.hidden_size)
            self.context = nn.Linear(config.hidden_size, 1, bias=False)
        self.output = nn.Linear(len(config.pooling) * features, classes)
        if config.next_words:
            self.next_words = NextWords(
                config.hidden_size, config.embedding_size, vocab_size, directions
            )
        self.input_dropout = LockedDropout(config.input_dropout)
        self.layer_dropout = LockedDropout(config.layer_dropout)
        # Not trained: fitted on the validation part, for the weights as they are then.
        self.temperature = nn.Parameter(torch.ones(1), requires_grad=False)

    def reset_parameters(self) -> None:
        """Start the weights: layers by `initialize`, embedding small, the rest by Xavier."""
        # Small, though it may be normalised: Adam's steps are then large beside it, and it learns.
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[PAD] = 0
        for layer in self.layers:
            initialize(layer)
        for module in self.children():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        if self.config.next_words:
            self.next_words.reset_parameters()

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Score the classes.

        Args:
            ids: (batch, time), padded at the end.
            lengths: (batch,), each at least 1.

        Returns:
            Logits (batch, classes), not yet divided by the temperature.
        """
        return self.logits(self.embed(ids), lengths)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings of tokens, (batch, time, features), with their dropout in training."""
        config = self.config
        x = self._normalised(self.embedding(ids))
        if self.training and config.embedding_dropout:
            keep = F.dropout(x.new_ones(self.vocab_size, 1), config.embedding_dropout)
            x = x * keep[ids]
        dropped: Tensor = self.input_dropout(x)
        return dropped

    def table(self) -> Tensor:
        """Embeddings of all tokens, (vocab_size, features), without dropout."""
        return self._normalised(self.embedding.weight)

    def _normalised(self, x: Tensor) -> Tensor:
        if not self.config.normalised_embedding:
            return x
        mean = self.frequencies @ self.embedding.weight
        variance = self.frequencies @ (self.embedding.weight - mean).square()
        return (x - mean) * (variance + 1e-6).rsqrt()

    def outputs(self, embeddings: Tensor, lengths: Tensor) -> Tensor:
        """Outputs of the last layer at each step, (batch, time, directions * hidden_size).

        Forward direction first, as PyTorch has it. Beyond a row's length they mean nothing.
        """
        x = embeddings
        for index, layer in enumerate(self.layers):
            if index:
                x = self.layer_dropout(x)
            x = read_both_ways(layer, x, lengths)
        return x

    def logits(self, embeddings: Tensor, lengths: Tensor, dropped: bool = True) -> Tensor:
        """Score the classes of embedded texts.

        Args:
            embeddings: (batch, time, features).
            lengths: (batch,).
            dropped: whether training has dropout on what was pooled.
        """
        return self.score(self.outputs(embeddings, lengths), lengths, dropped)

    def score(self, outputs: Tensor, lengths: Tensor, dropped: bool = True) -> Tensor:
        """Pool the outputs of all steps, see `outputs`, and score the classes."""
        inside = self._inside(outputs, lengths)
        pooled = [self._pooled(how, outputs, lengths, inside) for how in self.config.pooling]
        share = self.config.output_dropout
        together = F.dropout(torch.cat(pooled, 1), share, self.training and dropped)
        scores: Tensor = self.output(together)
        return scores

    def token_weights(self, outputs: Tensor, lengths: Tensor) -> Tensor | None:
        """How much of the answer attention takes from each step, (batch, time), each row of sum 1.

        Args:
            outputs: see `outputs`.
            lengths: (batch,).

        Returns:
            None where the model pools without attention.
        """
        if "attention" not in self.config.pooling:
            return None
        scores = self.context(torch.tanh(self.attention(outputs)))[..., 0]
        inside = self._inside(outputs, lengths)
        return scores.float().masked_fill(~inside, -torch.inf).softmax(1)

    def _inside(self, outputs: Tensor, lengths: Tensor) -> Tensor:
        steps = torch.arange(outputs.shape[1], device=outputs.device)
        return steps < lengths.to(outputs.device)[:, None]

    def _pooled(self, how: Pooling, outputs: Tensor, lengths: Tensor, inside: Tensor) -> Tensor:
        if how == "max":
            return outputs.masked_fill(~inside[..., None], -torch.inf).amax(1)
        if how == "mean":
            total = (outputs * inside[..., None]).sum(1)
            return total / lengths.to(total)[:, None]
        if how == "attention":
            weights = self.token_weights(outputs, lengths)
            assert weights is not None
            return torch.einsum("bt,btf->bf", weights.to(outputs), outputs)
        # The last step of each direction: for the one that reads from the end that is the first.
        hidden = self.config.hidden_size
        last = (lengths.to(outputs.device) - 1)[:, None, None].expand(-1, 1, hidden)
        ends = outputs[..., :hidden].gather(1, last)[:, 0]
        return torch.cat([ends, outputs[:, 0, hidden:]], 1)
