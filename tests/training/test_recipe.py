"""Recipes are whole, and a mistake in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lstm_zoo.errors import UsageError
from lstm_zoo.task import get_task
from lstm_zoo.training.recipe import RECIPES, read_recipe, recipe_names

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
