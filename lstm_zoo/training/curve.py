"""The learning curve as an SVG file: training loss and validation metric over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 40  # margins
COLOURS = ("#0072b2", "#d55e00")  # told apart by the colour-blind too
STYLE = (
    "text{font:12px sans-serif;fill:#333}line{stroke:#8884}polyline{fill:none;stroke-width:2}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)


def curve_svg(title: str, history: Sequence[Mapping[str, float]]) -> str:
    """Draw a learning curve.

    Args:
        title: stands on top.
        history: an entry for each epoch: `epoch`, `loss`, and one `validation_...`; at least one.
            Epochs without that prepared the model by another loss: they are drawn only as long as
            there are no others.
    """
    history = [entry for entry in history if any(map(_is_metric, entry))] or history
    names = ["loss", *filter(_is_metric, history[0])]
    series = {name: [entry[name] for entry in history] for name in names}
    epochs = [entry["epoch"] for entry in history]
    low, high = min(map(min, series.values())), max(map(max, series.values()))
    high = high if high > low else low + 1.0

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - epochs[0]) / max(1, epochs[-1] - epochs[0])

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    parts = [f'<text x="{LEFT}" y="20">{escape(title)}</text>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        value = low + share * (high - low)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
        )
        parts.append(
            f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        )
    for epoch in dict.fromkeys((epochs[0], epochs[len(epochs) // 2], epochs[-1])):
        place = f'x="{x(epoch):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle"'
        parts.append(f"<text {place}>{epoch:g}</text>")
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 4}" text-anchor="middle">epoch</text>')
    for index, (name, values) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = " ".join(f"{x(e):.1f},{y(v):.1f}" for e, v in zip(epochs, values, strict=True))
        parts.append(f'<polyline stroke="{colour}" points="{points}"/>')
        # A single epoch is a point, which a line does not show.
        parts.append(
            f'<circle cx="{x(epochs[-1]):.1f}" cy="{y(values[-1]):.1f}" r="3" fill="{colour}"/>'
        )
        label = name.replace("_", " ")
        parts.append(
            f'<text x="{WIDTH - RIGHT}" y="{16 * (index + 1)}" text-anchor="end"'
            f' style="fill:{colour}">{escape(label)}</text>'
        )
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n<style>{STYLE}</style>\n{body}\n</svg>\n'
    )


def _is_metric(key: str) -> bool:
    return key.startswith("validation_")
