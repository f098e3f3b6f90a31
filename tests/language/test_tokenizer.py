"""Characters to numbers and back, and what happens to those that were never seen."""

from __future__ import annotations

import json

import pytest

from lstm_zoo.language.tokenizer import CharacterTokenizer, show_character


def test_text_comes_back_as_it_was() -> None:
    text = "To be,\n床前明月光 \U0001f981"
    tokenizer = CharacterTokenizer.from_text(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.unknown is None


def test_unseen_characters_are_named_once_in_order() -> None:
    tokenizer = CharacterTokenizer.from_text("abc\n")
    assert tokenizer.unseen("zazé\ncz") == ["z", "é"]


def test_rare_characters_are_read_as_the_unknown_one() -> None:
    tokenizer = CharacterTokenizer.from_text("aaabbbc\n", min_count=2)
    assert tokenizer.unseen("abc") == ["c"]
    assert tokenizer.decode(tokenizer.encode("acb")) == "a\ufffdb"


def test_without_an_unknown_one_unseen_characters_are_left_out() -> None:
    tokenizer = CharacterTokenizer.from_text("ab\n")
    assert tokenizer.decode(tokenizer.encode("axb")) == "ab"


def test_an_alias_is_read_as_its_character() -> None:
    tokenizer = CharacterTokenizer("\n風", aliases={"风": "風"})
    assert tokenizer.unseen("风") == []
    assert tokenizer.decode(tokenizer.encode("风")) == "風"


def test_start_is_kept_however_rare() -> None:
    tokenizer = CharacterTokenizer.from_text("aaa", min_count=2, start="\n\n")
    assert "\n" in tokenizer.characters


def test_json_round_trip() -> None:
    tokenizer = CharacterTokenizer("\n\u0000a風", "a", {"风": "風"}, start="\na")
    document = json.loads(json.dumps(tokenizer.to_json()))
    again = CharacterTokenizer.from_json(document)
    assert again.to_json() == tokenizer.to_json()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"type": "bpe"}, "unknown tokenizer type 'bpe'"),
        ({"characters": ""}, "at least one"),
        ({"characters": "aa\n"}, "must not repeat"),
        ({"characters": ["a"]}, "'characters' is of the wrong type"),
        ({"unknown": "x"}, r"\['x'\] are not in the vocabulary"),
        ({"aliases": {"x": "y"}}, "not in the vocabulary"),
        ({"aliases": {"x": 1}}, "must map characters to characters"),
        ({"start": ""}, "must not be empty"),
        ({"surplus": 1}, "exactly the keys"),
    ],
)
def test_a_broken_tokenizer_is_refused(change: dict[str, object], sentence: str) -> None:
    document = {**CharacterTokenizer("\na").to_json(), **change}
    with pytest.raises(ValueError, match=sentence):
        CharacterTokenizer.from_json(document)


def test_characters_without_a_shape_are_shown_by_code_point() -> None:
    assert show_character("é") == "'é'"
    assert show_character("\x07") == "U+0007"
