"""A classifier for people without this package: plain weights, and twenty lines to use them."""

from __future__ import annotations

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig


@torch.no_grad()
def plain_state_dict(model: SentimentModel) -> dict[str, Tensor]:
    """The weights under the names that plain PyTorch modules give them.

    Returns:
        `embedding.weight` of an `nn.Embedding`, normalised if the model's is; `lstm.weight_ih_l0`
        and so on, all layers in one `nn.LSTM`; `output`, and `attention` and `context` where the
        model has them, of an `nn.Linear` each; and `temperature`, by which scores are divided.

    Raises:
        UsageError: the model's layers are not those that others call LSTM.
    """
    if model.config.cell != "lstm":
        cell = model.config.cell
        raise UsageError(f"only models of the cell 'lstm' can be exported, not {cell!r}")
    weights = {}
    for name, weight in model.named_parameters():
        part, _, rest = name.partition(".")
        if part == "next_words":  # took part in the training alone
            continue
        if part == "layers":
            layer, _, parameter = rest.partition(".")
            name = f"lstm.{parameter.replace('_l0', f'_l{layer}')}"
        weights[name] = weight.detach().clone()
    if weights.pop("frequencies", None) is not None:
        was_training = model.training
        every = torch.arange(model.vocab_size, device=model.embedding.weight.device)
        weights["embedding.weight"] = model.eval().embed(every[None])[0]
        model.train(was_training)
    return weights


def plain_torch_example(config: SentimentModelConfig) -> str:
    """Python that classifies with a checkpoint of this architecture, run in its folder.

    It needs PyTorch, safetensors and tokenizers alone.
    """
    if config.cell != "lstm":
        return (
            "# PyTorch has no such cell; its equations stand in\n"
            f'# lstm_zoo.cells.CELLS["{config.cell}"], the matrices have their names.\n'
        )
    units, both = config.hidden_size, config.bidirectional
    last = f"torch.cat([x[-1, :{units}], x[0, {units}:]])" if both else "x[-1]"
    pooled = {
        "last": last,
        "max": "x.amax(0)",
        "mean": "x.mean(0)",
        "attention": "attention.softmax(0) @ x",
    }
    normalise = attend = ""
    if config.normalised_embedding:
        normalise = """\
mean = w["frequencies"] @ w["embedding.weight"]
variance = w["frequencies"] @ (w["embedding.weight"] - mean) ** 2
x = (x - mean) * (variance + 1e-6).rsqrt()
"""
    if "attention" in config.pooling:
        attend = """\
hidden = torch.tanh(x @ w["attention.weight"].T + w["attention.bias"])
attention = hidden @ w["context.weight"][0]
"""
    return f"""\
import json, torch, safetensors.torch
from tokenizers import Tokenizer

w = safetensors.torch.load_file("model.safetensors")
document = json.load(open("tokenizer.json", encoding="utf-8"))
tokenizer = Tokenizer.from_str(json.dumps(document["tokenizer"]))
ids = tokenizer.encode("so-so").ids[:{config.max_tokens}]  # "so-so": your text
x = w["embedding.weight"][ids]
{normalise}for i in range({config.num_layers}):
    lstm = torch.nn.LSTM(x.shape[1], {units}, bidirectional={both}).requires_grad_(False)
    part = f"layers.{{i}}."
    lstm.load_state_dict({{n[len(part):]: w[n] for n in w if n.startswith(part)}})
    x = lstm(x)[0]
{attend}pooled = torch.cat([{", ".join(pooled[how] for how in config.pooling)}])
scores = (w["output.weight"] @ pooled + w["output.bias"]) / w["temperature"]
print(dict(zip(document["labels"], scores.softmax(0).tolist())))
"""
