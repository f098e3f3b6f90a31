"""Writing text: the same seed gives the same text, stop strings hold, nothing is dropped unsaid."""

from __future__ import annotations

import itertools
import re
import resource
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.language.predict import Piece, TextGenerator, UnseenCharactersWarning


@pytest.fixture(scope="module")
def writer(tiny_checkpoint: Path) -> TextGenerator:
    model: TextGenerator = zoo.load(f"local-dir:{tiny_checkpoint}")
    return model


def test_the_same_seed_gives_the_same_text(writer: TextGenerator) -> None:
    first = writer.generate("the", max_new_tokens=80, seed=3)
    assert len(first) == 80
    assert writer.generate("the", max_new_tokens=80, seed=3) == first
    assert writer.generate("the", max_new_tokens=80, seed=4) != first


def test_without_a_seed_texts_differ(writer: TextGenerator) -> None:
    assert writer.generate(max_new_tokens=60) != writer.generate(max_new_tokens=60)


def test_stream_and_generate_write_the_same(writer: TextGenerator) -> None:
    pieces = list(writer.stream("a ship", max_new_tokens=50, seed=1))
    assert "".join(pieces) == writer.generate("a ship", max_new_tokens=50, seed=1)


def test_sample_k_is_what_the_seed_plus_k_writes_alone(writer: TextGenerator) -> None:
    together = writer.generate_samples("the ", num_samples=3, max_new_tokens=40, seed=5)
    alone = [writer.generate("the ", max_new_tokens=40, seed=5 + k) for k in range(3)]
    assert together == alone


def test_greedy_takes_the_likeliest_each_time(writer: TextGenerator) -> None:
    for piece in writer.stream("the", max_new_tokens=30, temperature=0, rivals=1):
        assert piece.rivals[0] == (piece, piece.probability)


def test_pieces_carry_the_models_own_probabilities(writer: TextGenerator) -> None:
    pieces = list(writer.stream("the", max_new_tokens=20, seed=0, temperature=2.0, rivals=3))
    text = writer.tokenizer.start + "the" + "".join(pieces)
    with torch.inference_mode():
        logits, _ = writer.model(writer.tokenizer.encode(text)[None])
    own = logits[0].double().softmax(-1)
    for position, piece in enumerate(pieces, start=len(text) - len(pieces) - 1):
        token = writer.tokenizer.characters.index(piece)
        assert piece.probability == pytest.approx(own[position, token].item(), abs=1e-5)
        expected = own[position].topk(3).values.tolist()
        assert [p for _, p in piece.rivals] == pytest.approx(expected, abs=1e-5)


def test_rivals_come_only_on_request(writer: TextGenerator) -> None:
    assert next(writer.stream("the")).rivals == ()


def plain_stop(text: str, stop: list[str]) -> str:
    """The text up to the first stop string, found by trying each length."""
    for end in range(len(text) + 1):
        for string in stop:
            if text[:end].endswith(string):
                return text[: end - len(string)]
    return text


@pytest.mark.parametrize(
    "stop", [["e"], ["the"], [" s", "sea and"], ["nd a", "d"], ["never there"], ["oo", "old m"]]
)
def test_a_text_ends_before_its_stop_string(writer: TextGenerator, stop: list[str]) -> None:
    whole = writer.generate("the", max_new_tokens=120, seed=2)
    assert writer.generate("the", max_new_tokens=120, seed=2, stop=stop) == plain_stop(whole, stop)


def test_samples_stop_each_for_itself(writer: TextGenerator) -> None:
    options: dict[str, Any] = {"num_samples": 3, "max_new_tokens": 60, "seed": 7}
    whole = writer.generate_samples("the", **options)
    stopped = writer.generate_samples("the", stop="n", **options)
    assert stopped == [plain_stop(text, ["n"]) for text in whole]


def test_unseen_characters_are_named_in_a_warning(writer: TextGenerator) -> None:
    with pytest.warns(UnseenCharactersWarning, match=re.escape("'é', U+0007")):
        text = writer.generate("the é\x07", max_new_tokens=5, seed=0)
    assert len(text) == 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert writer.generate("the ", max_new_tokens=5, seed=0) == text


def test_windows_line_ends_are_read_as_line_ends(writer: TextGenerator) -> None:
    assert writer.unseen("the\r\nsea") == []


@pytest.mark.parametrize("length", [0, 1, 1023, 1024, 1025, 100_000])
def test_prompts_of_any_length_are_read(writer: TextGenerator, length: int) -> None:
    prompt = ("the sea and a ship " * (length // 19 + 1))[:length]
    assert len(writer.generate(prompt, max_new_tokens=3, seed=0)) == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": float("nan")}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"num_samples": 0}, "num_samples must be from 1 to"),
        ({"max_new_tokens": -1}, "max_new_tokens must not be negative"),
        ({"stop": [""]}, "stop string must not be empty"),
        ({"rivals": -1}, "rivals must not be negative"),
        ({"seed": 2**63}, "seed must be from 0 to"),
        ({"seed": -1}, "seed must be from 0 to"),
        ({"topk": 3}, "did you mean 'top_k'"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    writer: TextGenerator, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        writer.stream_samples("the", **options)


def test_memory_does_not_grow_with_the_length(writer: TextGenerator) -> None:
    stream = writer.stream("the", max_new_tokens=10**9, seed=0, repetition_penalty=1.1)
    for _ in itertools.islice(stream, 3000):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in itertools.islice(stream, 3000):
        pass
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 4096  # kilobytes; what other tests left to be freed moves it a little


def test_a_piece_is_a_string() -> None:
    piece = Piece("a", 0.5, (("b", 0.25),))
    assert piece + "b" == "ab"
    assert (piece.probability, piece.rivals) == (0.5, (("b", 0.25),))


def test_the_unknown_character_is_never_written(tiny_checkpoint: Path) -> None:
    writer = zoo.load(f"local-dir:{tiny_checkpoint}")
    writer.tokenizer.unknown = "e"
    assert "e" not in writer.generate("th", max_new_tokens=200, seed=0)
