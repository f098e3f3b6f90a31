"""What the characters of a text are, said by hand for short texts."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from lstm_zoo import UsageError
from lstm_zoo.inspection.corpus import TEXTS, corpus_text
from lstm_zoo.inspection.features import FEATURES, features_of


def marked(name: str, text: str) -> str:
    """A caret under each character that has the feature."""
    values = features_of(text).get(name, torch.zeros(len(text)))
    return "".join("^" if value else "." for value in values.tolist())


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("inside quotes", 'He said "no" twice', "........^^^......."),
        ("inside quotes", "他說「好」了", "..^^.."),
        ("inside brackets", "a(b[c]d)e", ".^^^^^^.."),
        ("word start", "it isn't so", "^..^...^.^."[:11]),
        ("capital", "To Be", "^..^."),
        ("digit", "a1b22", ".^.^^"),
        ("vowel", "Aloud", "^.^^."),
        ("speaker name", "KING HENRY:\nwell:", "^" * 11 + "......"),
        ("line end near", "abcdefgh\nij", "...^^^^^..."),
        ("punctuation next", "白日，依山。", ".^..^."),
        ("rhyme position", "白日，依山。", "....^."),
        ("next is 'e'", "here", "^.^."),
    ],
)
def test_features_are_where_a_reader_sees_them(name: str, text: str, expected: str) -> None:
    assert marked(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("position in line", "ab\nc", [1, 2, 0, 1]),
        ("bracket depth", "(a(b))c", [1, 1, 2, 2, 1, 0, 0]),
        ("position in clause", "白日，依", [1, 2, 0, 1]),
        ("clause length", "白日，依山盡。", [2, 2, 2, 3, 3, 3, 3]),
        ("sentiment", "a good bad.", [0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0]),
        ("sentiment", "很好吃", [0, 1, 1]),
    ],
)
def test_features_that_count(name: str, text: str, expected: list[int]) -> None:
    assert features_of(text)[name].tolist() == expected


def test_a_blank_line_closes_what_was_left_open() -> None:
    assert marked("inside quotes", '"ab\n\ncd') == "^^^^..."


def test_a_word_is_what_its_last_character_is() -> None:
    values = features_of(["a", "Good", "(", "film", ")"])
    assert values["inside brackets"].tolist() == [0, 0, 1, 1, 0]
    assert values["sentiment"].tolist() == [0, 1, 1, 1, 1]


@given(st.text(min_size=1, max_size=60))
def test_each_feature_has_a_value_for_each_character_of_any_text(text: str) -> None:
    for value in features_of(text).values():
        assert value.shape == (len(text),)
        assert len(value.unique()) > 1


@pytest.mark.parametrize("name", TEXTS)
def test_the_corpus_is_small_and_has_what_there_is_to_track(name: str) -> None:
    text = corpus_text(name)
    assert 3000 < len(text) < 12_000
    found = set(features_of(text))
    expected = {
        "shakespeare": {"position in line", "speaker name", "capital", "vowel", "line end near"},
        "alice": {"inside quotes", "inside brackets", "sentiment"},
        "tang-poems": {"clause length", "position in clause", "rhyme position"},
    }
    assert expected[name] <= found <= FEATURES.keys() | {n for n in found if n.startswith("next")}


def test_an_unknown_text_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="'tang-poem'.*did you mean 'tang-poems'"):
        corpus_text("tang-poem")
