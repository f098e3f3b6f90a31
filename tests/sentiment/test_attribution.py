"""Why a classifier says what it says."""

from __future__ import annotations

import pytest
import torch

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment import attribution
from lstm_zoo.sentiment.attribution import (
    OCCLUSIONS,
    OPINIONS,
    READ_TOKENS,
    explain,
    integrated_gradients,
    occlusion,
    running_opinion,
)
from lstm_zoo.sentiment.log_odds import log_odds
from lstm_zoo.sentiment.predict import SentimentClassifier
from tests.sentiment.made_up import BAD, GOOD, made_up

TEXT = "The film was great and funny, but the end was awful."


def log_odds_of(classifier: SentimentClassifier, text: str) -> float:
    chance = classifier.classify(text).probabilities["positive"]
    return float(torch.logit(torch.tensor(chance, dtype=torch.float64)))


def test_contributions_add_up_to_the_verdict(classifier: SentimentClassifier) -> None:
    ids = classifier.encode(TEXT).ids
    found = integrated_gradients(classifier, ids, "positive")
    model = classifier.model
    with torch.no_grad():
        nothing = model.embed(torch.tensor([ids])) * 0
        logits = model.logits(nothing, torch.tensor([len(ids)])) / classifier.temperature
    expected = log_odds_of(classifier, TEXT) - float(logits[0, 1] - logits[0, 0])
    assert sum(found.values) == pytest.approx(expected, abs=0.02 * max(1, abs(expected)))
    assert found.total == pytest.approx(expected, abs=1e-3)
    assert found.total - sum(found.values) == pytest.approx(found.missing)
    assert found.complete


def test_says_so_where_they_do_not_add_up(
    classifier: SentimentClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "STEPS", (1,))
    found = integrated_gradients(classifier, classifier.encode(TEXT).ids, "positive")
    assert abs(found.missing) > 0.1
    assert not found.complete


def test_takes_more_steps_where_few_do_not_add_up(
    classifier: SentimentClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "STEPS", (1, 40))
    assert integrated_gradients(classifier, classifier.encode(TEXT).ids, "positive").steps == 40


def test_words_that_tell_carry_the_verdict(classifier: SentimentClassifier) -> None:
    explanation = explain(classifier, TEXT)
    assert explanation.label == "positive"
    words = [TEXT[start:end] for start, end in explanation.spans]
    for values in (explanation.contributions.values, explanation.occlusion):
        by_word = dict(zip(words, values, strict=True))
        assert max(by_word, key=by_word.__getitem__) in ("great", "funny")
        assert min(by_word, key=by_word.__getitem__) == "awful"


def test_contributions_for_one_class_are_those_against_the_other(
    classifier: SentimentClassifier,
) -> None:
    ids = classifier.encode(TEXT).ids
    for method in (lambda k: integrated_gradients(classifier, ids, k).values,):
        against = [-value for value in method("negative")]
        assert list(method("positive")) == pytest.approx(against, abs=1e-4)
    odds = [log_odds(classifier, [ids], label).item() for label in ("positive", "negative")]
    assert odds[0] == pytest.approx(-odds[1])


def test_occlusion_is_the_difference_that_a_missing_word_makes(
    classifier: SentimentClassifier,
) -> None:
    values = occlusion(classifier, classifier.encode(TEXT).ids, "positive")
    without = log_odds_of(classifier, TEXT.replace(" awful", ""))
    assert values[-2] == pytest.approx(log_odds_of(classifier, TEXT) - without, abs=0.02)


def test_attention_is_shared_out_whole(classifier: SentimentClassifier) -> None:
    weights = explain(classifier, TEXT).attention
    assert weights is not None
    assert len(weights) == len(classifier.encode(TEXT).ids)
    assert sum(weights) == pytest.approx(1, abs=1e-5)


def test_the_running_opinion_is_that_of_the_text_so_far_and_from_there(
    classifier: SentimentClassifier,
) -> None:
    opinion = running_opinion(classifier, classifier.encode(TEXT).ids, "positive")
    assert opinion.tokens == tuple(range(13))
    for end, token in ((len("The film was great"), 3), (len(TEXT), 12)):
        chance = classifier.classify(TEXT[:end]).probabilities["positive"]
        assert opinion.from_start[token] == pytest.approx(chance, abs=1e-4)
    rest = classifier.classify("but the end was awful.").probabilities["positive"]
    assert opinion.from_end[7] == pytest.approx(rest, abs=1e-4)
    assert opinion.from_end[0] == pytest.approx(opinion.from_start[-1], abs=1e-4)


def test_long_texts_take_bounded_work(classifier: SentimentClassifier) -> None:
    ids = classifier.encode(" ".join(text for _, text in made_up(60, seed=3))).ids
    assert len(ids) == classifier.model.config.max_tokens < OCCLUSIONS
    many = ids * 3
    assert len(occlusion(classifier, many, "positive")) == len(many)
    points = running_opinion(classifier, many, "positive").tokens
    assert len(points) == OPINIONS
    assert (points[0], points[-1]) == (0, len(many) - 1)
    endless = ids * 40
    points = running_opinion(classifier, endless, "positive").tokens
    assert len(points) == READ_TOKENS // len(endless) < OPINIONS
    assert (points[0], points[-1]) == (0, len(endless) - 1)


def test_one_word_is_explained(classifier: SentimentClassifier) -> None:
    explanation = explain(classifier, "awful")
    assert len(explanation.spans) == 1
    assert explanation.contributions.values[0] < 0
    assert explanation.opinion.from_start == pytest.approx(explanation.opinion.from_end)
    assert explanation.verdict.warnings[0].key == "too_short"


def test_explaining_leaves_the_model_as_it_was(classifier: SentimentClassifier) -> None:
    before = classifier.classify(TEXT)
    torch.manual_seed(3)
    first = explain(classifier, TEXT)
    torch.manual_seed(4)
    assert explain(classifier, TEXT) == first
    assert not classifier.model.training
    assert all(weight.grad is None for weight in classifier.model.parameters())
    assert classifier.classify(TEXT) == before


@pytest.mark.parametrize("text", ["", "   ", "<br />"])
def test_nothing_to_read_is_refused_in_a_sentence(
    classifier: SentimentClassifier, text: str
) -> None:
    with pytest.raises(UsageError, match="write a sentence at least"):
        explain(classifier, text)


def test_an_unknown_class_is_named_with_the_nearest(classifier: SentimentClassifier) -> None:
    with pytest.raises(UsageError, match="no class 'positiv'; did you mean 'positive'"):
        explain(classifier, TEXT, "positiv")


def test_the_made_up_words_are_known(classifier: SentimentClassifier) -> None:
    assert classifier.encode(" ".join(GOOD + BAD)).unknown_share == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA here")
def test_on_cuda_contributions_are_those_of_the_cpu(classifier: SentimentClassifier) -> None:
    ids = classifier.encode(TEXT).ids
    here = integrated_gradients(classifier, ids, "positive")
    try:
        classifier.model.cuda()
        there = explain(classifier, TEXT).contributions
        assert not classifier.model.training
    finally:
        classifier.model.cpu()
    assert there.values == pytest.approx(here.values, abs=2e-3)
