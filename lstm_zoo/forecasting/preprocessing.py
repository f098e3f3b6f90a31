"""What must travel with the weights of a forecaster: names, scale, lengths, what was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from torch import Tensor

Numbers = tuple[Annotated[float, Field(allow_inf_nan=False)], ...]


class Preprocessing(BaseModel):
    """The document beside the weights.

    Attributes:
        kind: "series", standardised by the train part; "prices", read as returns over volatility.
        names: of the channels, in order; of prices none: any stock will do.
        mean, deviation: of each channel in the train part.
        look_back: rows that a forecast reads.
        horizons: numbers of steps that the model is measured at; the largest is its reach.
        frequency: pandas' word for the step of the train part; None if it has no real dates.
        seen: lowest and highest in training of each statistic of `familiarity`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["series", "prices"]
    names: tuple[str, ...]
    mean: Numbers
    deviation: Numbers
    look_back: int = Field(ge=2, le=100_000)
    horizons: tuple[Annotated[int, Field(ge=1, le=10_000)], ...] = Field(min_length=1)
    frequency: str | None
    seen: dict[str, tuple[float, float]]

    # Fits a linear forecast to the data that this was read from; it does not travel.
    _linear_fit: Callable[[], Tensor] | None = PrivateAttr(None)

    @property
    def horizon(self) -> int:
        """Steps that the model can forecast."""
        return max(self.horizons)

    @model_validator(mode="after")
    def _one_scale_a_channel(self) -> Preprocessing:
        if not len(self.names) == len(self.mean) == len(self.deviation):
            raise ValueError("names, mean and deviation should be of one length")
        if any(deviation <= 0 for deviation in self.deviation):
            raise ValueError("each deviation should be above zero")
        return self
