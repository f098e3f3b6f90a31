"""The spread over seeds is that of runs that differ in the seed alone, and stands in the card."""

from __future__ import annotations

import importlib
import shutil
import statistics
from pathlib import Path
from types import ModuleType

import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.zoo.checkpoint import load_checkpoint, read_config

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
SEEDS = 2


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    module = importlib.import_module("sentiment_seeds")
    monkeypatch.setattr(module, "RUNS", tmp_path / "runs")
    return module


def test_the_spread_over_seeds_stands_in_the_card(
    command: ModuleType,
    tiny_sentiment_recipe: Path,
    hotels: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, weights = "tiny.hotel", tmp_path / "weights"
    shutil.copy(tiny_sentiment_recipe, tmp_path / f"{name}.yaml")
    monkeypatch.setattr("lstm_zoo.training.recipe.RECIPES", tmp_path)
    arguments = [name, "--data-dir", str(hotels), "--seeds", str(SEEDS)]
    command.main(arguments, weights)  # nothing is shipped yet
    folders = [tmp_path / f"runs/seed-{seed}/{name}/checkpoint" for seed in range(SEEDS)]
    configs = [read_config(folder) for folder in folders]
    assert [config.recipe["training"]["seed"] for config in configs] == [0, 1]
    assert configs[0].sha256 != configs[1].sha256
    values = [config.metrics["accuracy"].value for config in configs]
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    said = f"{name}: accuracy {mean:.4f} ± {deviation:.4f}, 2 seeds"
    assert said in capsys.readouterr().out

    shutil.copytree(folders[1], weights / name)
    monkeypatch.setattr(command, "train", None)  # is not asked a second time
    command.main(arguments, weights)
    shipped = load_checkpoint(weights / name).config
    assert shipped.metrics["accuracy"] == configs[1].metrics["accuracy"]
    assert shipped.metrics["accuracy_mean"].value == mean
    assert shipped.metrics["accuracy_deviation"].value == deviation
    card = (weights / name / "README.md").read_text("utf-8")
    assert f"| accuracy_mean | {mean:.4f} | share of right answers | test | mean of 2" in card
    assert f"sentiment_seeds.py {name} --seeds 2`" in card

    changed = tiny_sentiment_recipe.read_text("utf-8").replace("hidden_size: 6", "hidden_size: 7")
    (tmp_path / f"{name}.yaml").write_text(changed, "utf-8")
    entries = [config.metrics["accuracy"] for config in configs]
    with pytest.raises(UsageError, match="is of another recipe than tiny.hotel is now"):
        command.write_down(name, command.spread(name, entries), weights)


def test_one_seed_is_refused(command: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["bilstm.sst2", "--seeds", "1"])
    assert "one seed has no spread" in capsys.readouterr().err


@pytest.mark.parametrize("values", [[0.5, 0.7, 0.6]])
def test_mean_and_deviation_are_those_of_a_sample(
    command: ModuleType, values: list[float], tiny_classifier: Path
) -> None:
    accuracy = read_config(tiny_classifier).metrics["accuracy"]
    entries = [accuracy.model_copy(update={"value": value}) for value in values]
    metrics = command.spread("x.y", entries)
    assert metrics["accuracy_mean"].value == pytest.approx(0.6)
    assert metrics["accuracy_deviation"].value == pytest.approx(0.1)
    assert metrics["accuracy_mean"].command == "python benchmarks/sentiment_seeds.py x.y"
    assert "0.5000, 0.7000, 0.6000" in metrics["accuracy_mean"].protocol
