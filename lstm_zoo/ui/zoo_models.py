"""What the Zoo tab shows and does: the models here and on the Hub, how fast they are, downloads."""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from huggingface_hub import constants, hf_hub_download

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.task import did_you_mean
from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.writing import TASK
from lstm_zoo.zoo import list_models
from lstm_zoo.zoo.checkpoint import CARD, CONFIG, read_config
from lstm_zoo.zoo.config import CheckpointConfig
from lstm_zoo.zoo.hub import hub_models, hub_owner, pull
from lstm_zoo.zoo.hub_errors import hub_errors
from lstm_zoo.zoo.names import find_checkpoint
from lstm_zoo.zoo.reading import checkpoint_file

SHIPPED, CACHED, ON_HUB = "shipped", "cached", "on_hub"
UPDATE_SECONDS = 0.3
WARM_UP_TOKENS, MEASURED_SECONDS = 20, 1.0
LONGEST_CARD = 2**18
VALUE_BYTES = 4
"""Weights are float32."""


@dataclass(frozen=True)
class Entry:
    """A model of the zoo.

    Attributes:
        config: its config.json.
        place: `SHIPPED`, `CACHED` or `ON_HUB`.
        size: bytes of its files; of a model that is not here, of its weights.
        speed: tokens a second, if that was measured since the page started.
    """

    config: CheckpointConfig
    place: str
    size: int
    speed: float | None = None


@dataclass(frozen=True)
class HubListing:
    """The owner's models as the Hub last listed them, and what is wrong with others."""

    models: dict[str, CheckpointConfig] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


_lock = threading.Lock()
_listing = HubListing()
_speeds: dict[str, float] = {}
_downloads: dict[str, Future[Path]] = {}


def find_entries() -> tuple[list[Entry], list[str]]:
    """All models that are known now; asks no network.

    Returns:
        Those that ship with the code by name, then the others; and a message for each that cannot
        be used.
    """
    configs, errors = find_models()
    shipped = list_models()
    entries = []
    for name, config in configs.items():
        place = SHIPPED if name in shipped else CACHED
        try:
            size = _size(name, config)
        except (CheckpointError, UsageError) as error:
            errors.append(str(error))
        else:
            entries.append(Entry(config, place, size, _speeds.get(name)))
    entries += [
        Entry(config, ON_HUB, VALUE_BYTES * config.parameters)
        for name, config in _listing.models.items()
        if name not in configs
    ]
    # A download moves no model to another place in the list, under the visitor's pointer.
    entries.sort(key=lambda entry: (entry.place != SHIPPED, entry.config.name))
    return entries, errors + list(_listing.errors)


def _size(name: str, config: CheckpointConfig) -> int:
    folder = find_checkpoint(name)
    return sum(checkpoint_file(folder, file).stat().st_size for file in config.sha256)


def find_here(name: str) -> CheckpointConfig:
    """The config of a model that is here.

    Raises:
        UsageError: there is none of this name; names the nearest.
    """
    configs, _ = find_models()
    if name not in configs:
        raise UsageError(f"there is no model {name!r}{did_you_mean(name, configs)}")
    return configs[name]


def read_card(name: str) -> str:
    """The card of a model that is here, as Markdown without its front matter.

    Raises:
        UsageError: there is no such model.
        CheckpointError: it has no card.
    """
    find_here(name)
    with checkpoint_file(find_checkpoint(name), CARD).open("rb") as file:
        text = file.read(LONGEST_CARD).decode("utf-8", "replace")
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)


def measure(name: str) -> float:
    """Let a language model write for about a second.

    Returns:
        Tokens a second.

    Raises:
        UsageError: there is no such language model here.
        CheckpointError: its files are not whole.
    """
    pieces = get_model(name, TASK).stream("", max_new_tokens=10**9, seed=0)
    for _ in islice(pieces, WARM_UP_TOKENS):
        pass
    start, count, seconds = time.perf_counter(), 0, 0.0
    while seconds < MEASURED_SECONDS:
        next(pieces)
        count += 1
        seconds = time.perf_counter() - start
    _speeds[name] = count / seconds
    return _speeds[name]


def look_on_hub() -> Iterator[str]:
    """Ask the Hub for the owner's models; `find_entries` has them from then on.

    Yields:
        The name of each model whose config is being fetched.

    Raises:
        UsageError: the Hub cannot be asked, or the owner has no models there.
    """
    global _listing
    names = hub_models()
    known = _listing.models | find_models()[0]
    found, errors = {}, []
    for name in names:
        if name not in known:
            yield name
        try:
            found[name] = known.get(name) or _read_hub_config(name)
        except CheckpointError as error:
            errors.append(str(error))
    _listing = HubListing(found, tuple(errors))


def listed_on_hub() -> list[str]:
    """Names of the owner's models as the Hub last listed them."""
    return list(_listing.models)


def _read_hub_config(name: str) -> CheckpointConfig:
    """The config alone, kept out of the cache: there it would look like a whole model."""
    repo_id = f"{hub_owner()}/{name}"
    with hub_errors(repo_id), tempfile.TemporaryDirectory() as folder:
        hf_hub_download(repo_id, CONFIG, local_dir=folder)
        try:
            config = read_config(Path(folder))
        except CheckpointError as error:
            raise CheckpointError(str(error).replace(folder, repo_id)) from None
    if config.name != name:
        raise CheckpointError(f"{repo_id} holds {config.name!r}")
    return config


def download(name: str) -> Iterator[tuple[int, int]]:
    """Bring a model from the Hub into its cache; joins a download of it that is under way.

    Only a model of the owner that the Hub has listed: visitors must not fill the disk with others.

    Yields:
        How many bytes are here, and about how many there will be.

    Raises:
        UsageError: the Hub has not listed it, or it cannot be had.
        CheckpointError: it is not whole.
    """
    listed = _listing.models
    if name not in listed:
        raise UsageError(
            f"there is no model {name!r} by {hub_owner()} on the Hub, as it was last asked"
            f"{did_you_mean(name, listed)}"
        )
    if name in find_models()[0]:
        return
    total = VALUE_BYTES * listed[name].parameters
    running = _begin_download(name)
    while not running.done():
        yield min(_bytes_here(name), total), total
        wait([running], UPDATE_SECONDS)
    running.result()


def _begin_download(name: str) -> Future[Path]:
    with _lock:
        if name not in _downloads:
            _downloads[name] = Future()
            # A thread of its own: it goes on when the visitor leaves, and ends with the page.
            threading.Thread(target=_pull, args=(name, _downloads[name]), daemon=True).start()
        return _downloads[name]


def _pull(name: str, running: Future[Path]) -> None:
    try:
        running.set_result(pull(name))
    except BaseException as error:
        running.set_exception(error)
    finally:
        with _lock:
            del _downloads[name]


def _bytes_here(name: str) -> int:
    """How much the Hub's cache holds of a model, files under way included."""
    blobs = Path(constants.HF_HUB_CACHE) / f"models--{hub_owner()}--{name}" / "blobs"
    sizes = []
    for path in blobs.glob("*"):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:  # it has just got its final name
            continue
    return sum(sizes)
