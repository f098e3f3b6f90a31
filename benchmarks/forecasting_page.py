"""What docs/forecasting.md has between its markers: tables from stored figures alone.

Each command that measures keeps its figures in docs/forecasting/ and calls `write_block` with a
table from here. Rows are dictionaries of text, as a csv file has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import mean, stdev

from lstm_zoo.zoo.card import duration
from lstm_zoo.zoo.config import MetricEntry
from lstm_zoo.zoo.results import read_results

PAGE = Path(__file__).parent.parent / "docs/forecasting.md"
FIGURES = PAGE.with_suffix("")
LONG_HORIZON, LADDER = FIGURES / "long-horizon.csv", FIGURES / "ladder.csv"
PUBLISHED = FIGURES / "published.csv"
HORIZONS = (96, 192, 336, 720)
BASELINES = {"linear": "linear model, same windows", "repeat_last": "last value repeated"}
DENSITIES = {
    "": "prob-lstm.sp500",
    "_random_walk": "random walk, rolling volatility",
    "_ewma": "EWMA (.94), normal",
    "_ewma_t": "EWMA, Student-t",
    "_har": "HAR",
    "_garch_t": "GARCH(1,1), Student-t",
}
"""Words for the forecasters of returns, by the end of their metrics' names."""

Row = Mapping[str, str]
_ERRORS = "MSE 96 | 192 | 336 | 720 | mean"


def stored(path: Path) -> list[dict[str, str]]:
    """The rows of a csv file; none if it is not there."""
    return read_results(path.read_text("utf-8")) if path.is_file() else []


def error_columns(metrics: Mapping[str, MetricEntry]) -> dict[str, str]:
    """The errors of a checkpoint and of its baselines at each horizon, as columns of a row."""
    keys = [f"{error}_{horizon}" for error in ("mse", "mae") for horizon in HORIZONS]
    keys += [f"{baseline}_{key}" for baseline in BASELINES for key in keys]
    return {key: f"{metrics[key].value:.6f}" for key in keys}


def long_horizon_tables(rows: Sequence[Row], published: Sequence[Row]) -> str:
    """A table for each data set: our seeds, the baselines on the same windows, published figures.

    Args:
        rows: of long-horizon.csv, one for each recipe and seed.
        published: of published.csv.
    """
    tables = []
    for name in dict.fromkeys(row["name"] for row in rows):
        runs = [row for row in rows if row["name"] == name]
        first = runs[0]
        seeds = f"{len(runs)} seed{'s' * (len(runs) > 1)}"
        took = duration(mean(float(row["seconds"]) for row in runs))
        lines = [
            f"### {first['data']}",
            "",
            f"| model | look-back | parameters | {_ERRORS} | MAE, mean |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
            f"| **`{name}`**, {seeds}, {took} each | {first['look_back']} |"
            f" {int(first['parameters']):,} | {_spread_cells(runs)} |",
        ]
        matrix = int(first["look_back"]) * HORIZONS[-1]
        for baseline, words in BASELINES.items():
            reads = f"{first['look_back']} | {matrix:,}" if baseline == "linear" else "1 | 0"
            lines.append(f"| {words} | {reads} | {_spread_cells(runs[:1], f'{baseline}_')} |")
        for row in published:
            if row["name"] == name:
                errors = [Decimal(row[f"mse_{horizon}"]) for horizon in HORIZONS]
                middle = (sum(errors) / 4).quantize(Decimal("0.001"), ROUND_HALF_UP)
                cells = " | ".join(map(str, [*errors, middle]))
                model = f"{row['model']}; {row['source']}"
                lines.append(f"| {model} | {row['look_back']} |  | {cells} |  |")
        tables.append("\n".join(lines))
    return "\n\n".join(tables) or "Nothing is measured yet."


def ladder_table(rows: Sequence[Row]) -> str:
    """A row for each rung, from the plain LSTM upwards.

    Args:
        rows: of ladder.csv.
    """
    lines = [
        f"| rung | parameters | {_ERRORS} | MAE, mean | training |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        took = duration(float(row["seconds"]))
        lines.append(
            f"| {row['label']} | {int(row['parameters']):,} | {_spread_cells([row])} | {took} |"
        )
    if not rows:
        return "Nothing is measured yet."
    return "\n".join([*lines, "", f"All rungs: the recipe with `{rows[0]['settings']}`."])


def price_table(metrics: Mapping[str, MetricEntry]) -> str:
    """A row for the model of prices and for each of its baselines.

    Args:
        metrics: of its checkpoint, all of the test part.
    """
    lines = [
        "| forecaster | CRPS | CRPS, first day | quantile loss | QLIKE"
        " | in its 50 % | 80 % | 90 % | CRPS of the model beside it | p | first day | p |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for end, words in DENSITIES.items():
        scores = [
            f"{metrics[f'{name}{end}'].value:.4f}"
            for name in ("crps", "crps_day_1", "quantile_loss", "qlike")
        ]
        held = [f"{metrics[f'coverage_{percent}{end}'].value:.1f} %" for percent in (50, 80, 90)]
        beside = [""] * 4
        if end:
            beside = [
                text
                for day in ("", "_day_1")
                for text in (
                    f"{metrics[f'change{day}{end}'].value:+.2f} %",
                    _probability(metrics[f"p{day}{end}"].value),
                )
            ]
        label = words if end else f"**`{words}`**"
        lines.append(f"| {' | '.join([label, *scores, *held, *beside])} |")
    scope = metrics["crps"].protocol.partition("; ")[2]
    return "\n".join([*lines, "", f"Test part: {scope}."])


def _spread_cells(runs: Sequence[Row], prefix: str = "") -> str:
    """MSE at each horizon and their mean, and the mean MAE: over the runs, with their spread."""
    errors = {
        name: [[float(run[f"{prefix}{name}_{horizon}"]) for horizon in HORIZONS] for run in runs]
        for name in ("mse", "mae")
    }
    columns = [*zip(*errors["mse"], strict=True)]
    columns += [tuple(mean(each) for each in errors[name]) for name in ("mse", "mae")]
    return " | ".join(map(_spread, columns))


def _spread(values: Sequence[float]) -> str:
    """Mean and standard deviation; the value alone if it is one."""
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{mean(values):.4f} ± {stdev(values):.4f}"


def _probability(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "under 0.001"
