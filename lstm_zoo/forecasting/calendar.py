"""What a date says of a day and a year: covariates that are known of the future too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

CALENDAR_FEATURES = 6


def calendar_features(dates: pd.DatetimeIndex) -> NDArray[np.float32]:
    """Place in the day, the week and the year, each as a point on a circle: (dates, 6)."""
    day = (dates.hour * 60 + dates.minute).to_numpy() / 1440
    week = (dates.day_of_week.to_numpy() + day) / 7
    year = (dates.day_of_year.to_numpy() - 1 + day) / 365.25
    angles = 2 * np.pi * np.stack([day, week, year], 1)
    return np.concatenate([np.sin(angles), np.cos(angles)], 1).astype(np.float32)
