"""Model cards: the README.md of a checkpoint, written from its config.json alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lstm_zoo.files import slug
from lstm_zoo.task import Task
from lstm_zoo.zoo.config import CheckpointConfig, CurvePoint, TrainingFacts

UNKNOWN = "unknown"
OTHER = "other"
CURVE_ROWS, CURVE_WIDTH = 24, 40
SELDOM = {"imported_from", "preparing_epochs", "processes"}
"""Facts that most trainings lack."""
RECIPE_PARTS = ("batches", "model", "optimizer", "schedule", "training")


def model_card(config: CheckpointConfig, task: Task) -> str:
    """The README.md of a checkpoint, with the Hub's front matter.

    Args:
        config: the checkpoint's.
        task: what it is for.
    """
    sections = {
        f"# {config.name}": f"{config.description} {task.title} by an LSTM of"
        f" {config.parameters:,} parameters, from LSTM Zoo.",
        "## Use": f"""```python
import lstm_zoo as zoo

model = zoo.load("{config.name}")
{task.usage}
```""",
        "## Use it without this package": "In the checkpoint's folder, with PyTorch and safetensors"
        f" alone:\n\n```python\n{task.plain_torch_example(config.model)}```\n\nThe weights are in"
        f" `model.safetensors`, the preprocessing in `{task.preprocessing_file}`, all else in"
        " `config.json`; nothing is pickled.",
        "## How good it is": _evaluation(config),
        "## How it was trained": _training(config),
        "## Limits and biases": task.limits,
        "## A sample": config.sample,
    }
    body = "\n\n".join(f"{title}\n\n{text}" for title, text in sections.items() if text)
    return f"---\n{_front_matter(config, task)}\n---\n\n{body}\n"


def duration(seconds: float) -> str:
    """A time in words, as tables have it."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def megabytes(size: int) -> str:
    """A number of bytes, as tables have it."""
    return f"{size / 1e6:.2f} MB"


def machine(training: TrainingFacts) -> str:
    """Where a model was trained, in words."""
    device, threads = training.get("device", UNKNOWN), training.get("threads", 1)
    own = f"{threads} CPU thread{'s' * (threads != 1)}" if device == "cpu" else device
    processes = training.get("processes", 1)
    return own if processes == 1 else f"{processes} processes of {own} each"


def _front_matter(config: CheckpointConfig, task: Task) -> str:
    entries: dict[str, Any] = {
        "license": config.licence,
        "library_name": "lstm-zoo",
        "pipeline_tag": task.pipeline_tag,
        "language": [config.language],
        "datasets": [slug(config.data["name"], OTHER)],
        "tags": ["lstm", "pytorch", "safetensors"],
    }
    if config.data["name"] == UNKNOWN:
        del entries["datasets"]
    if config.metrics:
        entries["model-index"] = [{"name": config.name, "results": _results(config, task)}]
    # JSON is YAML, and its quoting is the safe kind.
    return "\n".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()
    )


def _results(config: CheckpointConfig, task: Task) -> list[dict[str, Any]]:
    """The metrics as the Hub reads them: one entry for each part of the data."""
    name = config.data["name"]
    return [
        {
            "task": {"type": task.pipeline_tag, "name": task.title},
            "dataset": {"type": slug(name, OTHER), "name": name, "split": split},
            "metrics": [
                {
                    "type": slug(metric.unit, OTHER),
                    "name": f"{key} ({metric.unit})",
                    "value": round(metric.value, 4),
                    "args": {"protocol": metric.protocol},
                }
                for key, metric in config.metrics.items()
                if metric.split == split
            ],
        }
        for split in dict.fromkeys(metric.split for metric in config.metrics.values())
    ]


def _evaluation(config: CheckpointConfig) -> str:
    if config.metrics:
        rows = [
            f"| {name} | {metric.value:.4f} | {metric.unit} | {metric.split} | {metric.protocol} |"
            for name, metric in config.metrics.items()
        ]
        head = "| metric | value | unit | part | protocol |\n|---|---:|---|---|---|"
        commands = "`, `".join(dict.fromkeys(m.command for m in config.metrics.values()))
        text = "\n".join([head, *rows]) + f"\n\nMeasured by `{commands}`."
    else:
        text = "Not measured."
    if note := config.recipe.get("note"):
        text += f"\n\n{note}"
    if config.speed:
        speed = config.speed
        text += (
            f"\n\nSpeed: {speed.value:,.0f} {speed.unit} on {speed.machine}: {speed.protocol}."
            f" Measured by `{speed.command}`."
        )
    return text


def _training(config: CheckpointConfig) -> str:
    training, data = config.training, config.data
    if "imported_from" in training:
        text = (
            f"Elsewhere: it was imported from `{training['imported_from']}`. Data: {data['name']}"
            f" (source: {data['source']}; licence: {data['licence']})."
        )
    else:
        text = f"On {data_used(config)} ({data['source']}; {data['licence']})"
        text += f", with the recipe `{config.name}`" * bool(config.recipe)
        if TrainingFacts.__optional_keys__ - SELDOM <= training.keys():
            first = training.get("preparing_epochs")
            text += f": {training['epochs']} epochs"
            text += f", of which the first {first} prepared the model" if first else ""
            text += (
                f", the best after epoch {training['best_epoch']} by the validation part, in"
                f" {duration(training['seconds'])} at {training['tokens_per_second']:,} tokens a"
                f" second on {machine(training)}, with {training['peak_memory_megabytes']:,} MB of"
                " memory"
            )
            if any(metric.split == "test" for metric in config.metrics.values()):
                text += ". The test part was read once, after the choice"
        text += "."
    if config.history:
        text += f"\n\n{_learning_curve(config.history)}"
    parts = {key: config.recipe[key] for key in RECIPE_PARTS if key in config.recipe}
    if parts:
        text += f"\n\n```json\n{json.dumps(parts, indent=1, ensure_ascii=False)}\n```"
    return text


def data_used(config: CheckpointConfig) -> str:
    """What a checkpoint has learned from: its data set, and what else there was.

    Args:
        config: the checkpoint's.
    """
    used: str = config.data["name"]
    # A checkpoint of someone else's may hold anything here.
    sections = (config.recipe.get(name) for name in ("data", "training"))
    data, training = (one if isinstance(one, dict) else {} for one in sections)
    if data.get("unlabelled"):
        used += ", with its unlabelled texts"
    start = training.get("start_from")
    how = "started from and taught by" if data.get("self_training") else "started from"
    other = " and NB-SVM" if data.get("nb_svm") else ""
    return used + (f", {how} {start}{other}" if start else "")


def _learning_curve(history: Sequence[CurvePoint]) -> str:
    """The validation metric of each epoch as a bar; some epochs are left out of a long run.

    So are those that prepared the model, by another loss and without a metric.
    """
    keys = [key for point in history for key in point if key.startswith("validation_")]
    key = next(iter(keys), "loss")
    history = [point for point in history if key in point]
    step = -(-len(history) // CURVE_ROWS)
    rows = history[(len(history) - 1) % step :: step]  # the last one is always there
    values = [point[key] for point in rows]
    low, high = min(values), max(values)
    lines = [
        f"{point['epoch']:>5} {point['loss']:>13.4f} {value:>16.4f} "
        + ("#" * round(CURVE_WIDTH * (value - low) / ((high - low) or 1)) or "|")
        for point, value in zip(rows, values, strict=True)
    ]
    title = f"epoch training loss {key.replace('_', ' '):>16} (bars from {low:.4f} to {high:.4f})"
    return "```text\n" + "\n".join([title, *lines]) + "\n```"
