"""Cards and tables: what the Hub reads in them, and that they say what config.json says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index

from lstm_zoo.errors import UsageError
from lstm_zoo.task import get_task
from lstm_zoo.zoo import names
from lstm_zoo.zoo.card import model_card
from lstm_zoo.zoo.checkpoint import load_checkpoint, read_config
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.names import WEIGHTS_DIR
from lstm_zoo.zoo.results import (
    checkpoint_table,
    read_results,
    result_row,
    result_rows,
    results_csv,
    rewrite,
    rewrite_all,
    run_history,
    shipped_folders,
)

ROOT = WEIGHTS_DIR.parent
SHIPPED = shipped_folders(WEIGHTS_DIR)
EACH_SHIPPED = pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)


@pytest.fixture
def config(tiny_checkpoint: Path) -> CheckpointConfig:
    return read_config(tiny_checkpoint)


def card_of(config: CheckpointConfig) -> str:
    return model_card(config, get_task(config.task))


def test_the_card_says_what_the_config_says(tiny_checkpoint: Path) -> None:
    config = read_config(tiny_checkpoint)
    card = (tiny_checkpoint / "README.md").read_text("utf-8")
    assert card == card_of(config)
    for metric in config.metrics.values():
        assert f"{metric.value:.4f}" in card
        assert metric.protocol in card
        assert metric.command in card
    assert f"{config.parameters:,} parameters" in card
    assert config.sample in card


def test_the_card_says_on_how_much_a_model_was_trained(config: CheckpointConfig) -> None:
    assert "tokens a second on 1 CPU thread, with" in card_of(config)
    training = config.training | {"processes": 2, "threads": 3}
    card = card_of(config.model_copy(update={"training": training}))
    assert "tokens a second on 2 processes of 3 CPU threads each, with" in card


def test_all_that_a_model_has_learned_from_is_named(config: CheckpointConfig) -> None:
    name = config.data["name"]
    assert result_row(config, 0)["data"] == name
    recipe = config.recipe | {"data": {"unlabelled": True}, "training": {"start_from": "lstm.old"}}
    more = config.model_copy(update={"recipe": recipe})
    used = f"{name}, with its unlabelled texts, started from lstm.old"
    assert result_row(more, 0)["data"] == used
    assert f"On {used} (" in card_of(more)
    taught = recipe | {"data": {"unlabelled": True, "self_training": True}}
    row = result_row(config.model_copy(update={"recipe": taught}), 0)
    assert row["data"] == f"{name}, with its unlabelled texts, started from and taught by lstm.old"
    by_both = taught | {"data": taught["data"] | {"nb_svm": True}}
    row = result_row(config.model_copy(update={"recipe": by_both}), 0)
    assert row["data"].endswith("started from and taught by lstm.old and NB-SVM")
    strange = config.model_copy(update={"recipe": {"data": "all", "training": ["much"]}})
    assert result_row(strange, 0)["data"] == name


@EACH_SHIPPED
def test_each_shipped_card_is_what_the_command_writes(folder: Path) -> None:
    card = (folder / "README.md").read_text("utf-8")
    assert card == card_of(read_config(folder)), "run: python -m lstm_zoo cards"


def test_results_csv_is_what_the_command_writes() -> None:
    text = (ROOT / "results.csv").read_text("utf-8")
    assert text == results_csv(result_rows(SHIPPED)), "run: python -m lstm_zoo cards"


def test_the_hub_reads_metadata_and_metrics(config: CheckpointConfig) -> None:
    data = ModelCard(card_of(config)).data
    assert data.license == "apache-2.0"
    assert data.library_name == "lstm-zoo"
    assert data.pipeline_tag == "text-generation"
    assert data.language == ["en"]
    assert data.datasets == ["verses"]
    assert data.model_name == config.name
    assert [result.metric_value for result in data.eval_results] == [
        round(metric.value, 4) for metric in config.metrics.values()
    ]
    first = data.eval_results[0]
    assert (first.dataset_name, first.dataset_split) == ("Verses", "test")
    assert (first.metric_type, first.metric_name) == (
        "nats-per-character",
        "nats (nats per character)",
    )
    assert "windows of 256" in first.metric_args["protocol"]
    # What the Hub's own client would write of these results is one entry too: one part of the data.
    assert len(eval_results_to_model_index(config.name, data.eval_results)[0]["results"]) == 1


@EACH_SHIPPED
def test_the_hub_reads_each_shipped_card(folder: Path) -> None:
    data = ModelCard.load(folder / "README.md").data
    assert data.model_name == folder.name
    assert len(data.eval_results) == len(read_config(folder).metrics)


def test_the_python_of_the_card_runs(
    tiny_checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path(shutil.copytree(tiny_checkpoint, tmp_path / "tiny.verses"))
    monkeypatch.setattr(names, "WEIGHTS_DIR", tmp_path)
    monkeypatch.chdir(folder)
    use, plain = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.S)
    exec(compile(use, "card", "exec"), {})
    assert len(capsys.readouterr().out) == 301
    exec(compile(plain, "card", "exec"), {})
    assert len(capsys.readouterr().out) == 300


def test_a_long_learning_curve_is_thinned_but_keeps_its_end(config: CheckpointConfig) -> None:
    history = [
        {"epoch": epoch, "loss": 2.0, "validation_nats": 3 - epoch / 100} for epoch in range(1, 101)
    ]
    card = card_of(config.model_copy(update={"history": history}))
    rows = re.findall(r"^ +(\d+) +2\.0000 +([\d.]+) (#+|\|)$", card, re.M)
    assert 15 < len(rows) <= 24
    assert rows[-1] == ("100", "2.0000", "|")
    assert rows[0][2] == "#" * 40


def test_a_model_without_figures_says_so(config: CheckpointConfig) -> None:
    unknown = {"name": "unknown", "source": "unknown", "licence": "unknown"}
    foreign = config.model_copy(
        update={
            "metrics": {},
            "recipe": {},
            "history": [],
            "data": unknown,
            "training": {"imported_from": "theirs.safetensors"},
        }
    )
    card = card_of(foreign)
    assert "Not measured." in card
    assert "imported from `theirs.safetensors`" in card
    assert "epochs" not in card
    data = ModelCard(card).data
    assert data.eval_results is None
    assert data.datasets is None


@pytest.fixture
def repository(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A folder like this one: a README with a place for the table, weights, and a run."""
    shutil.copytree(tiny_checkpoint, tmp_path / "weights" / "tiny.verses")
    shutil.copytree(tiny_checkpoint.parent, tmp_path / "runs" / "tiny.verses")
    (tmp_path / "README.md").write_text("a\n<!-- checkpoints: x -->\nold\n<!-- /checkpoints -->\nb")
    return tmp_path


def test_one_command_writes_cards_and_tables(repository: Path) -> None:
    folder = repository / "weights" / "tiny.verses"
    speed = {
        "value": 1234.0,
        "unit": "tokens/s",
        "protocol": "one text",
        "machine": "an abacus",
        "command": "count",
    }
    metrics = read_config(folder).metrics
    nats = metrics["nats"].model_copy(update={"split": "validation"})
    simpler = metrics["nats"].model_copy(update={"value": 3.5})
    rewrite(folder, speed=speed, metrics=metrics | {"nats": nats, "nats_nb_svm": simpler})
    rewrite_all(repository / "weights", repository / "runs")
    config = load_checkpoint(folder).config
    assert len(config.history) == 2
    card = (folder / "README.md").read_text("utf-8")
    assert "1,234 tokens/s on an abacus" in card
    assert "epoch training loss" in card
    rows = read_results((repository / "results.csv").read_text("utf-8"))
    assert rows == result_rows([folder])
    assert float(rows[0]["test_nats"]) == config.metrics["nats"].value
    readme = (repository / "README.md").read_text("utf-8")
    assert (
        readme == f"a\n<!-- checkpoints: x -->\n{checkpoint_table(rows)}\n<!-- /checkpoints -->\nb"
    )
    figure = f"{config.metrics['nats'].value:.4f} nats per character (validation part)"
    assert f"| {figure} | 3.5000 NB-SVM | 1,234 tokens/s |" in readme
    assert "test part was read once" in card  # other figures are of the test part


def test_the_curve_of_another_run_is_not_taken(repository: Path) -> None:
    run = repository / "runs" / "tiny.verses"
    lines = (run / "metrics.jsonl").read_text("utf-8").splitlines()
    last = json.loads(lines[-1])
    (run / "metrics.jsonl").write_text(json.dumps(last | {"loss": last["loss"] + 1e-9}))
    assert run_history(run, read_config(repository / "weights" / "tiny.verses")) == []


def test_a_readme_without_a_place_for_the_table_is_named(repository: Path) -> None:
    (repository / "README.md").write_text("nothing")
    with pytest.raises(UsageError, match=r"README\.md has no <!-- checkpoints"):
        rewrite_all(repository / "weights", repository / "runs")
