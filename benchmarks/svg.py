"""Small charts as SVG text, readable on light and dark pages; no library, no colour of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 40
COLOURS = ("#2f7ed8", "#e4792b", "#3a9d5d", "#a05bc0", "#8a8a8a")
INK = "#808080"


def line_chart(
    title: str,
    series: Mapping[str, Sequence[float]],
    x_label: str,
    y_label: str,
    marks: Sequence[tuple[float, str]] = (),
    log: bool = False,
    first: int = 0,
) -> str:
    """Curves over steps 0, 1, 2 and on.

    Args:
        title: above the chart.
        series: name -> values; a NaN breaks the curve, as does 0 on a logarithmic axis.
        x_label, y_label: of the axes.
        marks: steps at which a vertical line stands, with a word above it.
        log: whether the y axis is logarithmic.
        first: number of the first step.
    """
    curves = {name: [_height(value, log) for value in values] for name, values in series.items()}
    finite = [v for values in curves.values() for v in values if math.isfinite(v)]
    low, high = min(finite), max(finite)
    high = high if high > low else low + 1
    longest = max(map(len, curves.values()))

    def x(step: float) -> float:
        return LEFT + step / max(1, longest - 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for step, word in marks:
        parts.append(
            f'<line x1="{x(step):.1f}" x2="{x(step):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"'
            f' stroke="{INK}" stroke-opacity=".35" stroke-dasharray="2 3"/>'
        )
        parts.append(_text(x(step), TOP + 10, word, "middle", 10))
    for tick in _ticks(low, high, log):
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"'
            f' stroke="{INK}" stroke-opacity=".2"/>'
        )
        parts.append(_text(LEFT - 6, y(tick) + 4, f"1e{tick:.0f}" if log else f"{tick:g}", "end"))
    stride = _stride(longest)
    for step in range(-first % stride, longest, stride):
        parts.append(_text(x(step), HEIGHT - BOTTOM + 14, str(step + first), "middle"))
    for colour, values in zip(COLOURS, curves.values(), strict=False):
        path, pen = [], "M"
        for step, value in enumerate(values):
            if math.isfinite(value):
                path.append(f"{pen}{x(step):.1f} {y(value):.1f}")
                pen = "L"
            else:
                pen = "M"
        parts.append(
            f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        )
    parts += _legend(list(curves))
    return _page(title, parts, x_label, y_label)


def _height(value: float, log: bool) -> float:
    if not log:
        return value
    return math.log10(value) if value > 0 else math.nan


def _ticks(low: float, high: float, log: bool) -> list[float]:
    span = high - low
    step = 10 ** math.floor(math.log10(span / 3))
    step = next(s for s in (step, 2 * step, 5 * step, 10 * step) if span / s <= 6)
    step = max(step, 1) if log else step
    first = math.ceil(low / step)
    return [round(n * step, 6) for n in range(first, math.floor(high / step) + 1)]


def _stride(length: int) -> int:
    step = 10 ** math.floor(math.log10(max(length, 10) / 5))
    return next(int(s) for s in (step, 2 * step, 5 * step, 10 * step) if length / s <= 10)


def _legend(names: list[str]) -> list[str]:
    parts, left = [], float(LEFT)
    for colour, name in zip(COLOURS, names, strict=False):
        parts.append(
            f'<rect x="{left:.0f}" y="{HEIGHT - 12}" width="14" height="3" fill="{colour}"/>'
        )
        parts.append(_text(left + 19, HEIGHT - 7, name, "start"))
        left += 19 + 6.6 * len(name) + 22
    return parts


def _text(x: float, y: float, words: str, anchor: str, size: int = 11) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">'
        f"{escape(words)}</text>"
    )


def _page(title: str, parts: list[str], x_label: str, y_label: str) -> str:
    labels = [
        _text(WIDTH - RIGHT, HEIGHT - 7, x_label, "end"),
        f'<text transform="translate(14 {HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle"'
        f' font-size="11">{escape(y_label)}</text>',
    ]
    return _svg(title, [*parts, *labels], HEIGHT)


def _svg(title: str, parts: list[str], height: float) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f' font-family="sans-serif" fill="{INK}">\n<title>{escape(title)}</title>\n'
    )
    heading = f'<text x="{LEFT}" y="18" font-size="13">{escape(title)}</text>'
    return head + "\n".join([heading, *parts]) + "\n</svg>\n"
