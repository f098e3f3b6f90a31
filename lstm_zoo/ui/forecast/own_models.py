"""Models that visitors train on series of their own: a few are kept in memory.

They begin anew, or with the weights of a model that is here for all.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.example_series import FOLDER
from lstm_zoo.forecasting.fit import RECIPE, own_overrides, tuning_overrides
from lstm_zoo.forecasting.series import Series
from lstm_zoo.ui.forecast.sources import Source
from lstm_zoo.ui.models import find_models
from lstm_zoo.zoo.names import checkpoint_for, load

TASK = "forecasting"
PREFIX = "own:"
MOST_KEPT = 16
LIMIT_SECONDS = 300
UPDATE_SECONDS = 0.5

_lock = threading.Lock()
_models: OrderedDict[str, Any] = OrderedDict()


def own_model(name: str) -> Any:
    """A model by the name that `train_own` gave it; None if it is not kept any more."""
    with _lock:
        return _models.get(name)


def train_own(
    source: Source,
    series: Series,
    horizon: int | None,
    date: str | None,
    values: str | None,
    start: str | None = None,
) -> Iterator[tuple[float, str | None]]:
    """Train a model on a series; it stops when nobody asks for the next step any more.

    Args:
        source: where the series came from.
        series: what was read from it.
        horizon: steps that the model is to forecast; None for those of `start`.
        date, values: columns, if they were chosen.
        start: name of a model to start from, one that `may_be_tuned`.

    Yields:
        The share that is done, and at the end the model's name, which nobody can guess.

    Raises:
        UsageError: the series is too short or does not suit the model to start from, or training
            takes too long.
    """
    from lstm_zoo.training.recipe import read_recipe
    from lstm_zoo.training.train import train

    file = FOLDER / f"{source['example']}.csv" if "example" in source else Path(source["file"])
    columns = [values] if values else None
    overrides = own_overrides(file, series, horizon, "own", date or None, columns)
    if start is not None:
        checkpoint = checkpoint_for(TASK, start)
        model, trained = checkpoint.config.model, checkpoint.preprocessing
        overrides += tuning_overrides(start, model, trained, series)
        overrides.append(f"training.start_from={start}")
    epochs = read_recipe(RECIPE, overrides)[0].training.epochs
    runs = Path(tempfile.mkdtemp(prefix="lstm-zoo-"))
    stop, outcome = threading.Event(), []

    def work() -> None:
        try:
            options = {"runs_dir": runs, "device": "cpu", "should_stop": stop.is_set}
            folder, _ = train(RECIPE, overrides=overrides, quiet=True, **options)  # type: ignore[arg-type]
            outcome.append(load(f"local-dir:{folder}"))
        except Exception as error:  # told where the visitor is, not in the thread
            outcome.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    deadline = time.monotonic() + LIMIT_SECONDS
    try:
        while thread.is_alive():
            yield min(0.99, _epochs_done(runs) / epochs), None
            thread.join(UPDATE_SECONDS)
            if time.monotonic() > deadline:
                raise UsageError(
                    f"training took longer than {LIMIT_SECONDS} s and was stopped: give a shorter"
                    " series, or train it from the command line"
                )
    finally:
        stop.set()
        thread.join()
        shutil.rmtree(runs, ignore_errors=True)
    (result,) = outcome
    if isinstance(result, Exception):
        raise result
    yield 1.0, _keep(result)


def may_be_tuned(name: str | None) -> bool:
    """Whether a model can be trained further on one series: those of prices learn from many.

    Only names of checkpoints that are here: a visitor must not make the server read other paths.
    """
    config = find_models(TASK)[0].get(name or "")
    return config is not None and config.data.get("kind") != "prices"


def _keep(model: Any) -> str:
    name = PREFIX + secrets.token_urlsafe(16)
    with _lock:
        _models[name] = model
        while len(_models) > MOST_KEPT:
            _models.popitem(last=False)
    return name


def _epochs_done(runs: Path) -> int:
    """Lines of the run's curve."""
    curves = list(runs.glob("*/metrics.jsonl"))
    return len(curves[0].read_text("utf-8").splitlines()) if curves else 0
