"""Imports run one way: from the ground up, and in no circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lstm_zoo"

ALLOWED: dict[str, set[str]] = {
    "cells": set(),
    "regularization": set(),
    "sampled_softmax": set(),
    "initialization": {"cells", "errors", "task"},
    "task": set(),
    "files": {"errors"},
    "errors": {"task"},
    "adopting": {"errors"},
    "recurrent": {"cells", "regularization"},
    "conversion": {"cells", "recurrent", "errors", "task"},
    "inspection": {"cells", "recurrent", "task", "files", "errors"},
    "language": {
        "cells",
        "recurrent",
        "regularization",
        "sampled_softmax",
        "initialization",
        "adopting",
        "task",
        "files",
        "errors",
    },
    "forecasting": {
        "cells",
        "recurrent",
        "initialization",
        "adopting",
        "task",
        "files",
        "errors",
    },
    "gating": {"cells", "recurrent", "initialization", "task", "errors"},
    "sentiment": {
        "recurrent",
        "regularization",
        "sampled_softmax",
        "initialization",
        "adopting",
        "task",
        "files",
        "errors",
    },
    "zoo": {"task", "files", "errors"},
    "training": {"zoo", "task", "files", "errors"},
    "ui": {
        "zoo",
        "training",
        "inspection",
        "language",
        "forecasting",
        "sentiment",
        "task",
        "files",
        "errors",
    },
    "cli": {"zoo", "training", "inspection", "forecasting", "sentiment", "task", "files", "errors"},
    "__main__": {"cli"},
    "__init__": {
        "cells",
        "conversion",
        "errors",
        "initialization",
        "inspection",
        "recurrent",
        "zoo",
    },
}
"""Part -> parts that it may import."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    """Parts of the package that a file imports, wherever in the file."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            modules.add(node.module or "")
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = {module.split(".")[1] for module in modules if module.startswith("lstm_zoo.")}
    return {part for part in parts if part in ALLOWED} - {part_of(path)}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_a_file_imports_only_what_lies_below_it(path: Path) -> None:
    assert imported_parts(path) <= ALLOWED[part_of(path)]


def test_every_part_has_its_place() -> None:
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")}
    assert parts == ALLOWED.keys()


def test_no_task_imports_another() -> None:
    tasks = {path.parent.name for path in PACKAGE.glob("*/task.py")}
    for task in tasks:
        assert not (tasks - {task}) & ALLOWED[task]


@pytest.mark.parametrize(
    "heavy",
    [
        "gradio",
        "accelerate",
        "yaml",
        "opencc",
        "pandas",
        "onnx",
        "onnxruntime",
        "captum",
        "tokenizers",
        "statsmodels",
        "plotly",
    ],
)
def test_the_package_is_imported_without_what_only_the_page_or_training_needs(heavy: str) -> None:
    code = f"import sys, lstm_zoo; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
