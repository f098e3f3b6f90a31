"""Unlabelled texts are learned by what a trained model says of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import lstm_zoo as zoo
from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.data import SentimentData, SentimentDataConfig
from lstm_zoo.sentiment.task import TASK
from lstm_zoo.sentiment.tokenizer import UNKNOWN
from lstm_zoo.training.loop import Interrupted
from lstm_zoo.training.machine import make_accelerator
from lstm_zoo.training.train import train
from lstm_zoo.zoo.checkpoint import Checkpoint, load_checkpoint
from tests.tiny import train_tiny, write_recipe

from .made_up import RECIPE

ROOT = Path(__file__).parent.parent.parent
TEACHER: dict[str, Any] = {
    **RECIPE,
    "name": "tiny.teacher",
    "data": {**RECIPE["data"], "collections": ["imdb"], "unlabelled": True},
}


@pytest.fixture(scope="module")
def teacher(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher")
    return train_tiny(write_recipe(folder, TEACHER), reviews, folder)


@pytest.fixture(scope="module")
def recipe(teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model, started from the teacher and taught by it and by NB-SVM."""
    student = {
        **TEACHER,
        "name": "tiny.student",
        "data": {**TEACHER["data"], "self_training": True, "nb_svm": True},
        "model": {**TEACHER["model"], "output_dropout": 0.0},  # each process would drop others
        "training": {"epochs": 2, "save_every": 0, "start_from": f"local-dir:{teacher}"},
    }
    return write_recipe(tmp_path_factory.mktemp("recipes"), student)


@pytest.fixture(scope="module")
def student(recipe: Path, reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a run that was never stopped."""
    return train_tiny(recipe, reviews, tmp_path_factory.mktemp("runs"))


def taught(checkpoint: Checkpoint, reviews: Path) -> tuple[SentimentData, SentimentData]:
    """The data as read, and as a teacher leaves it."""
    document = {**TEACHER["data"], "self_training": True}
    config = SentimentDataConfig.model_validate(document)
    data = TASK.load_data_from(config, reviews, checkpoint.preprocessing)
    accelerator = make_accelerator("cpu", "fp32")
    source = (checkpoint.model, checkpoint.preprocessing)
    return data, TASK.teach(data, config, *source, accelerator)


def test_the_teacher_labels_what_nobody_has_labelled(teacher: Path, reviews: Path) -> None:
    data, found = taught(load_checkpoint(teacher), reviews)
    train_part, before = found.splits["train"], data.splits["train"]
    known, added = len(before.ids), len(data.unlabelled)
    assert known > 0 < added == len(train_part.ids) - known == len(train_part.labels) - known
    assert train_part.labels[:known].argmax(1).equal(before.labels)
    assert train_part.labels[:known].amax(1).eq(1).all()
    classifier = zoo.load(f"local-dir:{teacher}")
    for ids, said in zip(train_part.ids[known:], train_part.labels[known:], strict=True):
        expected = classifier.probabilities([ids])[0]
        assert said.tolist() == pytest.approx(expected.tolist(), abs=1e-5)
    assert {**found.splits, "train": None} == {**data.splits, "train": None}


def test_a_token_that_the_teacher_lacks_is_an_unknown_one_to_it(
    teacher: Path, reviews: Path
) -> None:
    checkpoint = load_checkpoint(teacher)
    data, expected = taught(checkpoint, reviews)
    row = data.unlabelled[0].copy()
    row[2] = UNKNOWN
    config = SentimentDataConfig.model_validate({**TEACHER["data"], "self_training": True})
    source = (checkpoint.model, checkpoint.preprocessing, make_accelerator("cpu", "fp32"))
    data.unlabelled[0] = row
    unknown = TASK.teach(data, config, *source).splits["train"].labels
    row[2] = len(checkpoint.preprocessing) + 3
    new = TASK.teach(data, config, *source).splits["train"].labels
    assert torch.equal(new, unknown)
    assert not torch.equal(new, expected.splits["train"].labels)


def test_a_student_learns_all_texts_and_resumes_to_the_same_weights(
    student: Path, recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    config = json.loads((student / "config.json").read_text("utf-8"))
    assert config["metrics"]["accuracy"]["value"] > 0.9
    steps = iter([False] * 17 + [True])
    with pytest.raises(Interrupted):
        train_tiny(recipe, reviews, tmp_path, should_stop=lambda: next(steps))
    texts = config["data"]["reviews"]["train"] + config["data"]["unlabelled reviews"]
    state = torch.load(tmp_path / "tiny.student" / "state.pt", weights_only=True)
    assert state["position"] == [1, 18 - -(-texts // 32)]
    resumed = train_tiny(recipe, reviews, tmp_path)
    one, other = (load_file(folder / "model.safetensors") for folder in (student, resumed))
    for name, weight in one.items():
        assert torch.equal(weight, other[name]), name


def test_the_run_of_another_recipe_is_refused_before_any_text_is_labelled(
    recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted):
        train_tiny(recipe, reviews, tmp_path, should_stop=lambda: True)
    labelled: list[str] = []

    def progress(batches: list[Any], what: str) -> list[Any]:
        labelled.append(what)
        return batches

    with pytest.raises(UsageError, match="training.epochs was 2, now 3"):
        train_tiny(recipe, reviews, tmp_path, overrides=["training.epochs=3"], progress=progress)
    assert labelled == []


def test_two_processes_divide_the_texts_that_are_labelled(
    student: Path, recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += ["-m", "lstm_zoo", "train", str(recipe), "--data-dir", str(reviews)]
    done = subprocess.run(
        [*command, "--runs-dir", str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    divided = load_file(tmp_path / "tiny.student" / "checkpoint" / "model.safetensors")
    for name, weight in load_file(student / "model.safetensors").items():
        torch.testing.assert_close(weight, divided[name], rtol=0, atol=5e-3, msg=name)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.start_from=null", r"data\.self_training needs training\.start_from"),
        ("data.unlabelled=false", "self_training needs unlabelled: true"),
        ("data.self_training=false", "nb_svm needs self_training: true"),
        ("data.labels=[bad, good]", "tells negative, positive apart, not bad, good: start from"),
    ],
)
def test_self_training_without_what_it_needs_is_refused(
    override: str, said: str, recipe: Path, reviews: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said):
        train(str(recipe), overrides=[override], data_dir=reviews, runs_dir=tmp_path, quiet=True)
