"""The Hub from the reader's side: its local cache, and downloads that are whole or not there."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.task import get_task, task_names
from lstm_zoo.zoo.checkpoint import CARD, CONFIG, WEIGHTS, load_checkpoint
from lstm_zoo.zoo.config import NAME_PATTERN
from lstm_zoo.zoo.hub_errors import HubUnreachable, hub_errors

# huggingface_hub is imported where it is used: what ships with the code needs nothing of it.

HUB = "hf-hub:"
OWNER_VARIABLE, DEFAULT_OWNER = "LSTM_ZOO_HUB_OWNER", "lstm-zoo"
LIBRARY = "lstm-zoo"
"""The tag by which the Hub knows models of this package; their cards give it."""
ANSWER_SECONDS = 10

_HUB_NAME = re.compile(r"([\w.-]+/[\w.-]+)(?:@((?!.*\.\.)\w[\w./-]*))?")


def hub_owner() -> str:
    """Whose models on the Hub are meant by plain names."""
    return os.environ.get(OWNER_VARIABLE) or DEFAULT_OWNER


def parse_hub_name(name: str) -> tuple[str, str | None]:
    """The repository and the revision that a name means on the Hub.

    Args:
        name: `hf-hub:owner/name`, `hf-hub:owner/name@revision`, or a plain name.

    Raises:
        UsageError: it is none of these.
    """
    if re.fullmatch(NAME_PATTERN, name):
        return f"{hub_owner()}/{name}", None
    match = _HUB_NAME.fullmatch(name.removeprefix(HUB)) if name.startswith(HUB) else None
    if match is None:
        raise UsageError(
            f"{name!r} is no name on the Hub: write '{HUB}owner/name', '{HUB}owner/name@revision'"
            f" or a plain name, which means '{HUB}{hub_owner()}/name'"
        )
    return match[1], match[2]


def cached_folder(repo_id: str, revision: str | None = None) -> Path | None:
    """A model's folder in the Hub's local cache if it is whole there; asks no network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    with hub_errors(repo_id, revision):
        try:
            folder = snapshot_download(
                repo_id,
                revision=revision,
                local_files_only=True,
                allow_patterns=_checkpoint_patterns(),
            )
        except LocalEntryNotFoundError:
            return None
    return Path(folder) if (Path(folder) / CONFIG).is_file() else None


def cached_models() -> list[str]:
    """Plain names that are whole in the Hub's local cache, sorted."""
    from huggingface_hub.constants import HF_HUB_CACHE

    owner = hub_owner()
    prefix = f"models--{owner}--"
    names = [path.name.removeprefix(prefix) for path in Path(HF_HUB_CACHE).glob(f"{prefix}*")]
    return sorted(
        name
        for name in names
        if re.fullmatch(NAME_PATTERN, name) and cached_folder(f"{owner}/{name}")
    )


def hub_models() -> list[str]:
    """Plain names of the owner's models on the Hub, sorted.

    Raises:
        UsageError: the Hub cannot be asked, or there are none.
    """
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

    owner = hub_owner()
    with hub_errors(owner):
        # The client's own listing has no limit of time, and tries again for half a minute.
        response = get_session().get(
            f"{constants.ENDPOINT}/api/models",
            params={"author": owner, "filter": LIBRARY, "limit": 1000},
            headers=build_hf_headers(),
            timeout=ANSWER_SECONDS,
        )
        hf_raise_for_status(response)
        names = [model["id"].removeprefix(f"{owner}/") for model in response.json()]
    # Others cannot be called by a plain name.
    found = sorted(name for name in names if re.fullmatch(NAME_PATTERN, name))
    if not found:
        raise UsageError(
            f"the Hub has no models of {LIBRARY} by {owner!r}: name another owner in the"
            f" environment variable {OWNER_VARIABLE}"
        )
    return found


def newest(repo_id: str, revision: str | None = None) -> tuple[Path, str]:
    """A model as it is on the Hub now, or in the cache if the Hub cannot be reached.

    Returns:
        Its folder, and in words where it comes from.

    Raises:
        UsageError: it is neither here nor there.
        CheckpointError: it arrives damaged, again and again.
    """
    try:
        folder = download(repo_id, revision, check_all=False)
        return folder, f"the Hub ({repo_id} at {folder.name[:7]})"
    except HubUnreachable as error:
        cached = cached_folder(repo_id, revision)
        if cached is None:
            raise
        at = f"{repo_id} at {cached.name[:7]}"
        return cached, f"the Hub's local cache ({at}), since {error.reason}"


def pull(name: str) -> Path:
    """Download a model, or repair the copy in the cache, and load it once to see that it is whole.

    Args:
        name: as in `parse_hub_name`.

    Returns:
        Its folder in the Hub's local cache; its name is the commit.

    Raises:
        UsageError: it cannot be had.
        CheckpointError: it is not whole.
    """
    repo_id, revision = parse_hub_name(name)
    folder = download(repo_id, revision)
    try:
        load_checkpoint(folder)
    except CheckpointError as error:
        raise CheckpointError(
            f"{error} (these files are what {repo_id} has on the Hub: its owner must push it anew)"
        ) from None
    return folder


def download(repo_id: str, revision: str | None = None, *, check_all: bool = True) -> Path:
    """Bring a model into the Hub's local cache; each new file is checked against the Hub's sums.

    A branch's name means the new commit only when all its files are here and right: what was here
    before a broken download stays usable.

    Args:
        repo_id: owner and name.
        revision: a branch, tag or commit; None for the main branch.
        check_all: check files again that were here already.

    Raises:
        UsageError: it cannot be had.
        CheckpointError: a file arrives damaged, again and again; it is not kept.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    with hub_errors(repo_id, revision):
        # The one call with a limit of time: all others wait for as long as the network takes.
        commit = str(api.model_info(repo_id, revision=revision, timeout=ANSWER_SECONDS).sha)
        folder = None if check_all else cached_folder(repo_id, commit)
        folder = folder or _fetch(repo_id, commit)
        api.resolve_revision(repo_id, revision=revision)  # writes down what the name means
    return folder


def _fetch(repo_id: str, commit: str) -> Path:
    from huggingface_hub import HfApi, snapshot_download

    spoiled: list[str] = []
    for _ in range(2):
        folder = Path(
            snapshot_download(repo_id, revision=commit, allow_patterns=_checkpoint_patterns())
        )
        # The client itself compares sizes alone.
        report = HfApi().verify_repo_checksums(repo_id, revision=commit)
        spoiled = [mismatch["path"] for mismatch in report.mismatches]
        if not spoiled:
            return folder
        for name in spoiled:
            _forget(folder / name)
    raise CheckpointError(
        f"{' and '.join(spoiled)} of {repo_id} arrived damaged twice (the checksum differs) and"
        " was not kept: check the network, then run the same command again"
    )


def _forget(path: Path) -> None:
    """Remove a file of the cache: its name in the snapshot, and the content that is linked to."""
    content = path.resolve()
    path.unlink()
    content.unlink(missing_ok=True)


def _checkpoint_patterns() -> list[str]:
    return [WEIGHTS, CONFIG, CARD, *(get_task(name).preprocessing_file for name in task_names())]
