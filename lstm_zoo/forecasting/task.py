"""Forecasting as `training` and `zoo` see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from lstm_zoo.errors import UsageError
from lstm_zoo.forecasting.adopting import adopt_weights
from lstm_zoo.forecasting.config import (
    ForecastBatchConfig,
    ForecastDataConfig,
    ForecastModelConfig,
)
from lstm_zoo.forecasting.data import SeriesBatches, SeriesData, Windows, read_data
from lstm_zoo.forecasting.evaluation import (
    error_name,
    model_errors,
    series_metrics,
    validation_error,
)
from lstm_zoo.forecasting.forecaster import Forecaster
from lstm_zoo.forecasting.linear import least_squares
from lstm_zoo.forecasting.model import SeriesModel
from lstm_zoo.forecasting.plain import plain_example
from lstm_zoo.forecasting.predict import SeriesForecaster
from lstm_zoo.forecasting.preprocessing import Preprocessing
from lstm_zoo.forecasting.price_data import PriceBatches, PriceData, Stretch
from lstm_zoo.forecasting.price_files import read_prices
from lstm_zoo.forecasting.price_model import PriceModel
from lstm_zoo.forecasting.price_predict import PriceForecaster
from lstm_zoo.forecasting.price_validation import price_error
from lstm_zoo.forecasting.samples import sample_forecast
from lstm_zoo.task import JSON, Metric, Progress, no_progress

FINGERPRINT_OUTPUTS = 64


class ForecastingTask:
    """See `lstm_zoo.task.Task`."""

    name = "forecasting"
    title = "Forecasting"
    pipeline_tag = "time-series-forecasting"
    usage = 'print(model.forecast("series.csv"))  # a table of quantiles, a row for each step'
    limits = (
        "It knows the past of the series and nothing else. A forecast is no promise: look at a"
        " backtest on your own series, beside the last value repeated, before you rely on it. For"
        " prices: no claim about their direction, and no financial advice."
    )
    metric = "error"
    model_config = ForecastModelConfig
    data_config = ForecastDataConfig
    batch_config = ForecastBatchConfig
    preprocessing_file = "series.json"

    def load_data(
        self, config: ForecastDataConfig, data_dir: Path | None
    ) -> SeriesData | PriceData:
        if config.kind == "prices":
            return read_prices(config, data_dir)
        data = read_data(config, data_dir)
        data.preprocessing._linear_fit = partial(least_squares, data)
        return data

    def build(
        self, config: ForecastModelConfig, preprocessing: Preprocessing
    ) -> SeriesModel | PriceModel:
        if preprocessing.kind == "prices":
            return PriceModel(config, preprocessing)
        return SeriesModel(config, preprocessing)

    def batches(
        self,
        data: SeriesData | PriceData,
        config: ForecastBatchConfig,
        epoch: int,
        seed: int,
    ) -> SeriesBatches | PriceBatches:
        if isinstance(data, PriceData):
            return PriceBatches(data, config, epoch, seed)
        return SeriesBatches(data, config, epoch, seed)

    def loss(
        self, model: nn.Module, batch: Windows | Stretch, carried: None
    ) -> tuple[Tensor, None]:
        """The head's loss; of a table the mean over the horizons of the mean over their steps."""
        own: Any = getattr(model, "module", model)
        if isinstance(batch, Stretch):
            losses = own.head.loss(model(batch.features, batch.events), batch.targets)
            return losses[batch.counts].mean(), None
        return own.loss(model(batch.past, batch.calendar), batch.future), None

    def adopt(
        self,
        model: nn.Module,
        preprocessing: Preprocessing,
        source: nn.Module,
        source_preprocessing: Preprocessing,
    ) -> None:
        adopt_weights(model, source)

    def units(self, batch: Windows | Stretch) -> int:
        """Values read, of all channels."""
        if isinstance(batch, Stretch):
            return batch.features.shape[0] * batch.features.shape[1]
        return batch.past.numel()

    def validate(self, model: SeriesModel | PriceModel, data: SeriesData | PriceData) -> float:
        if isinstance(data, PriceData):
            return price_error(model, data)  # type: ignore[arg-type]
        with torch.inference_mode():
            return validation_error(model_errors(model), data, error_name(model))  # type: ignore[arg-type]

    def evaluate(
        self,
        model: SeriesModel | PriceModel,
        data: SeriesData | PriceData,
        split: str,
        progress: Progress = no_progress,
    ) -> dict[str, Metric]:
        if isinstance(data, PriceData):
            from lstm_zoo.forecasting.price_evaluation import evaluate_prices

            forecaster = PriceForecaster(model, data.preprocessing)  # type: ignore[arg-type]
            prices, first_day = data.prices(split)
            return evaluate_prices(
                forecaster.returns, prices, first_day, data.held_out, progress=progress
            )
        return series_metrics(model, data, split, progress)  # type: ignore[arg-type]

    def dump_preprocessing(self, preprocessing: Preprocessing) -> JSON:
        return preprocessing.model_dump(mode="json")

    def parse_preprocessing(self, document: Any) -> Preprocessing:
        try:
            return Preprocessing.model_validate(document)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise ValueError(f"{where or 'the document'}: {fault['msg']}") from None

    @torch.inference_mode()
    def fingerprint(self, model: SeriesModel | PriceModel) -> Sequence[float]:
        """Numbers of the forecast for a fixed window."""
        return model.fixed_outputs(FINGERPRINT_OUTPUTS)

    def predictor(
        self, model: SeriesModel | PriceModel, preprocessing: Preprocessing
    ) -> Forecaster:
        if isinstance(model, PriceModel):
            return PriceForecaster(model, preprocessing)
        return SeriesForecaster(model, preprocessing)

    def sample(self, predictor: Forecaster) -> str:
        return sample_forecast(predictor)

    def plain_torch_example(self, config: Any) -> str:
        return plain_example(ForecastModelConfig.model_validate(config))

    def to_torch(self, model: nn.Module) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in model.named_parameters()}

    def to_onnx(self, model: nn.Module, metadata: Mapping[str, str]) -> tuple[bytes, float]:
        raise UsageError("only language models are exported to ONNX: take --to torch")

    def from_torch(
        self, tensors: Mapping[str, Tensor], preprocessing: Path, options: Mapping[str, str | None]
    ) -> tuple[nn.Module, Any]:
        raise UsageError("only language models are imported: train a forecaster by its recipe")


TASK = ForecastingTask()
