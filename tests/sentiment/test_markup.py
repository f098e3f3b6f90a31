"""HTML in a text is what its reader would see, and each character keeps its place."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_zoo.sentiment.markup import without_markup
from tests.sentiment.test_tokenizer import ENGLISH, learned, pieces

FRAGMENTS = [
    "good",
    " film",
    "<li>",
    "</li>",
    "<br />",
    "&nbsp;",
    "&#39;",
    "<3",
    "&",
    "a < b",
    "真",
]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("<ul><li>Good</li><LI class='x'>film", "  Good  film"),
        ("Good&nbsp;film &amp; don&#39;t &#x1f600;", "Good\xa0film & don't 😀"),
        ("a < b and c > d", "a < b and c > d"),
        ("<sigh> I <3 it, AT&T; &nosuch; R&D <b", "<sigh> I <3 it, AT&T; &nosuch; R&D <b"),
        ("&lt;b&gt;", "<b>"),
    ],
)
def test_tags_are_space_and_references_what_they_stand_for(text: str, read: str) -> None:
    assert without_markup(text)[0] == read


@given(st.lists(st.sampled_from(FRAGMENTS)).map("".join))
def test_each_character_is_found_where_it_was(text: str) -> None:
    read, starts = without_markup(text)
    assert len(starts) == len(read) + 1
    assert starts[-1] == len(text)
    for character, start, end in zip(read, starts, starts[1:], strict=False):
        given = text[start:end]
        assert html.unescape(given) == character or (character == " " and given[0] == "<")


def test_a_page_of_html_has_the_tokens_of_its_text() -> None:
    tokenizer = learned(ENGLISH)
    text = "<ul><li>Good&nbsp;film,</li>\n<li>don&#39;t know why</li></ul>"
    plain = "Good film, don't know why"
    assert tokenizer.encode(text).ids == tokenizer.encode(plain).ids
    assert tokenizer.encode_many([text])[0].tolist() == tokenizer.encode(plain).ids
    assert pieces(tokenizer, text) == ["Good", "film", ",", "do", "n&#39;t", "know", "why"]
    assert learned([text] * 2).to_json() == learned([plain] * 2).to_json()
