"""Tokens, and where they stand in the text as it was given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_zoo.sentiment.tokenizer import UNKNOWN, Kind, ReviewTokenizer

ENGLISH = ["It's a good film , I don't know why .", "good film , is n't it ?"] * 3
CHINESE = ["房间很好，服务很好。wifi 快 100分", "房间很差，wifi 慢"] * 3
LABELS = ("negative", "positive")


def learned(texts: list[str], kind: Kind = "words", **options: int) -> ReviewTokenizer:
    options = {"vocabulary": 60, "min_count": 1} | options
    return ReviewTokenizer.from_texts(texts, kind, labels=LABELS, language="en", **options)


def pieces(tokenizer: ReviewTokenizer, text: str) -> list[str]:
    encoding = tokenizer.encode(text)
    return [text[start:end] for start, end in encoding.offsets]


def test_raw_and_treebank_english_are_the_same_tokens() -> None:
    tokenizer = learned(ENGLISH)
    raw, treebank = (
        tokenizer.encode("It’s good, isn't it?"),
        tokenizer.encode("it 's good , is n't it ?"),
    )
    assert raw.ids == treebank.ids
    assert UNKNOWN not in raw.ids


def test_breaks_and_tags_are_space_and_places_are_those_of_the_text_as_given() -> None:
    tokenizer = learned(ENGLISH)
    text = "Good<br /><br />FILM <b>don't</b>"
    assert pieces(tokenizer, text) == ["Good", "FILM", "do", "n't"]
    assert tokenizer.encode(text).ids == tokenizer.encode("good film do n't").ids
    assert pieces(tokenizer, "a < b and c > d") == ["a", "<", "b", "and", "c", ">", "d"]


def test_chinese_is_read_by_character_and_latin_words_stay_whole() -> None:
    tokenizer = learned(CHINESE, "characters")
    assert pieces(tokenizer, "房间WIFI好１００分！") == [
        "房",
        "间",
        "WIFI",
        "好",
        "１００",
        "分",
        "！",
    ]
    assert tokenizer.encode("ＷＩＦＩ").ids == tokenizer.encode("wifi").ids != [UNKNOWN]


def test_frequent_chinese_words_become_one_subword() -> None:
    tokenizer = learned(CHINESE, "subwords")
    assert "房间" in pieces(tokenizer, "房间快")


def test_the_vocabulary_is_cut_at_size_and_count() -> None:
    assert len(learned(ENGLISH, vocabulary=5)) == 5
    rare = learned([*ENGLISH, "sesquipedalian"], min_count=2)
    assert rare.encode("sesquipedalian").unknown_share == 1
    assert rare.encode("good film").unknown_share == 0


@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
@pytest.mark.parametrize(
    "text", ["good film, " * 5000, "房间很好" * 9000, " " * 5000 + "bad " * 30]
)
def test_of_a_long_text_as_much_is_gone_through_as_the_limit_takes(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    whole, cut = tokenizer.encode(text), tokenizer.encode(text, limit=20)
    assert cut == (whole.ids[:20], whole.offsets[:20])


def test_half_of_a_character_is_a_question_mark() -> None:
    tokenizer = learned([*ENGLISH, "?"])
    assert tokenizer.encode("good\ud800film") == tokenizer.encode("good?film")
    assert (
        tokenizer.encode_many(["good\udcfffilm"])[0].tolist() == tokenizer.encode("good?film").ids
    )


def test_the_limit_cuts() -> None:
    encoding = learned(ENGLISH).encode("good film " * 50, limit=7)
    assert (len(encoding.ids), len(encoding.offsets)) == (7, 7)
    assert encoding.end == len("good film good film good film good")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
@pytest.mark.parametrize("kind", ["words", "characters", "subwords"])
def test_any_text_has_tokens_in_order_within_it(kind: str, text: str) -> None:
    tokenizer = TOKENIZERS[kind]
    encoding = tokenizer.encode(text)
    assert all(0 <= number < len(tokenizer) for number in encoding.ids)
    starts = [start for start, _ in encoding.offsets]
    assert starts == sorted(starts)
    assert all(0 <= start <= end <= len(text) for start, end in encoding.offsets)
    (many,) = tokenizer.encode_many([text])
    assert many.tolist() == encoding.ids


TOKENIZERS = {
    "words": learned(ENGLISH),
    "characters": learned(CHINESE, "characters"),
    "subwords": learned(CHINESE, "subwords"),
}


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_it_travels_as_json(kind: str) -> None:
    tokenizer = TOKENIZERS[kind]
    again = ReviewTokenizer.from_json(tokenizer.to_json())
    text = "It's 房间很好 film?"
    assert again.encode(text) == tokenizer.encode(text)
    assert (again.labels, again.language) == (LABELS, "en")


GOOD = TOKENIZERS["words"].to_json()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "should have the keys labels, language, tokenizer"),
        (GOOD | {"more": 1}, "and no others"),
        (GOOD | {"labels": ["one"]}, "two different names at least"),
        (GOOD | {"labels": [1, 2]}, "a list of names"),
        (GOOD | {"language": 1}, "a code such as 'en'"),
        (GOOD | {"tokenizer": {}}, "tokenizer cannot be read"),
        (
            GOOD | {"tokenizer": GOOD["tokenizer"] | {"model": {"type": "WordLevel", "vocab": {}}}},
            "tokenizer cannot be read|first tokens",
        ),
        (
            GOOD
            | {
                "tokenizer": GOOD["tokenizer"]
                | {
                    "model": {
                        "type": "WordLevel",
                        "vocab": {"[PAD]": 0, "[UNK]": 1, "a": 7},
                        "unk_token": "[UNK]",
                    }
                }
            },
            "numbered without a gap",
        ),
    ],
)
def test_a_broken_document_is_refused(document: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ReviewTokenizer.from_json(document)
