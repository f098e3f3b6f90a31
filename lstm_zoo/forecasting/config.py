"""The sections of a forecasting recipe: `data`, `batches` and `model`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WrapValidator, model_validator

from lstm_zoo.recurrent.cell_name import CellName, check_layer


def _or_torch(name: str, check: Callable[[str], str]) -> str:
    return name if name == "nn.LSTM" else check(name)


LayerName = Annotated[CellName, WrapValidator(_or_torch)]
"""A name of `lstm_zoo.cells.CELLS`, or nn.LSTM for PyTorch's own layer."""


class ForecastDataConfig(BaseModel):
    """A table of series, or the prices of many stocks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["series", "prices"] = Field(
        "series", description="series: all channels of one table; prices: many stocks, pooled"
    )
    name: str = Field(description="what the data set is called")
    language: str = Field("zxx", description="ISO 639: zxx means no language")
    licence: str = Field(description="the data's terms")
    source: str = Field(description="where the file comes from")
    file: str = Field(description="csv or parquet: path inside the data folder, or a whole path")
    url: str | None = Field(None, description="where to fetch the file if no folder is named")
    sha256: str | None = Field(None, description="checksum of the file")
    date: str | None = Field(None, description="column of the dates; by default looked for")
    values: tuple[str, ...] | None = Field(None, description="columns; all that hold numbers")
    real_dates: bool = Field(True, description="false: the dates are no more than row numbers")
    as_it_stands: bool = Field(
        False, description="take all rows in the file's order, as published protocols do"
    )
    split: tuple[float, float, float] = Field(
        (0.7, 0.1, 0.2),
        description="train, validation and test in the order of time: shares, or rows if above 1",
    )
    look_back: int = Field(ge=2, le=100_000, description="steps of the past that are read")
    horizons: tuple[int, ...] = Field(min_length=1, description="steps to forecast, measured at")
    indices: tuple[str, ...] = Field((), description="prices: files of one index each, beside it")
    held_out: float = Field(
        0.125, ge=0, lt=1, description="prices: share of the tickers that are never trained on"
    )

    @model_validator(mode="after")
    def _split_is_all_shares_or_all_rows(self) -> ForecastDataConfig:
        shares = sum(self.split) <= 1 + 1e-9
        if min(self.split) <= 0 or not (shares or all(part > 1 for part in self.split)):
            raise ValueError(
                "the split should be three shares that sum to at most 1, or three numbers of rows"
            )
        if min(self.horizons) < 1:
            raise ValueError("a horizon is one step at least")
        return self


class ForecastBatchConfig(BaseModel):
    """How an epoch is cut into steps of training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: int = Field(64, ge=1, description="windows of a step, each with all its channels")
    stride: int = Field(
        1, ge=1, description="an epoch takes every n-th window, from an offset of its own"
    )
    length: int = Field(256, ge=2, description="prices: days of a stretch, each one forecast from")


class ForecastModelConfig(BaseModel):
    """The architecture; a price model reads days and has no segments, branches or decoders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cell: LayerName = Field("lstm", description="a name of lstm_zoo.cells.CELLS, or nn.LSTM")
    hidden_size: int = Field(64, ge=1, le=4096, description="units of a layer")
    num_layers: int = Field(1, ge=1, le=8)
    forget_bias: float = Field(1.0, description="bias of the gate that keeps the memory")
    segment: int = Field(1, ge=1, le=1000, description="steps of the series in a step of the LSTM")
    embedding_size: int = Field(
        0, ge=0, le=4096, description="features a segment becomes, with a ReLU; 0: its values"
    )
    normalization: Literal["none", "last", "instance", "scaled-last"] = Field(
        "last",
        description="what is taken off a window and put back: the last value; mean and deviation"
        " (reversible instance norm); the last value and the deviation; nothing",
    )
    decoding: Literal["direct", "recursive", "parallel"] = Field(
        "direct",
        description="all steps at once from the last state; segment after segment, each read as if"
        " it had happened; all segments side by side from embeddings of their positions",
    )
    linear_branch: Literal["none", "trained", "fitted"] = Field(
        "none",
        description="add a linear forecast from the whole window: trained with the rest from zero,"
        " or fitted by least squares before the training and then kept, so that the LSTM learns"
        " what is not linear",
    )
    channels: Literal["independent", "joint"] = Field(
        "independent", description="each channel by itself with shared weights, or all in one step"
    )
    calendar: bool = Field(False, description="read the dates of the past and of the future")
    dropout: float = Field(0.0, ge=0, lt=1, description="before the output layer")
    head: Literal["mse", "mae", "quantile", "student-t", "mixture"] = Field(
        "mae", description="points by their squared or absolute error, quantiles, or a density"
    )

    _layer = model_validator(mode="after")(check_layer)

    @model_validator(mode="after")
    def _segments_fit_the_decoding(self) -> ForecastModelConfig:
        if self.decoding == "parallel" and self.segment == 1:
            raise ValueError("parallel decoding needs a segment of more than one step")
        return self
