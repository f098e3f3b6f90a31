"""A classifier starts from one that has read as a language model before."""

from __future__ import annotations

import pytest
import torch

from lstm_zoo.sentiment.adopting import adopt_weights
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer

LABELS = ("negative", "positive")


def made(tokenizer: ReviewTokenizer, seed: int, next_words: bool) -> SentimentModel:
    torch.manual_seed(seed)
    config = SentimentModelConfig(embedding_size=6, hidden_size=5, next_words=next_words)
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
