"""The table of a forecast: a row for each channel and step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def step_table(
    names: Sequence[str],
    dates: pd.DatetimeIndex | None,
    columns: Mapping[str, NDArray[np.float64]],
) -> pd.DataFrame:
    """What is forecast of each step, channel by channel.

    Args:
        names: of the channels.
        dates: of the steps; None where they are not known.
        columns: by name, (horizon, channels).

    Returns:
        The columns series, step, date (where dates are known), and `columns`.
    """
    import pandas as pd

    frames = []
    for channel, name in enumerate(names):
        values = {key: column[:, channel] for key, column in columns.items()}
        horizon = len(next(iter(values.values())))
        known: dict[str, Any] = {"series": name, "step": np.arange(1, horizon + 1)}
        if dates is not None:
            known["date"] = dates
        frames.append(pd.DataFrame(known | values))
    return pd.concat(frames, ignore_index=True)
