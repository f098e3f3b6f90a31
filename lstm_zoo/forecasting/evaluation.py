"""How far forecasts of a table lie from what came, beside two forecasts without a network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from lstm_zoo.forecasting.data import SeriesData, Windows
from lstm_zoo.forecasting.linear import least_squares, linear_forecast
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.task import Metric, Progress, module_device, no_progress

ROWS = 1024  # windows times channels in one pass
LEVELS = tuple(np.arange(0.05, 0.96, 0.05).round(2).tolist())
VALIDATION_WINDOWS = 600

Errors = Callable[[Windows], dict[str, Tensor]]
"""From windows to errors by name, each (batch, horizon, channels)."""


def model_errors(model: SeriesModel) -> Errors:
    """Squared and absolute errors of the means; of a density also the CRPS, from 19 quantiles."""

    def errors(windows: Windows) -> dict[str, Tensor]:
        device = module_device(model)
        calendar = windows.calendar
        calendar = None if calendar is None else calendar.to(device)
        parameters = model(windows.past.to(device), calendar).cpu()
        found = _point_errors(model.head.mean(parameters), windows.future)
        if model.head.is_probabilistic:
            levels = torch.tensor(LEVELS)
            error = windows.future[..., None] - model.head.quantiles(parameters, LEVELS)
            found["crps"] = 2 * torch.maximum(levels * error, (levels - 1) * error).mean(-1)
        return found

    return errors


def repeat_last_errors(windows: Windows) -> dict[str, Tensor]:
    """Of the last value, said again."""
    return _point_errors(windows.past[:, -1:].expand_as(windows.future), windows.future)


def linear_errors(data: SeriesData) -> Errors:
    """Of the linear model of `linear.least_squares`."""
    weight = least_squares(data)

    def errors(windows: Windows) -> dict[str, Tensor]:
        return _point_errors(linear_forecast(windows.past, weight), windows.future)

    return errors


@torch.inference_mode()
def horizon_errors(
    errors: Errors,
    data: SeriesData,
    split: str,
    stride: int = 1,
    progress: Progress = no_progress,
) -> dict[str, dict[int, float]]:
    """Mean errors over all windows of a part whose horizon lies within it.

    One pass makes them for all horizons: the forecast of 96 steps is the beginning of that of 720.

    Args:
        errors: of one batch of windows.
        data: the table.
        split: part.
        stride: take every n-th window.
        progress: wraps the batches.

    Returns:
        By name of the error, then by horizon.
    """
    horizons = data.preprocessing.horizons
    end = data.borders[split][1]
    origins = torch.tensor(data.origins(split, min(horizons)))[::stride]
    sums: dict[str, dict[int, float]] = {}
    counts = {horizon: int((origins + horizon <= end).sum()) for horizon in horizons}
    size = max(1, ROWS // data.values.shape[1])
    for piece in progress(origins.split(size), "windows"):
        for name, found in errors(data.windows(piece)).items():
            # Mean over the first steps and all channels: (batch, horizon).
            upto = found.double().mean(2).cumsum(1)
            entry = sums.setdefault(name, dict.fromkeys(horizons, 0.0))
            for horizon in horizons:
                fits = piece + horizon <= end
                entry[horizon] += (upto[fits, horizon - 1] / horizon).sum().item()
    return {
        name: {h: total / counts[h] for h, total in entry.items() if counts[h]}
        for name, entry in sums.items()
    }


def validation_error(errors: Errors, data: SeriesData, name: str) -> float:
    """The mean over the horizons, on some windows of the validation part."""
    count = len(data.origins("validation", min(data.preprocessing.horizons)))
    found = horizon_errors(errors, data, "validation", max(1, count // VALIDATION_WINDOWS))[name]
    return float(np.mean(list(found.values())))


def error_name(model: SeriesModel) -> str:
    """The error by which weights are chosen: that of the head."""
    if model.head.is_probabilistic:
        return "crps"
    return "mse"


def series_metrics(
    model: SeriesModel, data: SeriesData, split: str, progress: Progress = no_progress
) -> dict[str, Metric]:
    """Errors at each horizon, beside the last value and a linear model on the same windows."""
    own = horizon_errors(model_errors(model), data, split, progress=progress)
    beside = {
        "repeat_last": horizon_errors(repeat_last_errors, data, split),
        "linear": horizon_errors(linear_errors(data), data, split),
    }
    name = error_name(model)
    what = f"standardised by the train part, look-back {data.preprocessing.look_back}"
    units = {"mse": "mean squared error", "mae": "mean absolute error", "crps": "CRPS"}
    several = ", ".join(map(str, own[name]))
    metrics = {
        "error": Metric(
            float(np.mean(list(own[name].values()))),
            units[name],
            f"mean of the horizons {several}; {what}; every window, no batch dropped",
        )
    }
    for error, entry in own.items():
        for horizon, value in entry.items():
            protocol = f"horizon {horizon}, {what}"
            metrics[f"{error}_{horizon}"] = Metric(value, units[error], protocol)
    words = {"repeat_last": "the last value repeated", "linear": "linear model, least squares"}
    for baseline, found in beside.items():
        if name in found:
            metrics[f"error_{baseline}"] = Metric(
                float(np.mean(list(found[name].values()))),
                units[name],
                f"{words[baseline]}: mean of the horizons {several}; {what}",
            )
        for error in ("mse", "mae"):
            for horizon, value in found[error].items():
                metrics[f"{baseline}_{error}_{horizon}"] = Metric(
                    value, units[error], f"{words[baseline]}: horizon {horizon}, {what}"
                )
    return metrics


def _point_errors(forecast: Tensor, future: Tensor) -> dict[str, Tensor]:
    error = forecast - future
    return {"mse": error.square(), "mae": error.abs()}
