"""The `model` section of a forecasting recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WrapValidator, model_validator

from lstm_zoo.recurrent.cell_name import CellName


def _or_torch(name: str, check: Callable[[str], str]) -> str:
    return name if name == "nn.LSTM" else check(name)


LayerName = Annotated[CellName, WrapValidator(_or_torch)]
"""A name of `lstm_zoo.cells.CELLS`, or nn.LSTM for PyTorch's own layer."""


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
    linear_branch: bool = Field(False, description="add a linear forecast from the whole window")
    channels: Literal["independent", "joint"] = Field(
        "independent", description="each channel by itself with shared weights, or all in one step"
    )
    calendar: bool = Field(False, description="read the dates of the past and of the future")
    dropout: float = Field(0.0, ge=0, lt=1, description="before the output layer")
    head: Literal["mse", "mae", "quantile", "student-t", "mixture"] = Field(
        "mae", description="points by their squared or absolute error, quantiles, or a density"
    )

    @model_validator(mode="after")
    def _segments_fit_the_decoding(self) -> ForecastModelConfig:
        if self.decoding == "parallel" and self.segment == 1:
            raise ValueError("parallel decoding needs a segment of more than one step")
        return self
