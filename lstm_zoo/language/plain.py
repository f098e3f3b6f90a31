"""A language model for people without this package: plain weights, and ten lines to use them."""

from __future__ import annotations

from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig


def plain_state_dict(model: LanguageModel) -> dict[str, Tensor]:
    """The weights under the names that plain PyTorch modules give them.

    Returns:
        `embedding.weight` of an `nn.Embedding`; `lstm.weight_ih_l0` and so on, all layers in one
        `nn.LSTM`; `output.weight` and `output.bias` of an `nn.Linear`, a copy of the embedding
        where the model ties them; before it `projection.weight` and `projection.bias` of another
        `nn.Linear` where a tied model has one.
    """
    check_is_lstm(model.config)
    weights = {
        f"lstm.{name.removesuffix('0')}{index}": weight
        for index, layer in enumerate(model.layers)
        for name, weight in layer.named_parameters()
    }
    for part in ("embedding", "projection", "output"):
        module = model.get_submodule(part)
        weights |= {f"{part}.{name}": weight for name, weight in module.named_parameters()}
    return {name: weight.detach().clone() for name, weight in weights.items()}


def check_is_lstm(config: LanguageModelConfig) -> None:
    """Raises `UsageError` if the model's layers are not those that others call LSTM."""
    if config.cell != "lstm":
        raise UsageError(f"only models of the cell 'lstm' can be exported, not {config.cell!r}")


def plain_torch_example(config: LanguageModelConfig) -> str:
    """Python that writes with a checkpoint of this architecture, run in the checkpoint's folder.

    It needs PyTorch and safetensors alone, and writes what `generate(temperature=0)` writes.
    """
    if config.cell != "lstm":
        return (
            "# PyTorch has no such cell; its equations stand in\n"
            f'# lstm_zoo.cells.CELLS["{config.cell}"], the matrices have their names.\n'
        )
    output, projection = "output", ""
    if config.tie_embeddings:
        output = "embedding"
        if config.embedding_size != config.hidden_size:
            projection = (
                '    h = linear(h, weights["projection.weight"], weights["projection.bias"])\n'
            )
    sizes = f"{config.embedding_size}, {config.hidden_size}, num_layers={config.num_layers}"
    return f"""\
import json
import torch
from safetensors.torch import load_file
from torch.nn.functional import linear

torch.set_grad_enabled(False)
weights = load_file("model.safetensors")
lstm = torch.nn.LSTM({sizes})
lstm.load_state_dict({{
    f"{{part}}_l{{layer}}": weights[f"layers.{{layer}}.{{part}}_l0"]
    for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    for layer in range(lstm.num_layers)
}})
with open("tokenizer.json", encoding="utf-8") as file:
    tokenizer = json.load(file)
known = {{c: [i] for i, c in enumerate(tokenizer["characters"])}}
known = {{alias: known[c] for alias, c in tokenizer["aliases"].items()}} | known
unknown = known.get(tokenizer["unknown"], [])  # what stands for characters never seen, if any

prompt, state = "", None
tokens = [i for c in tokenizer["start"] + prompt for i in known.get(c, unknown)]
for _ in range(300):
    h, state = lstm(weights["embedding.weight"][tokens], state)
{projection}\
    scores = linear(h[-1], weights["{output}.weight"], weights["output.bias"])
    scores[unknown] = -torch.inf
    probabilities = scores.softmax(0)  # of the next character
    tokens = [int(probabilities.argmax())]  # or draw: torch.multinomial(probabilities, 1)
    print(tokenizer["characters"][tokens[0]], end="")
"""
