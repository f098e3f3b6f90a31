"""Text generation as `training` and `zoo` see it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.cells import State
from lstm_zoo.language.adopting import adopt_weights
from lstm_zoo.language.data import (
    LanguageBatchConfig,
    LanguageDataConfig,
    TextBatch,
    TextBatches,
    TextData,
    load_text,
)
from lstm_zoo.language.evaluation import text_metrics, validation_nats
from lstm_zoo.language.foreign import build_foreign_model
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.language.plain import plain_state_dict, plain_torch_example
from lstm_zoo.language.predict import TextGenerator
from lstm_zoo.language.tokenizer import CharacterTokenizer, Tokenizer, parse_tokenizer
from lstm_zoo.language.vocabulary import read_vocabulary
from lstm_zoo.sampled_softmax import sampled_cross_entropy
from lstm_zoo.task import JSON, Metric, Progress, module_device, no_progress

FINGERPRINT_TOKENS = 64
FINGERPRINT_OUTPUTS = 8


class LanguageTask:
    """See `lstm_zoo.task.Task`."""

    name = "language"
    title = "Text generation"
    pipeline_tag = "text-generation"
    usage = 'print(model.generate("", max_new_tokens=300, temperature=0.8, seed=1))'
    limits = (
        "It knows the texts it was trained on and nothing else: no facts, no questions and answers."
        " It repeats what the texts say, their prejudices included."
    )
    metric = "nats"
    model_config = LanguageModelConfig
    data_config = LanguageDataConfig
    batch_config = LanguageBatchConfig
    preprocessing_file = "tokenizer.json"

    def load_data(self, config: LanguageDataConfig, data_dir: Path | None) -> TextData:
        return load_text(config, data_dir)

    def load_data_as(
        self, config: LanguageDataConfig, data_dir: Path, preprocessing: Tokenizer
    ) -> TextData:
        return load_text(config, data_dir, preprocessing)

    def build(self, config: LanguageModelConfig, preprocessing: Tokenizer) -> LanguageModel:
        return LanguageModel(config, len(preprocessing))

    def batches(
        self, data: TextData, config: LanguageBatchConfig, epoch: int, seed: int
    ) -> TextBatches:
        return TextBatches(data.splits["train"], config, epoch, seed)

    def loss(
        self, model: LanguageModel, batch: TextBatch, carried: State | None
    ) -> tuple[Tensor, State]:
        device = batch.inputs.device
        state = carried or model.initial_state(len(batch.inputs))
        keep = batch.keep.to(device)
        # An empty memory is zero in each part, whatever the cell.
        state = tuple(part.detach() * keep.view(1, -1, *[1] * (part.dim() - 2)) for part in state)
        targets, drawn = batch.targets.flatten(), model.config.drawn_tokens
        scores, state = model(batch.inputs, state, score=not drawn)
        scores = scores.flatten(0, 1).float()
        if drawn:
            weight, bias = model.output.weight, model.output.bias
            loss = sampled_cross_entropy(scores, weight, bias, targets, drawn) / len(targets)
        else:
            loss = F.cross_entropy(scores, targets)
        penalty, model.penalty = model.penalty, 0.0  # not kept: its graph cannot be copied
        return loss + penalty, state

    def adopt(
        self,
        model: LanguageModel,
        preprocessing: Tokenizer,
        source: LanguageModel,
        source_preprocessing: Tokenizer,
    ) -> None:
        adopt_weights(model, preprocessing, source, source_preprocessing)

    def units(self, batch: TextBatch) -> int:
        return batch.inputs.numel()

    def validate(self, model: LanguageModel, data: TextData) -> float:
        return validation_nats(model, data)

    def evaluate(
        self, model: LanguageModel, data: TextData, split: str, progress: Progress = no_progress
    ) -> dict[str, Metric]:
        return text_metrics(model, data, split, progress)

    def dump_preprocessing(self, preprocessing: Tokenizer) -> JSON:
        return preprocessing.to_json()

    def parse_preprocessing(self, document: Any) -> Tokenizer:
        return parse_tokenizer(document)

    @torch.inference_mode()
    def fingerprint(self, model: LanguageModel) -> Sequence[float]:
        """Log-probabilities of the first tokens after a fixed sequence, from an empty memory."""
        tokens = torch.arange(FINGERPRINT_TOKENS, device=module_device(model)) * 7
        outputs, _ = model.read(tokens[None] % model.vocab_size)
        logits = model.score(outputs[0, -1])  # of one token: a vocabulary may be large
        return F.log_softmax(logits.cpu().double(), dim=-1)[:FINGERPRINT_OUTPUTS].tolist()

    def predictor(self, model: LanguageModel, preprocessing: Tokenizer) -> TextGenerator:
        return TextGenerator(model, preprocessing)

    def sample(self, predictor: TextGenerator) -> str:
        text = predictor.generate("", max_new_tokens=400, temperature=0.8, seed=1)
        return "Seed 1, temperature 0.8:\n\n" + textwrap.indent(text.strip(), "    ")

    def plain_torch_example(self, config: Any) -> str:
        return plain_torch_example(LanguageModelConfig.model_validate(config))

    def to_torch(self, model: LanguageModel) -> dict[str, Tensor]:
        return plain_state_dict(model)

    def to_onnx(self, model: LanguageModel, metadata: Mapping[str, str]) -> tuple[bytes, float]:
        # Imported here: an extra, which nothing else needs.
        from lstm_zoo.language.onnx_model import onnx_difference, onnx_model

        content = onnx_model(model, metadata)
        return content, onnx_difference(model, content)

    def from_torch(
        self, tensors: Mapping[str, Tensor], preprocessing: Path, options: Mapping[str, str | None]
    ) -> tuple[LanguageModel, CharacterTokenizer]:
        """See `read_vocabulary` for the options."""
        tokenizer = read_vocabulary(preprocessing, **options)
        return build_foreign_model(tensors, len(tokenizer)), tokenizer


TASK = LanguageTask()
