"""A classifier says when it does not know."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_zoo.sentiment.doubts import Doubt, find_doubts, guess_language

ENGLISH = "I went in with no hope at all and came out smiling; what a warm, funny film."
CHINESE = "房间很干净，服务员也很热情，下次还会再来住。"


def keys(text: str, language: str, unknown_share: float = 0.0) -> list[str]:
    return [doubt.key for doubt in doubts(text, language, unknown_share)]


def doubts(text: str, language: str, unknown_share: float = 0.0) -> tuple[Doubt, ...]:
    tokens = len(text.split())
    return find_doubts(text, language, unknown_share, tokens, tokens, len(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (CHINESE, "zh"),
        ("酒店的WiFi很慢，email都发不出去", "zh"),
        ("A gorgeous, witty, seductive movie.", "en"),
        ("The café’s naïve décor 👍 <br /><br />was not to my taste", "en"),
        ("La La Land rocks", "en"),
        ("Amélie is a delight", "en"),
        ("Feels like Fellini's d'Artagnan", "en"),
        ('<div class="review-content"><br /><br />房间很差<br /></div>', "zh"),
        ("宾馆房间HOTEL", "zh"),
        ("好吃不贵", "zh"),
    ],
)
def test_a_plain_review_raises_no_doubt(text: str, language: str) -> None:
    assert keys(text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("Фильм очень скучный, не советую никому", "en", "Cyrillic"),
        (CHINESE, "en", "Chinese"),
        (ENGLISH, "zh", "Latin"),
        ("とても良い映画でした。また見たいです。", "zh", "Japanese"),
        ("とても良い映画でした。また見たいです。", "en", "Japanese"),
        ("정말 재미있는 영화였어요", "zh", "Korean"),
        ("فيلم ممل جدا ولا أنصح به", "en", "Arabic"),
    ],
)
def test_names_the_script_that_a_model_has_not_read(text: str, language: str, found: str) -> None:
    (doubt,) = doubts(text, language)
    assert doubt.key == "script"
    assert doubt.values["found"] == found
    assert found in str(doubt)


@pytest.mark.parametrize(
    "text",
    [
        "Der Film war leider sehr langweilig und viel zu lang für uns beide.",
        "Le film est très mauvais et je ne le recommande à personne autour de moi.",
        "La película es muy aburrida y no se la recomiendo a ninguno de mis amigos.",
    ],
)
def test_other_languages_in_latin_letters_are_not_english(text: str) -> None:
    assert keys(text, "en") == ["language"]


@pytest.mark.parametrize(
    "text", ["Tom tenía un arma.", "Je ne sais pas", "C'est l'heure", "Das ist gut", "È una storia"]
)
def test_a_few_foreign_words_are_not_english_either(text: str) -> None:
    assert "language" in keys(text, "en")


@pytest.mark.parametrize(("unknown_share", "found"), [(0.1, []), (0.5, ["language"])])
def test_one_foreign_word_is_doubted_beside_unknown_ones(
    unknown_share: float, found: list[str]
) -> None:
    assert keys("Esa granja pertenece a Tom", "en", unknown_share) == found


@pytest.mark.parametrize(
    ("text", "language"), [("Great!", "en"), ("很好", "zh"), ("Not bad", "en")]
)
def test_few_words_are_too_short(text: str, language: str) -> None:
    assert keys(text, language) == ["too_short"]


@pytest.mark.parametrize("text", ["", "   ", "👍👍👍", "12345 ... !!!", "\x00", "<br />"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_text_without_words_says_so(text: str, language: str) -> None:
    assert keys(text, language) == ["no_words"]


def test_unknown_tokens_are_told_when_they_are_most() -> None:
    assert keys(ENGLISH, "en", unknown_share=0.9) == ["unknown"]
    assert keys(ENGLISH, "en", unknown_share=0.2) == []
    assert "90%" in str(doubts(ENGLISH, "en", unknown_share=0.9)[0])


def test_says_where_a_long_text_was_cut() -> None:
    text = (ENGLISH + " ") * 20_000
    (doubt,) = find_doubts(text, "en", 0.0, 400, 400_000, 1_800)
    assert str(doubt) == "Only the first 1,800 characters were read: 400 of 400,000 tokens."


def test_only_what_was_read_is_judged() -> None:
    text = ENGLISH + " " + "Фильм очень скучный " * 100
    assert [d.key for d in find_doubts(text, "en", 0.0, 20, 400, len(ENGLISH))] == ["cut"]


@given(st.text(max_size=200), st.sampled_from(["en", "zh", "de"]), st.floats(0, 1))
def test_any_text_gets_sentences(text: str, language: str, unknown_share: float) -> None:
    for doubt in doubts(text, language, unknown_share):
        assert str(doubt).endswith(".")
        assert "{" not in str(doubt)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (CHINESE, "zh"),
        ("", "en"),
        ("iPhone 很好用", "zh"),
        ("Élan", "en"),
        ("<div class='review'><br />房间很差</div>", "zh"),
    ],
)
def test_the_model_is_picked_by_the_texts_language(text: str, language: str) -> None:
    assert guess_language(text) == language


LAST = slice(-5000, None)


def sentences(path: Path, column: int = 0, which: slice = LAST) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t")[column] for line in file][which]


def share_of(key: str, texts: list[str]) -> float:
    long = [text for text in texts if len(text.split()) >= 8]
    return sum(key in keys(text, "en") for text in long) / len(long)


def share_of_short(texts: list[str]) -> float:
    """Sentences of a few words whose language is doubted where the model knows 7 of 10 tokens."""
    short = [text for text in texts if 4 <= len(text.split()) <= 7]
    return sum("language" in keys(text, "en", 0.3) for text in short) / len(short)


def test_real_foreign_sentences_are_doubted_and_real_english_ones_are_not(real_data: Any) -> None:
    for name in ("multi30k/train.de.gz", "multi30k/train.fr.gz"):
        assert share_of("language", sentences(real_data / name)) > 0.98
    for name in ("tatoeba/fra.txt.gz", "tatoeba/spa.txt.gz"):
        assert share_of("language", sentences(real_data / name, column=1)) > 0.97
        middle = slice(20_000, 40_000)
        assert share_of_short(sentences(real_data / name, 1, middle)) > 0.85
        assert share_of_short(sentences(real_data / name, 0, middle)) < 0.005
    assert share_of("language", sentences(real_data / "multi30k/train.en.gz")) < 0.03
    lines = (real_data / "sst2/sentence/stsa.binary.train").read_text("utf-8").splitlines()
    assert share_of("language", [line[2:] for line in lines]) < 0.01
