"""The folder of a run: its recipe, its curve, and the state it resumes from."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import torch
import yaml

from lstm_zoo.errors import UsageError
from lstm_zoo.files import whole_file, write_text
from lstm_zoo.training.recipe import Recipe, parse_recipe


class RunFolder:
    """`runs/NAME/`: recipe.yaml, metrics.jsonl, state.pt and, at the end, checkpoint/.

    Args:
        path: the folder; made if it is not there.
        restart: forget a state that is there.
    """

    def __init__(self, path: Path, restart: bool = False) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        names = ("recipe.yaml", "metrics.jsonl", "state.pt", "checkpoint")
        half_written_files = [found for name in names for found in path.glob(f".{name}.*")]
        for half_written in half_written_files:  # by a process that was killed
            if half_written.is_dir():
                shutil.rmtree(half_written, ignore_errors=True)
            else:
                half_written.unlink(missing_ok=True)
        if restart:
            self._state_file.unlink(missing_ok=True)
            self._history_file.unlink(missing_ok=True)

    @property
    def _state_file(self) -> Path:
        return self.path / "state.pt"

    @property
    def _history_file(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        """Where the trained checkpoint goes."""
        return self.path / "checkpoint"

    def save_state(self, recipe: Recipe, state: dict[str, Any]) -> None:
        """Write the state, whole or not at all."""
        document = recipe.model_dump(mode="json")
        text, path = yaml.safe_dump(document, sort_keys=False), self.path / "recipe.yaml"
        if not path.exists() or path.read_text("utf-8") != text:
            write_text(path, text)
        with whole_file(self._state_file) as temporary:
            # Through memory: on a full disk torch's own writer hides the reason.
            buffer = io.BytesIO()
            torch.save({"recipe": document, **state}, buffer)
            temporary.write_bytes(buffer.getbuffer())

    def load_state(self, recipe: Recipe) -> dict[str, Any] | None:
        """The saved state, its tensors on the CPU, or None if there is none.

        Raises:
            UsageError: the state is of another recipe; says where they differ.
        """
        if not self._state_file.exists():
            return None
        state: dict[str, Any] = torch.load(self._state_file, map_location="cpu", weights_only=True)
        # Read again: a key that came with a newer version of the package gets its default.
        old, _ = parse_recipe(state["recipe"], f"the recipe in {self._state_file}")
        differences = _differences(old.model_dump(mode="json"), recipe.model_dump(mode="json"))
        if differences:
            raise UsageError(
                f"{self.path} holds a run of another recipe ({'; '.join(differences)}): resume it"
                " with the same recipe, or start anew with --restart"
            )
        return _upgraded(state)

    def write_history(self, history: list[dict[str, float]]) -> None:
        """Write the curve, one JSON object a line and epoch."""
        lines = [json.dumps(entry) + "\n" for entry in history]
        write_text(self._history_file, "".join(lines))


def _upgraded(state: dict[str, Any]) -> dict[str, Any]:
    """A state of any version as one of the newest."""
    if "processes" not in state:  # until there could be several, and parts of a batch
        generators = state.pop("random_cuda")
        own = {
            "carried": [state.pop("carried")],
            "random": state.pop("random"),
            "random_cuda": generators[0] if generators else None,
        }
        state |= {"processes": [own], "scaler": None}
    if "skipped" not in state:
        state |= {"skipped": [0, 0, 0], "averaging": state["average"] is not None}
    return state


def _differences(old: Any, new: Any, key: str = "") -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for name in dict.fromkeys([*old, *new]):
            found += _differences(old.get(name), new.get(name), f"{key}.{name}".lstrip("."))
        return found
    return [] if old == new else [f"{key} was {old!r}, now {new!r}"]
