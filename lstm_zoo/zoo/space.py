"""The page as a Space: the folder as it is, in a repository that the Hub runs."""

from __future__ import annotations

import os
from pathlib import Path

from lstm_zoo.errors import UsageError
from lstm_zoo.zoo.names import WEIGHTS_DIR, list_models
from lstm_zoo.zoo.push import Files, checkpoint_files

ROOT = WEIGHTS_DIR.parent
TOP = ("app.py", "requirements.txt", "README.md", "LICENSE")
MIRRORED = ("lstm_zoo/", "weights/")
"""Folders of the Space that hold what is here and nothing else."""
STORAGE = Path("/data")
"""Where a Space has the storage that outlives a restart, if it was given any."""


def keep_cache(storage: Path = STORAGE) -> None:
    """Let downloads outlive a restart of the Space; elsewhere, or without storage, do nothing.

    It must be called before `huggingface_hub` is imported.
    """
    if "SPACE_ID" in os.environ and os.access(storage, os.W_OK):
        os.environ.setdefault("HF_HOME", str(storage / ".huggingface"))


def space_files() -> Files:
    """The files of a Space that runs the page: its front matter is the README's.

    Raises:
        UsageError: the package was installed without the page; or a config or a card tells of a
            path of this machine.
        CheckpointError: a checkpoint is not whole.
    """
    missing = [name for name in TOP if not (ROOT / name).is_file()]
    if missing:
        raise UsageError(
            f"{ROOT} lacks {' and '.join(missing)}: a Space is made from a copy of the repository"
        )
    files: dict[str, Path | bytes] = {name: ROOT / name for name in TOP}
    for path in sorted((ROOT / "lstm_zoo").rglob("*")):
        place = path.relative_to(ROOT)
        hidden = any(part == "__pycache__" or part.startswith(".") for part in place.parts)
        if path.is_file() and not hidden:
            files[place.as_posix()] = path
    for name in list_models():
        for file, content in checkpoint_files(name).items():
            files[f"weights/{name}/{file}"] = content
    return files
