"""Classification of texts as `training` and `zoo` see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.adopting import adopt_weights
from lstm_zoo.sentiment.batches import (
    ReadingBatches,
    SemiSupervisedBatch,
    SemiSupervisedBatches,
    SentimentBatch,
    SentimentBatches,
)
from lstm_zoo.sentiment.data import (
    SentimentBatchConfig,
    SentimentData,
    SentimentDataConfig,
    load_reviews,
)
from lstm_zoo.sentiment.evaluation import calibrate, sentiment_metrics
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig
from lstm_zoo.sentiment.next_words import ReadingBatch, reading_loss
from lstm_zoo.sentiment.objective import training_loss
from lstm_zoo.sentiment.plain import plain_state_dict, plain_torch_example
from lstm_zoo.sentiment.predict import SentimentClassifier
from lstm_zoo.sentiment.self_training import add_taught
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer
from lstm_zoo.task import JSON, Metric, Preparation, Progress, module_device, no_progress

Batch = SentimentBatch | SemiSupervisedBatch | ReadingBatch
FINGERPRINT_LENGTHS = (64, 40)
FOR_AND_AGAINST = ("negative", "positive")
SAMPLES = {
    "en": (
        "A dull film that goes nowhere, and takes two hours to get there.",
        "Funny, warm, and beautifully acted from the first scene to the last.",
        "Not bad at all.",
    ),
    "zh": (
        "房间又小又脏，服务员态度很差，再也不来了。",
        "位置很好，房间干净，早餐也丰富，下次还会住。",
        "质量不错，就是快递有点慢。",
    ),
}


class SentimentTask:
    """See `lstm_zoo.task.Task`."""

    name = "sentiment"
    title = "Sentiment classification"
    pipeline_tag = "text-classification"
    usage = 'print(model.classify("so-so"))'
    limits = (
        "It has read one kind of text, knows the classes of that, and answers one of them whatever"
        " it is given: for another kind of text or another language the answer means nothing."
        " Irony, quotation and what a reader would have to know escape it, and names that occur"
        " mostly in texts of one class sway it."
    )
    metric = "nats"
    model_config = SentimentModelConfig
    data_config = SentimentDataConfig
    batch_config = SentimentBatchConfig
    preprocessing_file = "tokenizer.json"

    def load_data(self, config: SentimentDataConfig, data_dir: Path | None) -> SentimentData:
        return load_reviews(config, data_dir)

    def load_data_as(
        self, config: SentimentDataConfig, data_dir: Path, preprocessing: ReviewTokenizer
    ) -> SentimentData:
        return load_reviews(config, data_dir, preprocessing)

    def load_data_from(
        self, config: SentimentDataConfig, data_dir: Path | None, preprocessing: ReviewTokenizer
    ) -> SentimentData:
        return load_reviews(config, data_dir, start=preprocessing)

    def adopt(
        self,
        model: SentimentModel,
        preprocessing: ReviewTokenizer,
        source: SentimentModel,
        source_preprocessing: ReviewTokenizer,
    ) -> None:
        adopt_weights(model, preprocessing, source, source_preprocessing)

    def teach(
        self,
        data: SentimentData,
        config: SentimentDataConfig,
        source: SentimentModel | None,
        source_preprocessing: ReviewTokenizer | None,
        accelerator: Accelerator,
        progress: Progress = no_progress,
    ) -> SentimentData:
        if not config.self_training:
            return data
        if source is None or source_preprocessing is None:
            raise UsageError(
                "data.self_training needs training.start_from, a model that labels the texts"
            )
        return add_taught(data, source, source_preprocessing, accelerator, progress, config.nb_svm)

    def build(self, config: SentimentModelConfig, preprocessing: ReviewTokenizer) -> SentimentModel:
        classes, frequencies = len(preprocessing.labels), preprocessing.frequencies
        model = SentimentModel(config, len(preprocessing), classes, frequencies)
        model.tokenizer = preprocessing
        return model

    def batches(
        self, data: SentimentData, config: SentimentBatchConfig, epoch: int, seed: int
    ) -> SentimentBatches | SemiSupervisedBatches | ReadingBatches:
        if epoch < config.reading_epochs:
            return ReadingBatches(data, config, epoch, seed)
        if config.unlabelled:
            return SemiSupervisedBatches(data, config, epoch, seed)
        return SentimentBatches(data.splits["train"], config, epoch, seed)

    def preparation(
        self, batches: SentimentBatchConfig, model: SentimentModelConfig
    ) -> Preparation:
        """The epochs that read as a language model."""
        if batches.reading_epochs and not model.next_words:
            raise UsageError("batches.reading_epochs needs model.next_words: true")
        if batches.unlabelled and not model.virtual_adversarial_norm:
            raise UsageError("batches.unlabelled needs a model.virtual_adversarial_norm above 0")
        return Preparation(batches.reading_epochs, batches.reading_rate)

    def loss(self, model: SentimentModel, batch: Batch, carried: None) -> tuple[Tensor, None]:
        if isinstance(batch, ReadingBatch):
            return reading_loss(model, batch), None
        if isinstance(batch, SemiSupervisedBatch):
            return training_loss(model, *batch), None
        return training_loss(model, batch), None

    def loss_weight(self, batch: Batch) -> int:
        """Texts that are labelled, or words that are predicted."""
        if isinstance(batch, ReadingBatch):
            return int(batch.lengths.sum()) - len(batch.lengths)
        return len(batch[0].lengths if isinstance(batch, SemiSupervisedBatch) else batch.lengths)

    def units(self, batch: Batch) -> int:
        parts = batch if isinstance(batch, SemiSupervisedBatch) else [batch]
        return sum(int(part.lengths.sum()) for part in parts)

    def validate(self, model: SentimentModel, data: SentimentData) -> float:
        """Nats of calibrated probabilities: the temperature of these weights is fitted here."""
        return calibrate(model, data)

    def evaluate(
        self,
        model: SentimentModel,
        data: SentimentData,
        split: str,
        progress: Progress = no_progress,
    ) -> dict[str, Metric]:
        return sentiment_metrics(model, data, split, progress)

    def dump_preprocessing(self, preprocessing: ReviewTokenizer) -> JSON:
        return preprocessing.to_json()

    def parse_preprocessing(self, document: Any) -> ReviewTokenizer:
        return ReviewTokenizer.from_json(document)

    @torch.inference_mode()
    def fingerprint(self, model: SentimentModel) -> Sequence[float]:
        """Calibrated log-probabilities of two fixed texts of unequal length."""
        device = module_device(model)
        steps = torch.arange(max(FINGERPRINT_LENGTHS), device=device)
        ids = torch.stack([steps * 7, steps * 11 + 3]) % model.vocab_size
        logits = model(ids, torch.tensor(FINGERPRINT_LENGTHS, device=device))
        return (logits / model.temperature).cpu().double().log_softmax(1).flatten().tolist()

    def predictor(
        self, model: SentimentModel, preprocessing: ReviewTokenizer
    ) -> SentimentClassifier:
        return SentimentClassifier(model, preprocessing)

    def sample(self, predictor: SentimentClassifier) -> str:
        texts = SAMPLES.get(predictor.tokenizer.language)
        if texts is None or predictor.labels != FOR_AND_AGAINST:
            return ""  # texts of one's own, of which none should stand in a card
        rows = [
            f"| {text} | {verdict.label} | {verdict.probabilities[verdict.label]:.3f} |"
            for text, verdict in zip(texts, predictor.classify(texts), strict=True)
        ]
        return "\n".join(["| text | verdict | probability |", "|---|---|---:|", *rows])

    def plain_torch_example(self, config: Any) -> str:
        return plain_torch_example(SentimentModelConfig.model_validate(config))

    def to_torch(self, model: SentimentModel) -> dict[str, Tensor]:
        return plain_state_dict(model)

    def to_onnx(self, model: SentimentModel, metadata: Mapping[str, str]) -> tuple[bytes, float]:
        raise UsageError("only language models are exported to ONNX: take --to torch")

    def from_torch(
        self, tensors: Mapping[str, Tensor], preprocessing: Path, options: Mapping[str, str | None]
    ) -> tuple[SentimentModel, ReviewTokenizer]:
        raise UsageError("only language models are imported: train a classifier by its recipe")


TASK = SentimentTask()
