"""What the page is sent, without a page."""

from __future__ import annotations

import inspect
import json
import math
import re
import shutil
import string
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import lstm_zoo as zoo
from lstm_zoo.language.predict import Piece
from lstm_zoo.ui import generate, models, states, words, writing
from lstm_zoo.ui.app import build_app
from lstm_zoo.zoo import names

# The page shows a notice in its place.
pytestmark = pytest.mark.filterwarnings("ignore::lstm_zoo.language.predict.UnseenCharactersWarning")
MODEL = "char-lstm-small.shakespeare"
VALUES: dict[str, Any] = {
    "prompt": "ROMEO:",
    "length": 40,
    "temperature": 0.8,
    "samples": 1,
    "seed": "1",
    "top_k": 0,
    "top_p": 1,
    "min_p": 0,
    "typical_p": 1,
    "repetition_penalty": 1,
    "stop_strings": "",
}


def read(state: writing.State) -> list[str]:
    """The texts of a last state."""
    texts = [""] * state["samples"]
    for chunk in state["chunks"].values():
        for index, rows in enumerate(chunk):
            texts[index] += "".join(row[0] for row in json.loads(rows))
    return texts


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the shipped weights."""
    monkeypatch.setattr(names, "WEIGHTS_DIR", tmp_path)
    monkeypatch.setattr(models, "_loaded", {})
    monkeypatch.chdir(tmp_path)  # what lies in runs/ is found too
    return tmp_path


def test_the_last_state_holds_what_the_package_writes() -> None:
    *_, last = writing.write(MODEL, VALUES | {"samples": 2})
    expected = zoo.load(MODEL).generate_samples("ROMEO:", seed=1, max_new_tokens=40, num_samples=2)
    assert read(last) == expected
    assert last["done"]
    assert last["error"] is None


def test_every_chunk_is_in_some_state_and_no_state_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "UPDATE_SECONDS", 0)
    *states, last = writing.write(MODEL, VALUES)
    assert max(len(state["chunks"]) for state in states) == writing.CHUNKS_SENT
    seen = {key: chunk for state in states for key, chunk in state["chunks"].items()}
    assert seen.items() <= last["chunks"].items()
    assert list(last["chunks"]) == [str(number) for number in range(len(last["chunks"]))]


def test_pieces_are_sent_with_their_chance_and_rivals() -> None:
    piece = Piece("e", 0.9314, (("e", 0.9314), ('"', 0.02)))
    assert json.loads(writing.encode([piece])) == [["e", 931, "e", 931, '"', 20]]


def test_a_stop_string_ends_the_text() -> None:
    *_, whole = writing.write(MODEL, VALUES)
    (text,) = read(whole)
    *_, last = writing.write(MODEL, VALUES | {"stop_strings": f"{text[5]}\nnever this"})
    assert read(last) == [text[: text.index(text[5])]]


@pytest.mark.parametrize(
    "prompt",
    ["", None, "a\r\nb", "\x00\x07\x1b", "x" * 100_000, "床前", "\ud800", "😀"],
    ids=["empty", "none", "crlf", "control", "long", "chinese", "half", "emoji"],
)
def test_writes_on_from_any_prompt(prompt: str | None) -> None:
    *_, last = writing.write(MODEL, VALUES | {"prompt": prompt, "length": 5})
    assert len(read(last)[0]) == 5
    assert len(last["prompt"]) <= writing.PROMPT_SHOWN
    json.dumps(last).encode()


def test_names_at_most_a_few_unseen_characters() -> None:
    prompt = "".join(map(chr, range(0x4E00, 0x4E00 + 500)))
    first, *_ = writing.write(MODEL, VALUES | {"prompt": prompt})
    (notice,) = first["notices"]
    assert "'一'" in notice["en"]
    assert f"and {500 - states.UNSEEN_SHOWN} more" in notice["en"]
    assert len(notice["zh-CN"]) < 150


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("temperature", math.nan, "“Boldness” must be a number."),
        ("temperature", -0.1, "“Boldness” must be from 0 to 2; it is -0.1."),
        ("temperature", math.inf, "“Boldness” must be from 0 to 2; it is inf."),
        ("temperature", "hot", "“Boldness” must be a number."),
        ("top_p", 0, "“Top-p” must be from 0.01 to 1; it is 0."),
        ("length", None, "“Length” must be a number."),
        ("length", 2.5, "“Length” must be a whole number; it is 2.5."),
        ("length", 10_001, "“Length” must be from 1 to 10,000; it is 10001."),
        ("samples", True, "“Texts” must be a number."),
        ("seed", "x", "“Seed” must be a number."),
        ("seed", "1e99", "“Seed” must be from 0 to 9,007,199,254,740,991; it is 1e+99."),
        ("prompt", "x" * 200_001, "The start has 200,001 characters; this page reads at most"),
    ],
    ids=str,
)
def test_says_what_is_wrong_in_both_languages(key: str, value: Any, message: str) -> None:
    (state,) = writing.write(MODEL, VALUES | {key: value})
    assert state["error"]["en"].startswith(message)
    assert state["error"]["zh-CN"] != state["error"]["en"]
    assert state["done"]


@pytest.mark.parametrize("seed", [None, "", "  "])
def test_without_a_seed_texts_differ(seed: Any) -> None:
    texts = [read([*writing.write(MODEL, VALUES | {"seed": seed})][-1]) for _ in range(2)]
    assert texts[0] != texts[1]


def test_a_broken_checkpoint_is_named_in_the_page(weights: Path) -> None:
    shipped = Path(names.__file__).parents[2] / "weights" / MODEL
    shutil.copytree(shipped, weights / MODEL)
    tensors = weights / MODEL / "model.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-100])
    (state,) = writing.write(MODEL, VALUES)
    assert str(tensors) in state["error"]["en"]
    build_app()
    (weights / MODEL / "config.json").write_text("{}")
    assert "A model cannot be used" in str(build_app().get_config_file())


def test_the_page_starts_without_any_checkpoint(weights: Path) -> None:
    page = str(build_app().get_config_file())
    assert words.WORDS["no_models"][0] in page
    assert generate.models_here() == []
    with pytest.raises(gr.Error, match="there is no model 'any'"):
        generate.generate("any")


def test_a_model_is_loaded_once() -> None:
    assert models.get_model(MODEL, "language") is models.get_model(MODEL, "language")


def test_the_client_has_every_option_of_the_page() -> None:
    assert set(inspect.signature(generate.generate).parameters) == {"model", *VALUES}


@pytest.mark.parametrize("key", words.WORDS)
def test_both_languages_say_the_same(key: str) -> None:
    fields = [{field for _, field, _, _ in string.Formatter().parse(t)} for t in words.WORDS[key]]
    english, chinese = fields
    assert chinese | {"s", None} == english | {"s", None}
    assert all(words.WORDS[key])


def test_every_word_is_used() -> None:
    package = Path(words.__file__).parents[2]
    files = (path for path in package.rglob("*") if path.suffix in (".py", ".js"))
    paths = [path for path in files if path.parent.name != "words"]
    source = "".join(path.read_text("utf-8") for path in paths)
    used = set(re.findall(r"\w+", source)) | {f"{key}_info" for key in writing.LIMITS}
    # Words that are chosen by a value.
    starts = tuple(re.findall(r'f"(\w+_)\{', source))
    ends = tuple(re.findall(r'\}(_\w+)"', source))
    single = (word for word in words.WORDS if word not in used)
    assert [w for w in single if not w.startswith(starts) and not w.endswith(ends)] == []


def test_the_limit_in_the_hint_is_the_limit() -> None:
    limit = f"{writing.LIMITS['length'][1]:,}"
    assert all(limit in text for text in words.WORDS["length_info"])


def test_markup_escapes() -> None:
    assert "<img" not in words.markup(words.same("<img src=x onerror=alert(1)>"))
