"""The nearest edit that turns a verdict."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_zoo.sentiment.flip import apply, find_words, nearest_flip
from lstm_zoo.sentiment.predict import SentimentClassifier
from tests.sentiment.made_up import made_up

TEXT = "The film was great, but the end of it was more of a long scene."


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("great", "awful"), made_up(1, seed=5)[0][1]])
def test_the_edited_text_has_another_verdict(classifier: SentimentClassifier, text: str) -> None:
    flip = nearest_flip(classifier, text)
    assert flip is not None
    assert classifier.classify(flip.text) == flip.verdict
    assert flip.verdict.label != classifier.classify(text).label
    assert 1 <= len(flip.edits) <= 3


def test_edits_say_where_and_what(classifier: SentimentClassifier) -> None:
    flip = nearest_flip(classifier, TEXT)
    assert flip is not None
    words = [(edit.start, edit.end) for edit in flip.edits]
    edits = {number: edit.new for number, edit in enumerate(flip.edits)}
    assert apply(TEXT, words, edits) == flip.text
    assert "great" in [TEXT[start:end] for start, end in words]


def test_says_none_where_few_words_do_not_do(classifier: SentimentClassifier) -> None:
    assert nearest_flip(classifier, "great " * 60, max_edits=1) is None


def test_a_text_of_one_word_gets_another_word(classifier: SentimentClassifier) -> None:
    flip = nearest_flip(classifier, "lovely")
    assert flip is not None
    (edit,) = flip.edits
    assert (edit.start, edit.end, flip.text) == (0, 6, edit.new)
    assert flip.verdict.label == "negative"


def test_a_very_long_text_is_searched_in_what_is_read(
    classifier: SentimentClassifier,
) -> None:
    text = ("The scene was great. " * 60 + "x" * 1000 + " ") * 130
    assert len(text) > 250_000
    started = time.process_time()
    nearest_flip(classifier, text, max_edits=1)
    assert time.process_time() - started < 20


def test_a_text_without_a_word_has_no_edit(classifier: SentimentClassifier) -> None:
    assert nearest_flip(classifier, "<br />") is None


def test_words_are_whole_in_english_and_characters_or_subwords_in_chinese() -> None:
    text = "don't likeable 房间很干净"
    offsets = [(0, 2), (2, 5), (6, 10), (10, 14), (15, 17), (17, 18), (18, 20)]
    assert [text[start:end] for start, end in find_words(text, offsets)] == [
        "don't",
        "likeable",
        "房间",
        "很",
        "干净",
    ]


@pytest.mark.parametrize(
    ("edits", "edited"),
    [({}, "a bad film."), ({1: ""}, "a film."), ({0: ""}, "bad film."), ({2: ""}, "a bad .")],
)
def test_a_word_goes_with_its_space(edits: dict[int, str], edited: str) -> None:
    assert apply("a bad film.", [(0, 1), (2, 5), (6, 10)], edits) == edited


@given(st.text(max_size=40), st.data())
def test_edits_change_nothing_but_their_words(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    words = list(zip(cuts[::2], cuts[1::2], strict=False))
    same = {number: text[start:end] or "x" for number, (start, end) in enumerate(words)}
    kept = {number: new for number, new in same.items() if words[number][0] < words[number][1]}
    assert apply(text, words, kept) == text
