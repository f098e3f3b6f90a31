"""Tokens longer than a character give the text back, and are read and measured as published."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstm_zoo.language import corpus
from lstm_zoo.language.data import LanguageDataConfig, TextData, load_text
from lstm_zoo.language.evaluation import carried_nats, text_metrics
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.language.predict import TextGenerator
from lstm_zoo.language.tokenizer import parse_tokenizer
from lstm_zoo.language.words import Kind, WordTokenizer

LINES = " the cat sat \n the mat sat <unk> \n \n a cat \n" * 20
VERSE = "Der König sprach: „Es war\ndreimal so weit“; drei, dreizehn.\n\n"


def tokenizer(kind: Kind, text: str = LINES, **options: Any) -> WordTokenizer:
    return WordTokenizer.from_chunks(kind, [text], options.pop("size", None), 1)


def test_words_are_what_stands_between_spaces() -> None:
    words = tokenizer("word")
    assert set(words.characters) == {"\n", " <unk>", " the", " cat", " sat", " mat", " a"}
    assert words.decode(words.encode(" the  cat\nsat")) == " the cat\n sat"
    assert words.decode(words.encode("the dog")) == " the <unk>"
    assert words.unseen("the dog saw a dog") == ["dog", "saw"]


def test_a_vocabulary_of_words_is_no_larger_than_was_asked_for() -> None:
    words = tokenizer("word", size=4)
    assert words.characters[:2] == (" <unk>", "\n")
    assert len(words) <= 4


@given(st.text(alphabet="abc Königdrei:.„“\n", max_size=40))
def test_pieces_give_the_text_back(text: str) -> None:
    pieces = PIECES
    assert pieces.decode(pieces.encode(text)) == text or pieces.unseen(text)


PIECES = tokenizer("bpe", VERSE * 9 + "abcdefghi", size=70)


def test_pieces_are_longer_than_characters_and_no_more_than_asked_for() -> None:
    assert len(PIECES) <= 70
    assert len(PIECES.encode(VERSE)) < 0.7 * len(VERSE)
    assert PIECES.decode(PIECES.encode("ab!")) == "ab\ufffd"
    assert PIECES.unseen("ab!") == ["!"]


@pytest.mark.parametrize("made", [tokenizer("word"), PIECES], ids=["word", "bpe"])
def test_a_tokenizer_comes_back_from_its_file(made: WordTokenizer) -> None:
    again = parse_tokenizer(made.to_json())
    assert again.characters == made.characters
    assert torch.equal(again.encode(VERSE), made.encode(VERSE))
    with pytest.raises(ValueError, match="needs exactly the keys"):
        parse_tokenizer({**made.to_json(), "x": 1})
    with pytest.raises(ValueError, match="are not in the vocabulary"):
        parse_tokenizer({**made.to_json(), "start": "nowhere"})
    with pytest.raises(ValueError, match="list of strings"):
        parse_tokenizer({**made.to_json(), "characters": "abc"})


def load(folder: Path, **changes: Any) -> TextData:
    facts = {"name": "T", "language": "en", "licence": "none", "source": "here", "file": "t.txt"}
    return load_text(LanguageDataConfig(**{**facts, **changes}), folder)


def test_no_word_is_cut_where_the_file_is_read_in_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.txt").write_text(LINES, "utf-8")
    (tmp_path / "test.txt").write_text(" the dog \n", "utf-8")
    whole = load(tmp_path, tokenizer="word", test_file="test.txt")
    monkeypatch.setattr(corpus, "CHUNK", 7)
    chunked = load(tmp_path, tokenizer="word", test_file="test.txt")
    for name, tokens in whole.splits.items():
        assert torch.equal(tokens, chunked.splits[name])
    assert whole.facts["unknown tokens"]["test"] == 1
    assert whole.facts["characters"]["test"] == 10


def test_perplexity_counts_each_word_once(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(LINES, "utf-8")
    data = load(tmp_path, tokenizer="word")
    model = LanguageModel(LanguageModelConfig(hidden_size=8), len(data.preprocessing)).eval()
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    metrics = text_metrics(model, data, "test")
    assert metrics["perplexity"].value == pytest.approx(len(data.preprocessing))
    assert metrics["nats"].value == pytest.approx(carried_nats(model, data.splits["test"]))


def test_bits_of_pieces_are_those_of_their_characters(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text(VERSE * 40, "utf-8")
    data = load(tmp_path, tokenizer="bpe", vocabulary=64)
    model = LanguageModel(LanguageModelConfig(hidden_size=8), len(data.preprocessing)).eval()
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    tokens, characters = len(data.splits["test"]), data.facts["characters"]["test"]
    expected = math.log2(len(data.preprocessing)) * (tokens - 1) / characters
    assert text_metrics(model, data, "test")["bits"].value == pytest.approx(expected)


def test_a_model_of_words_writes_words() -> None:
    words = tokenizer("word")
    model = LanguageModel(LanguageModelConfig(hidden_size=8), len(words)).eval()
    text = TextGenerator(model, words).generate("the cat", max_new_tokens=20, seed=1)
    assert words.unseen(text) == []
    assert "<unk>" not in text


def test_wikitext_has_the_words_that_the_literature_counts(real_data: Path) -> None:
    """Merity et al. 2016, table 1: 2,088,628 and 217,646 tokens, a vocabulary of 33,278."""
    files = {"file": "wikitext2/train.txt.gz", "test_file": "wikitext2/valid.txt"}
    data = load(real_data, tokenizer="word", validation_fraction=0.02, **files)
    assert len(data.preprocessing) == 33_278
    tokens = data.facts["tokens"]
    # The cut between the parts goes through a word.
    assert abs(tokens["train"] + tokens["validation"] - 2_088_628) <= 1
    assert tokens["test"] == 217_646
