"""Data of one's own: from the options of `train` to a recipe, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lstm_zoo.errors import UsageError


@dataclass(frozen=True)
class OwnRecipe:
    """What to train.

    Attributes:
        recipe: a name, or a recipe as a document.
        overrides: `section.key=value`.
        notes: how the file was read and split, a sentence each.
    """

    recipe: str | dict[str, Any]
    overrides: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Columns:
    """Which columns of a csv file were named, and for what.

    Attributes:
        text, label: of a classifier.
        values, date: of a forecaster.
        horizon: steps that it is to forecast.
    """

    text: str | None
    label: str | None
    values: list[str] | None
    date: str | None
    horizon: int | None

    def options(self) -> list[str]:
        """The options that were given."""
        given = {
            "--text-column": self.text,
            "--label-column": self.label,
            "--value-column": self.values,
            "--date-column": self.date,
            "--horizon": self.horizon,
        }
        return [option for option, value in given.items() if value not in (None, [])]


def own_text(
    path: Path, name: str | None, tokenizer: str | None, language: str, start: str | None
) -> OwnRecipe:
    """A language model of a text."""
    from lstm_zoo.training.own_text import text_recipe
    from lstm_zoo.zoo.names import checkpoint_for

    model = None
    if start is not None:  # its sizes, and what it takes for a token
        checkpoint = checkpoint_for("language", start)
        model = checkpoint.config.model
        dumped = checkpoint.task.dump_preprocessing(checkpoint.preprocessing)
        tokenizer = tokenizer or dumped.get("type")
    return OwnRecipe(text_recipe(path, name, tokenizer or "character", language, model))


def own_csv(
    path: Path, columns: Columns, name: str | None, language: str, start: str | None
) -> OwnRecipe:
    """A classifier of the texts in a csv file, or a forecaster of its values.

    Raises:
        UsageError: the columns do not say which, or the file cannot be trained on.
    """
    given = columns.options()
    is_classifier = {"--text-column", "--label-column"} & {*given}
    is_forecaster = {"--value-column", "--date-column", "--horizon"} & {*given}
    if is_classifier and is_forecaster:
        raise UsageError(
            f"{' and '.join(given)} do not go together: a classifier has --text-column and"
            " --label-column, a forecaster --value-column, --date-column and --horizon"
        )
    if columns.label is not None:
        return _classifier(path, columns, name, language, start)
    if columns.values:
        return _forecaster(path, columns, name, start)
    raise UsageError(
        f"say what to learn from {path.name}: --text-column and --label-column for a classifier,"
        " or --value-column for a forecaster"
    )


def _classifier(
    path: Path, columns: Columns, name: str | None, language: str, start: str | None
) -> OwnRecipe:
    from lstm_zoo.sentiment.fit import csv_recipe
    from lstm_zoo.zoo.names import checkpoint_for

    recipe = None
    if start is not None:
        config = checkpoint_for("sentiment", start).config
        recipe, language = config.recipe, config.language if language == "und" else language
    assert columns.label is not None
    document, note = csv_recipe(path, columns.text, columns.label, name, language, recipe)
    return OwnRecipe(document, notes=[note])


def _forecaster(path: Path, columns: Columns, name: str | None, start: str | None) -> OwnRecipe:
    from lstm_zoo.files import sha256_of
    from lstm_zoo.forecasting.fit import RECIPE, own_overrides, quoted, tuning_overrides
    from lstm_zoo.forecasting.series import read_series
    from lstm_zoo.training.recipe import read_recipe
    from lstm_zoo.zoo.names import checkpoint_for

    if start is not None and columns.horizon is not None:
        raise UsageError(f"leave --horizon out: it is that of {start}")
    series = read_series(path, columns.date, columns.values)
    overrides = own_overrides(
        path, series, columns.horizon, date=columns.date, values=columns.values
    )
    if start is not None:
        checkpoint = checkpoint_for("forecasting", start)
        model, trained = checkpoint.config.model, checkpoint.preprocessing
        overrides += tuning_overrides(start, model, trained, series)
    overrides += [
        f"data.file={quoted(path.name)}",  # a checkpoint should name no folder
        f"data.sha256={sha256_of(path)}",  # a run of another file is not resumed
    ]
    if name is not None:
        overrides.append(f"name={name}")
    data = read_recipe(RECIPE, overrides)[0].data
    train, test = (int(len(series) * share) for share in (data.split[0], data.split[2]))
    note = (
        f"{path.name}, {', '.join(map(repr, series.names))}: {len(series):,} rows, in the order of"
        f" time {train:,} train, {len(series) - train - test:,} choose the weights, {test:,} test;"
        f" it reads {data.look_back} rows and forecasts {max(data.horizons)}"
    )
    return OwnRecipe(RECIPE, overrides, [*series.notes, note])
