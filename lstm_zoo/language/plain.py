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
    """Ten lines of Python that write with a checkpoint of this architecture, run in its folder.

    They need PyTorch and safetensors alone.
    """
    if config.cell != "lstm":
        return (
            "# PyTorch has no such cell; its equations stand in\n"
            f'# lstm_zoo.cells.CELLS["{config.cell}"], the matrices have their names.\n'
        )
    output, features = "output", "h[-1]"
    if config.tie_embeddings:
        output = "embedding"
        if config.embedding_size != config.hidden_size:
            features = '(w["projection.weight"] @ h[-1] + w["projection.bias"])'
    sizes = f"{config.embedding_size}, {config.hidden_size}, num_layers={config.num_layers}"
    return f"""\
import json, torch, safetensors.torch

w = safetensors.torch.load_file("model.safetensors")
tokenizer = json.load(open("tokenizer.json", encoding="utf-8"))
lstm, state = torch.nn.LSTM({sizes}).requires_grad_(False), None
parts = {{name: name.split(".") for name in w if name.startswith("layers.")}}
lstm.load_state_dict({{f"{{p[2][:-1]}}{{p[1]}}": w[name] for name, p in parts.items()}})
known = list(tokenizer["characters"])
tokens = [known.index(c) for c in list(tokenizer["start"])]  # and those of your prompt
for _ in range(300):
    h, state = lstm(w["embedding.weight"][tokens], state)
    scores = w["{output}.weight"] @ {features} + w["output.bias"]
    scores[[i for i, c in enumerate(known) if c == tokenizer["unknown"]]] = -torch.inf
    tokens = scores.softmax(0).multinomial(1)  # drawn from the probabilities of all tokens
    print(known[tokens], end="")
"""
