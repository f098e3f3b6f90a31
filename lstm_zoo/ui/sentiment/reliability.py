"""The reliability diagram of a model, from the figures in its checkpoint."""

from __future__ import annotations

import html
import re

from lstm_zoo.ui.models import find_models
from lstm_zoo.ui.words import markup, sentence
from lstm_zoo.zoo.config import CheckpointConfig

SIDE, MARGIN = 240, 34
WIDTH = 0.1
"""Of a bin of confidence."""
_KEY = re.compile(r"right_at_(\d\d)")


def reliability_html(name: str | None) -> str:
    """HTML of the diagram, and what it says.

    Args:
        name: of a model that is here; with another, nothing is drawn.
    """
    config = find_models("sentiment")[0].get(name or "")
    if config is None:
        return ""
    bins = _bins(config)
    if not bins or not {"calibration_error", "calibration_error_before"} <= config.metrics.keys():
        return f'<div class="reliability">{markup(sentence("reliability_none"))}</div>'
    told = sentence(
        "reliability_about",
        model=config.name,
        error=f"{100 * config.metrics['calibration_error'].value:.1f}",
        before=f"{100 * config.metrics['calibration_error_before'].value:.1f}",
    )
    caption = f"<figcaption>{markup(told)}</figcaption>"
    return f'<div class="reliability"><figure>{_drawing(bins)}{caption}</figure></div>'


def _bins(config: CheckpointConfig) -> list[tuple[float, float, str]]:
    """Lower bound of confidence, share of right answers and protocol, for each bin."""
    found = []
    for key, metric in sorted(config.metrics.items()):
        match = _KEY.fullmatch(key)
        if match:
            found.append((int(match[1]) / 100, min(max(metric.value, 0.0), 1.0), metric.protocol))
    return found


def _drawing(bins: list[tuple[float, float, str]]) -> str:
    low = 0.5 if all(start >= 0.5 for start, _, _ in bins) else 0.0
    floor = min(low, *(int(10 * right) / 10 for _, right, _ in bins))

    def x(share: float) -> float:
        return MARGIN + SIDE * (share - low) / (1 - low)

    def y(share: float) -> float:
        return MARGIN / 2 + SIDE * (1 - (share - floor) / (1 - floor))

    parts = [
        f'<line x1="{x(low):.1f}" y1="{y(low):.1f}" x2="{x(1):.1f}" y2="{y(1):.1f}"'
        ' stroke="currentcolor" stroke-dasharray="4 4" opacity="0.6"/>'
    ]
    width = x(low + WIDTH) - x(low) - 4
    for start, right, protocol in bins:
        top = y(right)
        parts.append(
            f'<rect x="{x(start) + 2:.1f}" y="{top:.1f}" width="{width:.1f}"'
            f' height="{max(y(floor) - top, 1):.1f}" fill="currentcolor" opacity="0.35">'
            f"<title>{right:.1%} · {html.escape(protocol)}</title></rect>"
        )
    for tick in range(round(10 * low), 11, 1 if low else 2):
        share = tick / 10
        parts.append(_text(x(share), y(floor) + 14, f"{share:.0%}", "middle"))
    for tick in range(round(10 * floor), 11, 1 if floor >= 0.5 else 2):
        parts.append(_text(MARGIN - 4, y(tick / 10) + 4, f"{tick / 10:.0%}", "end"))
    size = f"{SIDE + MARGIN + 18} {SIDE + MARGIN + 6}"
    return f'<svg viewBox="0 0 {size}" role="img">{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="10"'
        f' fill="currentcolor">{text}</text>'
    )
