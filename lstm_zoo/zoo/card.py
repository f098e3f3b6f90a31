"""Model cards and the table of checkpoints, written from config.json alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lstm_zoo.task import Task
from lstm_zoo.zoo.config import CheckpointConfig


def model_card(config: CheckpointConfig, task: Task, sample: str) -> str:
    """The README.md of a checkpoint, with the Hub's front matter.

    Args:
        config: the checkpoint's.
        task: what it is for.
        sample: Markdown that shows what the model does.
    """
    training = config.training
    return f"""---
{_front_matter(config, task)}
---

# {config.name}

{config.description} {task.title} by an LSTM of {config.parameters:,} parameters, from LSTM Zoo.

## Use

```python
import lstm_zoo as zoo

model = zoo.load("{config.name}")
{task.usage}
```

The weights are in `model.safetensors`, the preprocessing in `{task.preprocessing_file}`, all else
in `config.json`: nothing is pickled, and nothing needs this package to be read.

## How good it is

| metric | value | unit | part | protocol |
|---|---:|---|---|---|
{_metric_rows(config)}

Measured by `{_commands(config)}`.

## How it was trained

On {config.data["name"]} ({config.data["source"]}; {config.data["licence"]}), with the recipe
`{config.name}`: {training["epochs"]} epochs, the best after epoch {training["best_epoch"]} by the
validation part, in {_duration(training["seconds"])} at {training["tokens_per_second"]:,} tokens a
second on {_machine(training)}, with {training["peak_memory_megabytes"]:,} MB of memory. The test
part was read once, after the choice.

```json
{json.dumps({key: config.recipe[key] for key in _RECIPE_PARTS}, indent=1)}
```

## Limits

{task.limits}

## A sample

{sample}
"""


_RECIPE_PARTS = ("batches", "model", "optimizer", "schedule", "training")


def checkpoint_table(configs: Sequence[CheckpointConfig]) -> str:
    """A Markdown table of checkpoints."""
    rows = [
        "| checkpoint | what it does | data | parameters | test figure | trained in |",
        "|---|---|---|---:|---|---|",
    ]
    for config in configs:
        main = next(iter(config.metrics.values()))
        rows.append(
            f"| `{config.name}` | {config.description} | {config.data['name']} |"
            f" {config.parameters:,} | {main.value:.4f} {main.unit} |"
            f" {_duration(config.training['seconds'])}, {_machine(config.training)} |"
        )
    return "\n".join(rows)


def _front_matter(config: CheckpointConfig, task: Task) -> str:
    # JSON is YAML, and its quoting is the safe kind.
    entries: dict[str, Any] = {
        "license": config.licence,
        "library_name": "lstm-zoo",
        "pipeline_tag": task.pipeline_tag,
        "language": [config.language],
        "tags": ["lstm", "pytorch", "safetensors"],
    }
    return "\n".join(f"{key}: {json.dumps(value)}" for key, value in entries.items())


def _metric_rows(config: CheckpointConfig) -> str:
    return "\n".join(
        f"| {name} | {metric.value:.4f} | {metric.unit} | {metric.split} | {metric.protocol} |"
        for name, metric in config.metrics.items()
    )


def _commands(config: CheckpointConfig) -> str:
    return "`, `".join(dict.fromkeys(metric.command for metric in config.metrics.values()))


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _machine(training: dict[str, Any]) -> str:
    device, threads = training["device"], training["threads"]
    return f"{threads} CPU thread{'s' * (threads != 1)}" if device == "cpu" else device
