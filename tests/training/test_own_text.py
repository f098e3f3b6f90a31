"""A text of one's own becomes a model, from nothing or from a trained one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import lstm_zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.training.own_text import MOST_TEST, MOST_VALIDATION, SIZES, text_recipe
from lstm_zoo.training.recipe import parse_recipe
from lstm_zoo.training.train import train
from lstm_zoo.zoo import names
from lstm_zoo.zoo.checkpoint import load_checkpoint

ROOT = Path(__file__).parent.parent.parent
QUICK = ["training.epochs=1"]


@pytest.fixture
def text(verses: Path, tmp_path: Path) -> Path:
    path = tmp_path / "My Verses!.txt"
    path.write_text((verses / "verses.txt").read_text().replace("sea", "fjörd"), "utf-8")
    return path


def quick_train(text: Path, *overrides: str, **options: Any) -> Any:
    return train(
        text_recipe(text, **options),
        overrides=[*QUICK, *overrides],
        data_dir=text.parent,
        runs_dir=text.parent / "runs",
        quiet=True,
    )


def test_the_command_trains_and_the_page_finds_the_model(text: Path) -> None:
    command = [sys.executable, "-m", "lstm_zoo", "train", "--text", text.name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--set", *QUICK],
        cwd=text.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "in order: " in done.stdout
    assert "test" in done.stdout
    found = subprocess.run(
        [sys.executable, "-m", "lstm_zoo", "list", "*.my-verses"],
        cwd=text.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "char-lstm.my-verses" in found.stdout
    assert found.stdout.rstrip().endswith("trained")


def test_what_was_trained_here_is_loaded_by_its_name(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "runs" / "tiny.verses" / "checkpoint")
    monkeypatch.chdir(tmp_path)
    assert "tiny.verses" in lstm_zoo.list_models(cached=True)
    assert "tiny.verses" not in lstm_zoo.list_models()
    assert lstm_zoo.load("tiny.verses").generate("the", max_new_tokens=3)
    shutil.copytree(tiny_checkpoint, tmp_path / "weights" / "tiny.verses")
    monkeypatch.setattr(names, "WEIGHTS_DIR", tmp_path / "weights")
    assert names.find_checkpoint("tiny.verses") == tmp_path / "weights" / "tiny.verses"


@pytest.mark.parametrize("tokenizer", ["word", "bpe"])
def test_other_tokens_than_characters_can_be_taken(text: Path, tokenizer: str) -> None:
    folder, config = quick_train(text, tokenizer=tokenizer)
    assert config.name == f"{tokenizer}-lstm.my-verses"
    model = lstm_zoo.load(f"local-dir:{folder}")
    assert model.generate("the ship", max_new_tokens=5, seed=1)


@pytest.mark.parametrize("length", [0, *(size.bytes + 1 for size in SIZES[:-1])])
def test_every_size_of_a_file_gives_a_recipe(length: float, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    with open(path, "wb") as file:
        file.truncate(int(length))
    units = []
    for tokenizer in ("character", "word", "bpe"):
        recipe, _ = parse_recipe(text_recipe(path, tokenizer=tokenizer), "here")
        units.append(recipe.model.hidden_size)
    expected = next(size.hidden_size for size in SIZES if length <= size.bytes)
    assert units == [expected] * 3
    data, steps = recipe.data, recipe.batches.steps
    assert data.test_fraction == pytest.approx(min(0.1, MOST_TEST / max(1, length)))
    assert data.validation_fraction * length <= MOST_VALIDATION
    assert (steps is None) == (length <= SIZES[-2].bytes)  # else an epoch would take days


def test_a_run_of_a_text_that_was_changed_is_not_resumed(text: Path) -> None:
    quick_train(text)
    text.write_text("b" + text.read_text("utf-8"), "utf-8")
    with pytest.raises(UsageError, match=r"data\.sha256 was"):
        quick_train(text)


def test_fine_tuning_starts_from_the_rows_of_known_characters(
    tiny_checkpoint: Path, text: Path
) -> None:
    start = f"local-dir:{tiny_checkpoint}"
    source = load_checkpoint(tiny_checkpoint)
    still = ["optimizer.learning_rate=1e-12", "optimizer.weight_decay=0"]
    folder, config = quick_train(
        text, f"training.start_from={start}", *still, start=source.config.model
    )
    assert config.recipe["training"]["start_from"] == start
    tuned = load_checkpoint(folder)
    theirs, ours = source.preprocessing.characters, tuned.preprocessing.characters
    assert "j" in set(ours) - set(theirs)
    for name in ("embedding.weight", "output.weight", "output.bias"):
        own, given = tuned.model.get_parameter(name), source.model.get_parameter(name)
        for row, character in enumerate(ours):
            if character in theirs:
                torch.testing.assert_close(own[row], given[theirs.index(character)])
    layer = "layers.1.weight_hh_l0"
    torch.testing.assert_close(tuned.model.get_parameter(layer), source.model.get_parameter(layer))


def test_a_start_of_another_size_or_task_is_refused(tiny_checkpoint: Path, text: Path) -> None:
    start = f"training.start_from=local-dir:{tiny_checkpoint}"
    with pytest.raises(UsageError, match="take its sizes in the section model|built otherwise"):
        quick_train(text, start)
    with pytest.raises(UsageError, match="is for the task language, not gating"):
        train("lstm.parity", overrides=[start], runs_dir=text.parent / "runs", quiet=True)


def test_a_command_without_recipe_and_text_is_one_sentence() -> None:
    command = [sys.executable, "-m", "lstm_zoo", "train"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: name a recipe, or give a text of your own as --text")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match=r"there is no file 'nowhere\.txt'"):
        text_recipe(Path("nowhere.txt"))


def test_an_unknown_tokenizer_is_refused(text: Path) -> None:
    with pytest.raises(UsageError, match="no tokenizer 'words'; known: character, word, bpe"):
        text_recipe(text, tokenizer="words")
