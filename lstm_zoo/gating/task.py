"""The small problems as `training` and `zoo` see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lstm_zoo.errors import UsageError
from lstm_zoo.gating.data import GatingBatchConfig, GatingBatches, GatingData, GatingDataConfig
from lstm_zoo.gating.evaluation import gating_metrics, model_error
from lstm_zoo.gating.model import GatingModel, GatingModelConfig
from lstm_zoo.gating.predict import ProblemSolver
from lstm_zoo.gating.problems import PROBLEMS, Examples
from lstm_zoo.task import JSON, Metric, Progress, did_you_mean, module_device, no_progress

FINGERPRINT_STEPS = 64
SAMPLE_LENGTH = 24


class GatingTask:
    """See `lstm_zoo.task.Task`."""

    name = "gating"
    title = "A small problem, solved"
    pipeline_tag = "other"
    usage = "print(model.problem.inputs)  # what model.answer(sequence) reads"
    limits = "It solves one small problem and is of no other use than to be looked into."
    metric = "error"
    best_possible = 0.0
    model_config = GatingModelConfig
    data_config = GatingDataConfig
    batch_config = GatingBatchConfig
    preprocessing_file = "problem.json"

    def load_data(self, config: GatingDataConfig, data_dir: Path | None) -> GatingData:
        """Nothing is read: the folder is not looked at."""
        facts = {"examples": "made anew for each step; the same for the same seed"}
        return GatingData(config, config.problem, facts)

    def build(self, config: GatingModelConfig, preprocessing: str) -> GatingModel:
        return GatingModel(config, PROBLEMS[preprocessing])

    def batches(
        self, data: GatingData, config: GatingBatchConfig, epoch: int, seed: int
    ) -> GatingBatches:
        return GatingBatches(data, config, epoch, seed)

    def loss(self, model: nn.Module, batch: Examples, carried: None) -> tuple[Tensor, None]:
        answers, _ = model(batch.inputs)
        targets = batch.targets[batch.asked]
        if targets.is_floating_point():
            return F.mse_loss(answers[..., 0][batch.asked], targets), None
        return F.cross_entropy(answers[batch.asked], targets), None

    def units(self, batch: Examples) -> int:
        return batch.asked.numel()

    def loss_weight(self, batch: Examples) -> int:
        return int(batch.asked.sum())

    def validate(self, model: GatingModel, data: GatingData) -> float:
        """At the longest length of training: what lies beyond is for the test alone."""
        examples = data.examples("validation", data.config.longest)
        return model_error(model, data.problem, examples)

    def evaluate(
        self, model: GatingModel, data: GatingData, split: str, progress: Progress = no_progress
    ) -> dict[str, Metric]:
        return gating_metrics(model, data, split, progress)

    def dump_preprocessing(self, preprocessing: str) -> JSON:
        problem = PROBLEMS[preprocessing]
        return {"problem": preprocessing, "inputs": problem.inputs, "outputs": problem.outputs}

    def parse_preprocessing(self, document: Any) -> str:
        name = document.get("problem") if isinstance(document, dict) else None
        if name not in PROBLEMS:
            raise ValueError(f"there is no problem {name!r}{did_you_mean(str(name), PROBLEMS)}")
        if document != self.dump_preprocessing(name):
            raise ValueError(f"the symbols are not those of the problem {name!r}")
        return str(name)

    @torch.inference_mode()
    def fingerprint(self, model: GatingModel) -> Sequence[float]:
        """The last answer to a fixed sequence of ones and zeros in each feature."""
        size = model.layer.input_size
        steps = torch.arange(FINGERPRINT_STEPS * size, device=module_device(model))
        x = (steps * 7 % 11 % 2).view(1, FINGERPRINT_STEPS, size).to(torch.float32)
        return model(x)[0][0, -1].cpu().double().tolist()

    def predictor(self, model: GatingModel, preprocessing: str) -> ProblemSolver:
        return ProblemSolver(model, preprocessing)

    def sample(self, predictor: ProblemSolver) -> str:
        generator = torch.Generator().manual_seed(0)
        problem = predictor.problem
        examples = problem.draw(generator, 1, SAMPLE_LENGTH)
        if problem.inputs:
            asked = "".join(problem.inputs[symbol] for symbol in examples.inputs[0].argmax(-1))
            return f"    reads    {asked}\n    answers  {predictor.answer(asked)}"
        pairs = [(value, mark) for value, mark in examples.inputs[0].tolist()]
        marked = " + ".join(f"{value:.3f}" for value, mark in pairs if mark)
        return f"    {marked} = {predictor.answer(pairs)[-1]:.3f}"

    def plain_torch_example(self, config: Any) -> str:
        architecture = GatingModelConfig.model_validate(config)
        if architecture.cell not in ("lstm", "gru", "rnn"):
            return (
                "# The cell is one that PyTorch does not have: read its equations in\n"
                f'# lstm_zoo.cells.CELLS["{architecture.cell}"].\n'
            )
        kind = architecture.cell.upper()
        return f"""import json
from safetensors.torch import load_file
from torch import nn

problem = json.load(open("problem.json", encoding="utf-8"))
weights = load_file("model.safetensors")
size, hidden = weights["layer.weight_ih_l0"].shape[1], {architecture.hidden_size}
layer = nn.{kind}(size, hidden, num_layers={architecture.num_layers}, batch_first=True)
output = nn.Linear(hidden, len(weights["output.bias"]))
for name, module in {{"layer": layer, "output": output}}.items():
    own = {{n.partition(".")[2]: w for n, w in weights.items() if n.startswith(name)}}
    module.load_state_dict(own)
# x is (batch, time, size): a 1 for the symbol that is read, in the order of problem["inputs"]
# output(layer(x)[0]) has a score for each symbol of problem["outputs"]
"""

    def to_torch(self, model: GatingModel) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in model.named_parameters()}

    def to_onnx(self, model: GatingModel, metadata: Mapping[str, str]) -> tuple[bytes, float]:
        raise UsageError("only language models are exported to ONNX: take --to torch")

    def from_torch(
        self, tensors: Mapping[str, Tensor], preprocessing: Path, options: Mapping[str, str | None]
    ) -> tuple[GatingModel, str]:
        raise UsageError("only language models are imported: train a gating problem by its recipe")


TASK = GatingTask()
