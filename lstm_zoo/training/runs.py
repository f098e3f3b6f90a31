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
from lstm_zoo.training.curve import curve_svg
from lstm_zoo.training.recipe import Recipe, parse_recipe

KEPT = ("recipe.yaml", "metrics.jsonl", "curve.svg", "state.pt", "checkpoint")


class RunFolder:
    """`runs/NAME/`: recipe.yaml, metrics.jsonl, its curve.svg, state.pt, at the end checkpoint/.

    The state holds the last and the best weights; it is replaced, so a run takes no more room the
    longer it lasts.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, restart: bool = False) -> None:
        """Make the folder if it is not there, and remove what a killed process left half written.

        Args:
            restart: forget a state that is there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        half_written = [found for name in KEPT for found in self.path.glob(f".{name}.*")]
        for path in half_written:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if restart:
            for path in (self._state_file, self._history_file, self._curve_file):
                path.unlink(missing_ok=True)

    @property
    def _state_file(self) -> Path:
        return self.path / "state.pt"

    @property
    def _history_file(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def _curve_file(self) -> Path:
        return self.path / "curve.svg"

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
        """Write the curve, one JSON object a line and epoch, and as a picture."""
        lines = [json.dumps(entry) + "\n" for entry in history]
        write_text(self._history_file, "".join(lines))
        write_text(self._curve_file, curve_svg(self.path.name, history))

    def read_history(self) -> list[dict[str, float]]:
        """The curve so far; `ValueError` if the file is broken."""
        if not self._history_file.exists():
            return []
        return [json.loads(line) for line in self._history_file.read_text("utf-8").splitlines()]

    def is_finished(self) -> bool:
        """Whether the checkpoint is that of the state, which is written first."""
        config = self.checkpoint / "config.json"
        if not config.exists() or not self._state_file.exists():
            return config.exists()
        return config.stat().st_mtime_ns >= self._state_file.stat().st_mtime_ns


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
