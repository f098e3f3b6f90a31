"""The table of results: one row for each shipped checkpoint, from config.json alone.

`results.csv`, the README's table and the cards are written from it by one command, so that no
figure is copied by hand.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm_zoo.errors import CheckpointError, validated
from lstm_zoo.files import read_block, write_block, write_text
from lstm_zoo.zoo.card import data_used, duration, machine, megabytes, model_card
from lstm_zoo.zoo.checkpoint import CARD, CONFIG, as_json, load_checkpoint, read_config
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.reading import checkpoint_file

RESULTS, README, TABLE = "results.csv", "README.md", "checkpoints"
NOT_MEASURED = "not measured"
BESIDE = {
    "memoryless": "without a memory",
    "repeat_last": "last value repeated",
    "linear": "linear model",
    "random_walk": "random walk",
    "har": "HAR",
    "garch_t": "GARCH-t",
    "logistic_regression": "logistic regression",
    "nb_svm": "NB-SVM",
}
"""Simpler methods that the table has beside a model, by the end of their metric's name."""


def shipped_folders(weights_dir: Path) -> list[Path]:
    """The folders of the checkpoints that come with the code, sorted by name."""
    return sorted(path.parent for path in weights_dir.glob(f"*/{CONFIG}"))


def result_rows(folders: Sequence[Path]) -> list[dict[str, str]]:
    """A row for each checkpoint, as text; the figures of all metrics have a column each.

    Args:
        folders: of the checkpoints.

    Raises:
        CheckpointError: one cannot be read.
    """
    rows = []
    for folder in folders:
        config = read_config(folder)
        size = sum(checkpoint_file(folder, name).stat().st_size for name in config.sha256)
        rows.append(result_row(config, size))
    columns = dict.fromkeys(column for row in rows for column in row)
    return [{column: row.get(column, "") for column in columns} for row in rows]


def result_row(config: CheckpointConfig, size: int) -> dict[str, str]:
    """The row of a checkpoint; what is not known is empty.

    Args:
        config: the checkpoint's.
        size: of the weights and the preprocessing, in bytes.
    """
    training, speed = config.training, config.speed
    metric = next(iter(config.metrics), "")
    return {
        "name": config.name,
        "task": config.task,
        "description": config.description,
        "data": data_used(config),
        "licence": config.licence,
        "parameters": str(config.parameters),
        "bytes": str(size),
        "training_seconds": str(training.get("seconds", "")),
        "training_machine": machine(training) if "seconds" in training else "",
        "speed": f"{speed.value:.0f}" if speed else "",
        "speed_unit": speed.unit if speed else "",
        "speed_machine": speed.machine if speed else "",
        "metric": metric,
        "unit": config.metrics[metric].unit if metric else "",
        "split": config.metrics[metric].split if metric else "",
        **{f"test_{key}": str(entry.value) for key, entry in config.metrics.items()},
    }


def results_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """The rows as comma-separated values, with a line of names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0] if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_results(text: str) -> list[dict[str, str]]:
    """The rows of a `results.csv`."""
    return list(csv.DictReader(io.StringIO(text)))


def checkpoint_table(rows: Sequence[Mapping[str, str]]) -> str:
    """A Markdown table of checkpoints, from the rows of `results.csv`."""
    lines = [
        "| checkpoint | what it does | data | parameters | size | test figure | beside it | speed"
        " | training |",
        "|---|---|---|---:|---:|---|---|---|---|",
    ]
    for row in rows:
        figure, speed, trained = NOT_MEASURED, NOT_MEASURED, "elsewhere"
        if row["metric"]:
            figure = f"{float(row['test_' + row['metric']]):.4f} {row['unit']}"
            if row["split"] != "test":
                figure += f" ({row['split']} part)"
        beside = ", ".join(
            f"{float(row[column]):.4f} {words}"
            for key, words in BESIDE.items()
            if row.get(column := f"test_{row['metric']}_{key}")
        )
        if row["speed"]:
            speed = f"{int(row['speed']):,} {row['speed_unit']}"
        if row["training_seconds"]:
            trained = f"{duration(float(row['training_seconds']))}, {row['training_machine']}"
        lines.append(
            f"| `{row['name']}` | {row['description']} | {row['data']} |"
            f" {int(row['parameters']):,} | {megabytes(int(row['bytes']))} | {figure} | {beside} |"
            f" {speed} | {trained} |"
        )
    return "\n".join(lines)


def rewrite(folder: Path, **changes: Any) -> CheckpointConfig:
    """Write a checkpoint's config.json in the newest format, and its card anew.

    Args:
        folder: the checkpoint's.
        changes: fields of the config that get another value.

    Returns:
        The config that was written.

    Raises:
        CheckpointError: the checkpoint is not whole.
        UsageError: a change is not of the field's kind.
    """
    checkpoint = load_checkpoint(folder)
    task, document = checkpoint.task, checkpoint.config.model_dump(mode="json")
    if not document["sample"]:  # format version 1 kept it in the card alone
        document["sample"] = task.sample(task.predictor(checkpoint.model, checkpoint.preprocessing))
    config = validated(CheckpointConfig, document | changes, str(folder / CONFIG))
    write_text(folder / CONFIG, as_json(config.model_dump(mode="json")))
    write_text(folder / CARD, model_card(config, task))
    return config


def rewrite_all(weights_dir: Path, runs_dir: Path) -> list[str]:
    """Write the cards of all shipped checkpoints, `results.csv` and the README's table anew.

    A learning curve that a checkpoint lacks is taken from the run that made it, if that is there.

    Args:
        weights_dir: holds the checkpoints; the other files lie beside it.
        runs_dir: holds the folders of runs.

    Returns:
        The names of the checkpoints.

    Raises:
        UsageError: the README is not there or has no place for the table.
        CheckpointError: a checkpoint is not whole.
    """
    readme = weights_dir.parent / README
    read_block(readme, TABLE)  # or raise before anything is written
    folders = shipped_folders(weights_dir)
    for folder in folders:
        config = read_config(folder)
        curve = run_history(runs_dir / folder.name, config)
        rewrite(folder, **({"history": curve} if curve and not config.history else {}))
    rows = result_rows(folders)
    write_text(weights_dir.parent / RESULTS, results_csv(rows))
    write_block(readme, TABLE, checkpoint_table(rows))
    return [folder.name for folder in folders]


def run_history(run: Path, config: CheckpointConfig) -> list[dict[str, Any]]:
    """The learning curve of a run's folder if it is the run of this checkpoint, else nothing."""
    path = run / "metrics.jsonl"
    if not path.is_file():
        return []
    try:
        history = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    except ValueError as error:
        raise CheckpointError(f"{path} is not lines of JSON: {error}") from None
    # Two runs agree in a training loss to the last bit only if they are the same.
    ours = history and history[-1].get("loss") == config.training.get("last_training_loss")
    return history if ours else []
