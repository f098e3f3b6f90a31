"""Series: forecast, backtest."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lstm_zoo.cli.app import AsJson, Device, Name, app, print_json
from lstm_zoo.errors import UsageError

Source = Annotated[
    str, typer.Argument(help="A csv or parquet file, - reads csv, or example:co2, :elnino, :sp500.")
]
Date = Annotated[str | None, typer.Option(help="Column of the dates; found if not given.")]
Columns = Annotated[
    list[str] | None, typer.Option("--column", help="A column of values; all if not given.")
]
Horizon = Annotated[int | None, typer.Option(help="Steps ahead; as many as the model can.")]
Out = Annotated[Path | None, typer.Option(help="Write the table to this csv file.")]


@app.command()
def forecast(
    name: Name,
    source: Source,
    horizon: Horizon = None,
    column: Columns = None,
    date: Date = None,
    quantile: Annotated[
        list[float] | None, typer.Option(help="A level between 0 and 1, as often as needed.")
    ] = None,
    samples: Annotated[int, typer.Option(help="Paths to draw beside the quantiles.")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed draws the same paths.")] = 0,
    out: Out = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Forecast a series: quantiles for each step, as csv or JSON.

    For example: python -m lstm_zoo forecast prob-lstm.sp500 example:sp500 --horizon 5
    """
    model, series = _read(name, source, date, column, device)
    options: dict[str, Any] = {"quantiles": tuple(quantile)} if quantile else {}
    table = model.forecast(series, horizon, samples=samples, seed=seed, **options)
    for sentence in model.notes(series):
        print(f"note: {sentence}", file=sys.stderr)
    _print(table, out, as_json)


@app.command()
def backtest(
    name: Name,
    source: Source,
    horizon: Horizon = None,
    origins: Annotated[int, typer.Option(help="How many past days to forecast from.")] = 50,
    stride: Annotated[int | None, typer.Option(help="Steps from one to the next.")] = None,
    baseline: Annotated[
        list[str] | None, typer.Option(help="A baseline; all but the slow ones if not given.")
    ] = None,
    refit_every: Annotated[
        int | None,
        typer.Option(
            min=1, help="Train its recipe anew on what was known, once for so many origins."
        ),
    ] = None,
    column: Columns = None,
    date: Date = None,
    out: Out = None,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Compare a model's forecasts of the past with what came, and with baselines.

    For example: python -m lstm_zoo backtest prob-lstm.sp500 example:sp500 --horizon 5
    """
    from lstm_zoo.forecasting.backtest import backtest as run

    model, series = _read(name, source, date, column, device)
    options: dict[str, Any] = {"baselines": baseline}
    if refit_every is not None:
        options |= {"refit": _refit(name, device), "refit_every": refit_every}
    result = run(model, series, horizon, origins, stride, **options)
    for sentence in result.notes:
        print(f"note: {sentence}", file=sys.stderr)
    table = result.table.rename_axis("forecaster").reset_index()
    if as_json:
        document = {"verdict": str(result.verdict), "scores": _records(table)}
        print_json(document | {"notes": result.notes})
        return
    if out is None:
        print(result.table.to_string(float_format=lambda value: f"{value:.4g}"))
    else:
        _print(table, out, as_json=False)
    print(f"\n{result.verdict}")


def _refit(name: str, device: str) -> Callable[[Any], Any]:
    from lstm_zoo.training.refit import refitter

    refit = refitter(name, device)

    def tell_and_refit(series: Any) -> Any:
        print(f"training anew on the first {len(series):,} rows", file=sys.stderr)
        return refit(series)

    return tell_and_refit


def _read(
    name: str, source: str, date: str | None, columns: list[str] | None, device: str
) -> tuple[Any, Any]:
    """The model and the series."""
    from lstm_zoo.forecasting.example_series import PREFIX, example_series
    from lstm_zoo.forecasting.series import read_series
    from lstm_zoo.zoo.names import load

    model = load(name, device)
    if not hasattr(model, "unlike"):
        raise UsageError(f"{name} is no forecasting model: `list --task forecasting` names them")
    if source.startswith(PREFIX):
        return model, example_series(source.removeprefix(PREFIX))
    if source == "-":
        import pandas as pd

        return model, read_series(pd.read_csv(sys.stdin), date, columns)
    return model, read_series(Path(source), date, columns)


def _print(table: Any, out: Path | None, as_json: bool) -> None:
    if as_json:
        print_json(_records(table))
    elif out is None:
        print(table.to_csv(index=False), end="")
    else:
        from lstm_zoo.files import write_text

        write_text(out, table.to_csv(index=False))
        print(f"written: {out}", file=sys.stderr)


def _records(table: Any) -> list[dict[str, Any]]:
    """The rows as JSON has them: dates as text, null for no number."""
    records: list[dict[str, Any]] = json.loads(
        table.to_json(orient="records", date_format="iso", double_precision=15)
    )
    return records
