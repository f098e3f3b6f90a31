"""Charts of a forecast: the fan of its quantiles, and returns with their spread.

They hold no words, so that they need no translation: `legend` says in HTML what the lines are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_zoo.forecasting.series import Series
from lstm_zoo.ui.words import markup, sentence

Array = NDArray[np.float64]

BANDS = ((0.05, 0.95), (0.25, 0.75))
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_POINTS = 3000
SHOWN_HORIZONS = 6
FEWEST_SHOWN = 120
# Readable on white and on black.
INK, TEAL, AMBER, ROSE = "#8a8580", "#0d9488", "#d97706", "#e11d48"
DAY = 86_400_000  # in milliseconds, plotly's unit
DATES = [
    {"dtickrange": [None, DAY - 1], "value": "%H:%M\n%Y-%m-%d"},
    {"dtickrange": [DAY, "M1"], "value": "%m-%d\n%Y"},
    {"dtickrange": ["M1", "M12"], "value": "%Y-%m"},
    {"dtickrange": ["M12", None], "value": "%Y"},
]
"""How dates stand on the axis, by the distance of two ticks: in numbers, as in any language."""
FILLS = ("rgba(13, 148, 136, 0.18)", "rgba(13, 148, 136, 0.32)")
COLOURS = {
    "legend_history": INK,
    "legend_median": TEAL,
    "legend_90": FILLS[0],
    "legend_50": FILLS[1],
    "legend_baseline": AMBER,
    "legend_actual": ROSE,
}


def fan_chart(
    series: Series,
    values: Array,
    known: int,
    quantiles: Mapping[float, Array],
    baseline: Array,
    actual: Array | None,
) -> Any:
    """History, quantile bands, a baseline, and what came if it is known.

    Args:
        series: for its dates.
        values: what is forecast, (time,).
        known: rows from which the forecast was made.
        quantiles: (horizon,) for each of `LEVELS`.
        baseline: its middle, (horizon,).
        actual: what came, (horizon,), or None.

    Returns:
        A figure of plotly.
    """
    import plotly.graph_objects as go

    horizon = len(baseline)
    past, ahead = positions(series, known, horizon)
    first = max(0, known - MOST_POINTS)
    figure = go.Figure()
    figure.add_scatter(x=past[first:], y=values[first:known], **_line(INK, 1.5))
    start, last = past[-1:], values[known - 1 : known]

    def from_last(path: Array) -> dict[str, Any]:
        return {"x": [*start, *ahead], "y": np.concatenate([last, path])}

    for (low, high), fill in zip(BANDS, FILLS, strict=True):
        figure.add_scatter(**from_last(quantiles[low]), **_line(TEAL, 0))
        figure.add_scatter(
            **from_last(quantiles[high]), **_line(TEAL, 0), fill="tonexty", fillcolor=fill
        )
    figure.add_scatter(**from_last(baseline), **_line(AMBER, 1.5, dash="dot"))
    figure.add_scatter(**from_last(quantiles[0.5]), **_line(TEAL, 2.5))
    if actual is not None:
        figure.add_scatter(**from_last(actual), **_line(ROSE, 2))
    shown = max(SHOWN_HORIZONS * horizon, FEWEST_SHOWN)
    figure.update_xaxes(range=[past[max(0, known - shown)], ahead[-1]])
    _fit_height(figure, values[max(0, known - shown) : known], quantiles, actual)
    return _framed(figure, ahead)


def returns_chart(
    series: Series,
    returns: Array,
    known: int,
    quantiles: Mapping[float, Array],
    baseline: Mapping[float, Array],
    actual: Array | None,
) -> Any:
    """Daily returns in percent, past ones as bars, those ahead as bands of their size.

    Args:
        series: for its dates.
        returns: log returns, (time,).
        known: rows from which the forecast was made.
        quantiles: of the log return of each day ahead, (horizon,) for each of `LEVELS`.
        baseline: the same of a baseline; its 90 % interval is drawn.
        actual: what came, (horizon,), or None.
    """
    import plotly.graph_objects as go

    horizon = len(quantiles[0.5])
    past, ahead = positions(series, known, horizon)
    first = max(1, known - 250)
    figure = go.Figure()
    figure.add_bar(
        x=past[first:], y=100 * returns[first:known], marker={"color": INK, "line": {"width": 0}}
    )
    for (low, high), fill in zip(BANDS, FILLS, strict=True):
        figure.add_scatter(x=ahead, y=100 * quantiles[low], **_line(TEAL, 0))
        figure.add_scatter(
            x=ahead, y=100 * quantiles[high], **_line(TEAL, 0), fill="tonexty", fillcolor=fill
        )
    for level in BANDS[0]:
        figure.add_scatter(x=ahead, y=100 * baseline[level], **_line(AMBER, 1.5, dash="dot"))
    if actual is not None:
        figure.add_bar(x=ahead, y=100 * actual, marker={"color": ROSE, "line": {"width": 0}})
    figure.update_xaxes(range=[past[max(first, known - 4 * horizon - 40)], ahead[-1]])
    figure.update_yaxes(ticksuffix=" %")
    figure.update_layout(bargap=0.2, barmode="overlay")
    return _framed(figure, ahead)


def positions(series: Series, known: int, horizon: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """Where rows stand on the axis of time, before an origin and after it: dates or numbers."""
    numbers = list(range(known + horizon))
    if series.dates is None:
        return numbers[:known], numbers[known:]
    dates = list(series.dates[: known + horizon])
    missing = known + horizon - len(dates)
    future = series.future_dates(missing) if missing else []
    if future is None:  # an irregular step has no next date
        return numbers[:known], numbers[known:]
    dates += list(future)
    return dates[:known], dates[known:]


def legend(keys: Sequence[str]) -> str:
    """HTML that says what the lines and bands of a chart are.

    Args:
        keys: of `COLOURS`.
    """
    items = "".join(
        f'<span><i style="--colour: {COLOURS[key]}"></i>{markup(sentence(key))}</span>'
        for key in keys
    )
    return f'<div class="chart-legend">{items}</div>'


def _line(colour: str, width: float, dash: str | None = None) -> dict[str, Any]:
    return {
        "mode": "lines",
        "line": {"color": colour, "width": width} | ({"dash": dash} if dash else {}),
        "hoverinfo": "x+y" if width else "skip",
    }


def _fit_height(
    figure: Any, shown: Array, quantiles: Mapping[float, Array], actual: Array | None
) -> None:
    """The axis of values fits what is seen at first; a drag or a double click shows the rest."""
    parts = [shown, *quantiles.values(), *([] if actual is None else [actual])]
    seen = np.concatenate(parts)
    low, high = float(seen.min()), float(seen.max())
    margin = 0.06 * (high - low) or 1.0
    figure.update_yaxes(range=[low - margin, high + margin])


def _framed(figure: Any, ahead: Sequence[Any]) -> Any:
    if not isinstance(ahead[0], int):
        figure.update_xaxes(tickformatstops=DATES, hoverformat="%Y-%m-%d %H:%M")
    grid = {"gridcolor": "rgba(128, 128, 128, 0.2)", "zerolinecolor": "rgba(128, 128, 128, 0.4)"}
    figure.update_xaxes(**grid)
    figure.update_yaxes(**grid)
    figure.update_layout(
        showlegend=False,
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        font={"color": INK, "size": 12},
        margin={"l": 48, "r": 12, "t": 12, "b": 36},
        height=380,
        hovermode="x",
        modebar={"bgcolor": "rgba(0, 0, 0, 0)", "color": INK, "activecolor": TEAL},
    )
    return figure
