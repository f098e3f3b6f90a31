"""A classifier starts from one that has read as a language model before."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.adopting import adopt_weights
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer

LABELS = ("negative", "positive")


def made(tokenizer: ReviewTokenizer, seed: int, next_words: bool, **options: Any) -> SentimentModel:
    torch.manual_seed(seed)
    sizes = {"embedding_size": 6, "hidden_size": 5} | options
    config = SentimentModelConfig(next_words=next_words, **sizes)
    model = SentimentModel(config, len(tokenizer))
    model.reset_parameters()
    if next_words:
        torch.nn.init.normal_(model.next_words.bias)
    return model


@pytest.mark.parametrize("reads_on", [True, False])
def test_what_predicts_the_next_word_is_taken_by_a_model_that_has_it_too(reads_on: bool) -> None:
    theirs = ReviewTokenizer.from_texts(["good bad film"], "words", 10, 1, LABELS, "en")
    ours = ReviewTokenizer.from_texts(["a film was bad"], "words", 10, 1, LABELS, "en")
    source, model = made(theirs, 0, True), made(ours, 1, reads_on)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    adopt_weights(model, ours, source, theirs)
    new, old = ours.library.token_to_id, theirs.library.token_to_id
    by_token = ["embedding.weight", *(["next_words.bias"] if reads_on else [])]
    for name, weight in model.named_parameters():
        if name in by_token:
            given = source.get_parameter(name)
            for token in ("film", "bad"):
                assert torch.equal(weight[new(token)], given[old(token)])
            for token in ("a", "was"):
                assert torch.equal(weight[new(token)], before[name][new(token)])
        elif name != "temperature":
            assert torch.equal(weight, source.get_parameter(name)), name


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"hidden_size": 7},
            r"layers\.0\.weight_ih_l0 is \[20, 6\] in the model to start from and \[28, 6\] here:"
            " take its sizes in the section model",
        ),
        ({"bidirectional": False}, "built otherwise: it has layers.0.*_reverse.* or lacks it"),
    ],
)
def test_a_model_that_is_built_otherwise_is_named(options: dict[str, Any], sentence: str) -> None:
    tokens = ReviewTokenizer.from_texts(["good bad film"], "words", 10, 1, LABELS, "en")
    with pytest.raises(UsageError, match=sentence):
        adopt_weights(made(tokens, 1, False, **options), tokens, made(tokens, 0, False), tokens)
