"""Recipes are whole, and a mistake in one is named."""

from __future__ import annotations

import gzip
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from lstm_zoo.errors import UsageError
from lstm_zoo.files import DATA_VARIABLE
from lstm_zoo.task import Batches, get_task
from lstm_zoo.training.loop import Trainer
from lstm_zoo.training.preparation import preparation_of
from lstm_zoo.training.recipe import RECIPES, Recipe, read_recipe, recipe_names
from lstm_zoo.training.runs import RunFolder
from tests.sentiment.made_up import write_small_imdb

SMALL = "char-lstm-small.shakespeare"


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_read(name: str) -> None:
    recipe, task = read_recipe(name)
    assert recipe.name == name
    assert isinstance(recipe.model, task.model_config)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_comments_each_of_its_keys(name: str) -> None:
    for line in (RECIPES / f"{name}.yaml").read_text("utf-8").splitlines():
        is_section = line.endswith(":")
        assert not line or is_section or "#" in line, f"no comment: {line}"


class Few:
    """The first batches of an epoch."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return min(3, len(self.batches))

    def __getitem__(self, step: int) -> Any:
        return self.batches[step]


def small(recipe: Recipe) -> Recipe:
    """The recipe with few units and one epoch after those that prepare, all else as it is."""
    given = {key for key, value in recipe.model.model_dump().items() if value}
    widths = {"hidden_size", "embedding_size", "d_model", "channels"}
    model = recipe.model.model_copy(update=dict.fromkeys(widths & given, 8))
    epochs = preparation_of(recipe, get_task(recipe.task)).epochs + 1
    training = recipe.training.model_copy(update={"epochs": epochs})
    return recipe.model_copy(update={"model": model, "training": training})


def data_folder(recipe: Recipe, tmp_path: Path) -> Path | None:
    """A folder with tiny data for the recipe; the real one for tasks that are not known here."""
    if recipe.task == "gating":
        return None
    if recipe.name == "lstm.my-series":
        rows = "\n".join(f"{math.sin(row / 3):.4f}" for row in range(600))
        (tmp_path / recipe.data.file).write_text(f"value\n{rows}\n")
        return tmp_path
    if "imdb" in getattr(recipe.data, "collections", ()):
        write_small_imdb(tmp_path)
        return tmp_path
    if recipe.task != "language":
        if DATA_VARIABLE not in os.environ:
            pytest.skip(f"{DATA_VARIABLE} does not name a folder of raw data")
        return Path(os.environ[DATA_VARIABLE])
    path = tmp_path / recipe.data.file
    path.parent.mkdir(parents=True)
    poems = [
        {"title": "静夜思", "paragraphs": [f"床前明月光，疑是地上霜。{chr(0x4E00 + number)}"]}
        for number in range(200)
    ]
    if recipe.data.format == "tang-poems":
        path.mkdir()
        (path / "poet.tang.0.json").write_text(json.dumps(poems), "utf-8")
    else:
        text = "To be, or not to be: that is the question.\n" * 200
        for name in filter(None, (recipe.data.file, recipe.data.test_file)):
            with (gzip.open if name.endswith(".gz") else open)(tmp_path / name, "wt") as file:
                file.write(text)
    return tmp_path


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_trains(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps with few units: the sections fit each other and the data."""
    recipe, task = read_recipe(name)
    has_sum = "sha256" in type(recipe.data).model_fields and recipe.task == "language"
    if has_sum or "imdb" in getattr(recipe.data, "collections", ()):
        changed = recipe.data.model_copy(update={"sha256": None})
        recipe = recipe.model_copy(update={"data": changed})
    data = task.load_data(recipe.data, data_folder(recipe, tmp_path))
    all_batches = task.batches
    monkeypatch.setattr(task, "batches", lambda *arguments: Few(all_batches(*arguments)))
    folder = RunFolder(tmp_path / "run")
    folder.open()
    outcome = Trainer(small(recipe), task, data, folder, "cpu", quiet=True).run()
    assert outcome.facts["best_epoch"] == outcome.facts["epochs"] == len(outcome.history)
    assert all(math.isfinite(entry["loss"]) for entry in outcome.history)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("model.hiden_size=3", "model: unknown key 'hiden_size'; did you mean 'hidden_size'"),
        ("optimizer.learning_rate=-1", "optimizer.learning_rate: input should be greater than 0"),
        ("optimizer.lr=1", "unknown key 'optimizer.lr'"),
        ("optimiser.learning_rate=1", "unknown key 'optimiser'; did you mean 'optimizer'"),
        ("training.epochs=many", "training.epochs: .*got 'many'"),
        ("model.hidden_size=0", "model: hidden_size: .*greater than or equal to 1"),
        ("task=languages", "unknown task 'languages'; did you mean 'language'"),
        (
            "schedule.kind=cosines",
            "schedule.kind: .*'constant', 'cosine', 'one-cycle' or 'plateau'",
        ),
        ("training.average_trigger=5", "take average_decay or average_trigger, not both"),
        ("nonsense", "--set needs section.key=value, got 'nonsense'"),
        ("name.x=1", "--set needs section.key=value"),
    ],
)
def test_a_mistake_is_named(override: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_recipe(SMALL, [override])


@pytest.mark.parametrize("name", recipe_names())
def test_a_size_that_a_cell_cannot_have_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=r"model: hidden_size should be a multiple of 4.*got 10"):
        read_recipe(name, ["model.cell=clockwork", "model.hidden_size=10"])


def test_weight_drop_of_a_cell_that_does_not_read_h_is_named() -> None:
    mingru = ["model.cell=mingru", "model.weight_drop=0.2"]
    with pytest.raises(UsageError, match="weight_drop needs a matrix that reads h.*: take 0$"):
        read_recipe(SMALL, mingru)
    read_recipe(SMALL, [*mingru, "model.weight_drop=0"])


def test_overrides_take_effect() -> None:
    recipe, _ = read_recipe(SMALL, ["optimizer.learning_rate=1e-4", "training.epochs=7"])
    assert recipe.optimizer.learning_rate == 1e-4
    assert recipe.training.epochs == 7


def test_an_unknown_recipe_gets_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=f"did you mean '{SMALL}'"):
        read_recipe("char-lstm-smal.shakespeare")


@pytest.mark.parametrize("content", ["a: [", "- 1", "name: x", ""])
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(content)
    with pytest.raises(UsageError):
        read_recipe(str(path))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    document = yaml.safe_load((RECIPES / f"{SMALL}.yaml").read_text("utf-8"))
    del document["training"]["epochs"]
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(UsageError, match="the key 'training.epochs' is missing"):
        read_recipe(str(path))


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown task 'zoo'"):
        get_task("zoo")
