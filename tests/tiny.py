"""Small models, trained by the real loop in a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lstm_zoo.training.train import train


def write_recipe(folder: Path, recipe: Mapping[str, Any]) -> Path:
    """The file of a recipe."""
    path = folder / f"{recipe['name']}.yaml"
    path.write_text(yaml.safe_dump(recipe), "utf-8")
    return path


def train_tiny(recipe: Path, data: Path, runs: Path, **options: Any) -> Path:
    """The folder of a checkpoint trained on the CPU; `options` are those of `train`."""
    folder, _ = train(
        str(recipe), data_dir=data, runs_dir=runs, device="cpu", quiet=True, **options
    )
    return folder
