"""Forecast and backtest for clients of the page."""

from __future__ import annotations

import io
import json
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.forecasting.series import read_series
from lstm_zoo.ui.forecast.answers import run_backtest
from lstm_zoo.ui.forecast.own_models import TASK
from lstm_zoo.ui.models import get_model
from lstm_zoo.ui.zero_gpu import on_gpu


@on_gpu
def forecast(
    model: str, csv: str, horizon: int, date: str = "", values: str = ""
) -> list[dict[str, Any]]:
    """Forecast a series with a model.

    Args:
        model: a name from `zoo` whose task is forecasting.
        csv: the table, as text.
        horizon: steps ahead.
        date: column of the dates; "" looks for it.
        values: column of the values; "" takes all.

    Returns:
        A row for each step: series, step, date where the series has dates, and quantiles.
    """
    try:
        series = read_series(_table_of(csv), date or None, values or None)
        table = get_model(model, TASK).forecast(series, horizon)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return _records(table)


@on_gpu
def backtest(
    model: str, csv: str, horizon: int, date: str = "", values: str = ""
) -> dict[str, Any]:
    """Forecast the past of a series with a model and with baselines, and compare.

    Args: those of `forecast`.

    Returns:
        The verdict, scores: a row for each forecaster, and notes on the series, a sentence each.
    """
    try:
        series = read_series(_table_of(csv), date or None, values or None)
        result = run_backtest(get_model(model, TASK), series, horizon)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    scores = _records(result.table.rename_axis("forecaster").reset_index())
    return {"verdict": str(result.verdict), "scores": scores, "notes": list(result.notes)}


def _table_of(csv: str) -> Any:
    import pandas as pd

    try:
        return pd.read_csv(io.StringIO(csv))
    except ValueError as error:
        raise UsageError(f"the text cannot be read as csv: {error}") from None


def _records(table: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(table.to_json(orient="records", date_format="iso"))
    return records
