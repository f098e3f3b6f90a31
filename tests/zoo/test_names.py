"""Names, wildcards, and what is said when a name is wrong; and the checkpoints that ship."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants

import lstm_zoo as zoo
from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.training.train import evaluate
from lstm_zoo.zoo import names
from lstm_zoo.zoo.checkpoint import fingerprint_difference, load_checkpoint

SHIPPED = zoo.list_models()
EACH_SHIPPED = pytest.mark.parametrize("name", SHIPPED)
MINUTES = {
    "prob-lstm.sp500",
    "bilstm.imdb",
    "lm-lstm.imdb",
    "lm-lstm.imdb-teacher",
    "lm-lstm.imdb-assistant",
}
"""Those whose evaluation fits a GARCH model to each of 500 stocks, or reads 25,000 long reviews."""


@pytest.fixture
def weights_dir(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder that holds the tiny checkpoint under two names, and nothing elsewhere."""
    for name in ("tiny.verses", "tiny-twin.verses"):
        shutil.copytree(tiny_checkpoint, tmp_path / name)
    monkeypatch.setattr(names, "WEIGHTS_DIR", tmp_path)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.usefixtures("weights_dir")
class TestNames:
    def test_wildcards(self) -> None:
        assert zoo.list_models() == ["tiny-twin.verses", "tiny.verses"]
        assert zoo.list_models("*-twin.*") == ["tiny-twin.verses"]
        assert zoo.list_models("big*") == []

    @pytest.mark.parametrize(
        ("filters", "fit"),
        [
            ({"task": "language"}, True),
            ({"language": "en"}, True),
            ({"language": "zh"}, False),
            ({"data": "verses"}, True),
            ({"data": "Ver*"}, True),
            ({"data": "poems"}, False),
            ({"max_parameters": 10**6}, True),
            ({"max_parameters": 10}, False),
            ({"task": "language", "language": "en", "max_parameters": 10}, False),
        ],
    )
    def test_filters(self, filters: dict[str, Any], fit: bool) -> None:
        assert zoo.list_models("tiny.*", **filters) == ["tiny.verses"] * fit

    def test_a_filter_for_an_unknown_task_gets_the_nearest(self) -> None:
        with pytest.raises(UsageError, match="unknown task 'languag'; did you mean 'language'"):
            zoo.list_models(task="languag")

    def test_a_plain_name_loads(self) -> None:
        assert zoo.load("tiny.verses").generate("the", max_new_tokens=3)

    def test_a_typo_gets_the_nearest_name(self) -> None:
        with pytest.raises(UsageError, match=r"no model 'tiny.verse'; did you mean 'tiny.verses'"):
            zoo.load("tiny.verse")

    def test_a_path_gets_the_right_spelling(self) -> None:
        with pytest.raises(UsageError, match="write 'local-dir:weights/tiny.verses'") as raised:
            zoo.load("weights/tiny.verses")
        assert "'hf-hub:weights/tiny.verses' if it is owner/name on the Hub" in str(raised.value)

    def test_where_a_model_is_taken_from_is_shown_where_no_logging_is_set_up(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        zoo.load("tiny.verses")
        note = "note: tiny.verses is taken from weights/, which ships with the code\n"
        assert capsys.readouterr().err == note

    def test_a_missing_folder_is_named(self) -> None:
        with pytest.raises(UsageError, match="there is no folder '/nowhere'"):
            zoo.load("local-dir:/nowhere")

    def test_a_folder_that_holds_another_model_is_refused(self) -> None:
        with pytest.raises(CheckpointError, match=r"holds 'tiny\.verses', not 'tiny-twin\.verses'"):
            zoo.load("tiny-twin.verses")

    def test_a_folder_without_config_is_no_model(self, weights_dir: Path) -> None:
        (weights_dir / "unfinished.verses").mkdir()
        assert "unfinished.verses" not in zoo.list_models()

    @pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
    def test_an_absent_device_is_named(self) -> None:
        with pytest.raises(UsageError, match="cannot use the device 'cuda' here"):
            zoo.load("tiny.verses", device="cuda")

    def test_a_nonsense_device_is_named(self) -> None:
        with pytest.raises(UsageError, match="cannot use the device 'quantum' here"):
            zoo.load("tiny.verses", device="quantum")


def test_without_a_weights_folder_there_are_no_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "WEIGHTS_DIR", tmp_path / "none")
    assert zoo.list_models() == []
    with pytest.raises(UsageError, match="there is no model 'char-lstm'"):
        zoo.load("char-lstm")


@EACH_SHIPPED
def test_each_shipped_checkpoint_is_whole(name: str) -> None:
    checkpoint = load_checkpoint(names.find_checkpoint(name))
    assert checkpoint.config.name == name
    assert fingerprint_difference(checkpoint) < 1e-4


@EACH_SHIPPED
def test_each_shipped_checkpoint_is_under_its_size_limit(name: str) -> None:
    for path in names.find_checkpoint(name).iterdir():
        assert path.stat().st_size < 25 * 10**6


@EACH_SHIPPED
def test_each_shipped_checkpoint_came_from_its_recipe(name: str) -> None:
    from lstm_zoo.training.recipe import parse_recipe, read_recipe

    kept = load_checkpoint(names.find_checkpoint(name)).config.recipe
    # Read again: a key that is younger than the checkpoint has its default.
    assert parse_recipe(kept, name)[0] == read_recipe(name)[0]


@pytest.fixture
def all_cores() -> Iterator[None]:
    """More than the one thread of other tests, unless tests run in as many processes."""
    threads = torch.get_num_threads()
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))
    yield
    torch.set_num_threads(threads)


@pytest.mark.skipif("LSTM_ZOO_DATA" not in os.environ, reason="LSTM_ZOO_DATA is not set")
@pytest.mark.usefixtures("all_cores")
@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in MINUTES])
def test_each_card_holds_what_evaluate_measures(name: str) -> None:
    checkpoint, metrics = evaluate(name)
    for key, metric in metrics.items():
        entry = checkpoint.config.metrics[key]
        assert metric.value == pytest.approx(entry.value, abs=1e-4)
        assert (metric.split or "test") == entry.split
