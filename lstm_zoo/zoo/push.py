"""Publishing on the Hub: which files of a checkpoint are sent, and sending files in one commit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open

from lstm_zoo.errors import UsageError
from lstm_zoo.zoo.checkpoint import CARD, CONFIG, WEIGHTS, load_checkpoint
from lstm_zoo.zoo.hub import HUB, hub_owner
from lstm_zoo.zoo.hub_errors import LOG_IN, hub_errors
from lstm_zoo.zoo.names import find_checkpoint
from lstm_zoo.zoo.reading import checkpoint_file

Files = Mapping[str, Path | bytes]
"""What is published: path in the repository -> file of this machine, or content."""

# Paths of this machine: /home/me/texts, ~/texts, C:\texts. Not those that are alike everywhere,
# such as /usr/bin, and not what follows a host.
_USER_PATH = re.compile(
    r"(?<![\w/.:~<-])~?/(?!usr/|bin/|etc/|dev/)[\w.@+-]+(?:/[\w.@+-]+)+"
    r"|(?<![\w/])~/[\w.@+-]+"
    r"|(?<!\w)[A-Za-z]:\\[^\s\"'`]+|file://[^\s\"'`]+"
)


def checkpoint_files(name: str, repo_id: str | None = None) -> Files:
    """The files of a checkpoint that are published, after loading it strictly.

    These are the weights, the config, the preprocessing and the card, whatever else lies beside
    them. The card's lines of code are made to name the model as it is found in the repository.

    Args:
        name: as in `zoo.load`.
        repo_id: owner and name of the repository; None leaves the card as it is.

    Raises:
        UsageError: there is no such checkpoint, or the config, the card or the weights' metadata
            tell of a path of this machine.
        CheckpointError: it is not whole.
    """
    folder = find_checkpoint(name)
    checkpoint = load_checkpoint(folder)
    card = checkpoint_file(folder, CARD).read_text("utf-8")
    _refuse_user_paths(folder / CONFIG, _strings(checkpoint.config.model_dump(mode="json")))
    _refuse_user_paths(folder / CARD, [card])
    own_name = checkpoint.config.name
    if repo_id not in (None, f"{hub_owner()}/{own_name}"):
        call = rf"(zoo\.load\([\"']|python -m lstm_zoo [a-z]+ ){re.escape(own_name)}(?![\w.-])"
        card = re.sub(call, rf"\g<1>{HUB}{repo_id}", card)
    files: dict[str, Path | bytes] = {CARD: card.encode("utf-8")}
    for file in (CONFIG, checkpoint.task.preprocessing_file, WEIGHTS):
        files[file] = checkpoint_file(folder, file)
    with safe_open(folder / WEIGHTS, framework="pt") as weights:
        _refuse_user_paths(folder / WEIGHTS, _strings(weights.metadata() or {}))
    return files


def describe(files: Files) -> str:
    """A list of the files with their sizes, for the user to look at."""
    sizes = {
        name: len(x) if isinstance(x, bytes) else x.stat().st_size for name, x in files.items()
    }
    rows = [f"{size:>14,} bytes  {name}" for name, size in sizes.items()]
    return "\n".join([*rows, f"{sum(sizes.values()):>14,} bytes  in {len(sizes)} files"])


def publish(
    files: Files,
    repo_id: str,
    *,
    message: str,
    private: bool = False,
    revision: str | None = None,
    repo_type: str = "model",
    mirrored: tuple[str, ...] = (),
) -> str:
    """Send files to the Hub, all in one commit: they are there together or not at all.

    Args:
        files: what to send.
        repo_id: owner and name of the repository, which is made if there is none.
        message: what the commit says.
        private: whether only those whom the owner allows may see it.
        revision: a branch, which is made if there is none; None for the main one.
        repo_type: "model" or "space".
        mirrored: folders, ending in "/", from which files go that are not in `files`.

    Returns:
        The commit's address.

    Raises:
        UsageError: there is no token, it may not write there, or the Hub cannot be reached.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token

    if get_token() is None:
        raise UsageError(f"publishing on the Hub needs a token that may write: {LOG_IN}")
    api = HfApi()
    with hub_errors(repo_id, revision, writing=True):
        api.create_repo(
            repo_id,
            private=private or None,
            repo_type=repo_type,
            exist_ok=True,
            space_sdk="gradio" if repo_type == "space" else None,
        )
        if private and not api.repo_info(repo_id, repo_type=repo_type).private:
            raise UsageError(
                f"{repo_id} is there already, and public: make it private on its page first, or"
                " choose another name"
            )
        if revision is not None:
            api.create_branch(repo_id, branch=revision, repo_type=repo_type, exist_ok=True)
        operations: list[Any] = [
            CommitOperationAdd(path, content) for path, content in files.items()
        ]
        if mirrored:
            operations += [
                CommitOperationDelete(path)
                for path in api.list_repo_files(repo_id, repo_type=repo_type)
                if path.startswith(mirrored) and path not in files
            ]
        commit = api.create_commit(
            repo_id, operations, commit_message=message, repo_type=repo_type, revision=revision
        )
    return str(commit.commit_url)


def _strings(value: Any) -> Iterator[str]:
    """All strings of a JSON document, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _refuse_user_paths(file: Path, texts: Iterable[str]) -> None:
    for text in texts:
        if found := _USER_PATH.search(text):
            raise UsageError(
                f"{file} tells of {found[0]!r}, a path of this machine: write there what others"
                " can use, such as the name of the data, then push again"
            )
