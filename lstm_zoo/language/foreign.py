"""Language models made elsewhere: an embedding, an `nn.LSTM` and an output layer.

Names differ from one program to the next, so the parts are told by the ends of their names and by
their shapes; what cannot be told for certain is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from lstm_zoo.errors import UsageError, validated
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig

_LSTM_NAME = re.compile(r"(.*)((?:weight|bias)_(?:ih|hh))_l(\d+)")
_EMBEDDING_NAME = re.compile(r"emb|encoder|wte", re.IGNORECASE)


def build_foreign_model(tensors: Mapping[str, Tensor], vocab_size: int) -> LanguageModel:
    """The model of a foreign state dict, in eval mode.

    The LSTM is one `nn.LSTM` of any number of layers, or several of one layer each, numbered; its
    gates are in PyTorch's order. Missing biases are zero. Where only the bias of the output layer
    is there, or its matrix is the embedding's, the two are tied.

    Args:
        tensors: float32, all of the model and no others.
        vocab_size: number of tokens.

    Raises:
        UsageError: the tensors are not those of such a model; names what is wrong.
    """
    left = dict(tensors)
    layers = _take_layers(left)
    inputs, units = layers[0]["weight_ih"].shape[1], layers[0]["weight_hh"].shape[1]
    embedding_name, output_name = _embedding_and_output(left, vocab_size, inputs)
    embedding, output = left[embedding_name], left[output_name]
    for name in {embedding_name, output_name}:
        del left[name]
    tied = torch.equal(embedding, output)
    state = {"embedding.weight": embedding, "output.weight": output}
    if tied and inputs != units:
        state |= _take_projection(left, inputs, units)
    elif output.shape[1] != units:
        raise UsageError(
            f"the output matrix {output_name!r} is {list(output.shape)}, but the LSTM has {units}"
            " units"
        )
    state["output.bias"] = _take_bias(left, output_name, vocab_size)
    if left:
        raise UsageError(
            f"the tensor {min(left)!r} does not belong to a model of an embedding, an LSTM and an"
            " output layer"
        )
    for index, layer in enumerate(layers):
        state |= {f"layers.{index}.{part}_l0": weight for part, weight in layer.items()}
    sizes = {"embedding_size": inputs, "hidden_size": units, "num_layers": len(layers)}
    config = validated(LanguageModelConfig, sizes | {"tie_embeddings": tied}, "the model")
    model = LanguageModel(config, vocab_size).eval()
    model.load_state_dict(state)
    return model


def _take_layers(left: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """The parts of each layer, from the bottom up, by `weight_ih` and so on."""
    found: dict[tuple[str, int], dict[str, Tensor]] = {}
    for name in list(left):
        if re.search(r"_l\d+_reverse$", name):
            raise UsageError(
                f"the LSTM is bidirectional ({name!r}): it reads a text from its end too, so it"
                " cannot write one"
            )
        if re.search(r"weight_hr_l\d+$", name):
            raise UsageError(
                f"the LSTM is projected (proj_size, {name!r}), which the zoo's language models are"
                " not"
            )
        if match := _LSTM_NAME.fullmatch(name):
            found.setdefault((match[1], int(match[3])), {})[match[2]] = left.pop(name)
    if not found:
        raise UsageError("there is no LSTM: no tensor's name ends in weight_ih_l0")
    order = sorted(found, key=_position)
    steps = [_position(key) - _position(order[0]) for key in order]
    roots = {re.sub(r"\d+", "", prefix) for prefix, _ in found}
    if len(roots) > 1 or steps != list(range(len(order))) or min(key[1] for key in found):
        names = ", ".join(f"{prefix}*_l{layer}" for prefix, layer in order)
        raise UsageError(f"{names} are not the layers of one LSTM, numbered without a gap")
    recurrent = found[order[0]].get("weight_hh", torch.empty(0, 0))
    units = recurrent.shape[-1] if recurrent.ndim else 0
    return [
        _checked_layer(
            f"{prefix}{{}}_l{layer}", found[prefix, layer], units if step else None, units
        )
        for step, (prefix, layer) in enumerate(order)
    ]


def _position(key: tuple[str, int]) -> int:
    """Where a layer stands: `lstm.*_l1` comes second, and so does `layers.1.*_l0`."""
    prefix, layer = key
    numbers = re.findall(r"\d+", prefix)
    return layer + (int(numbers[-1]) if numbers else 0)


def _checked_layer(
    name: str, parts: dict[str, Tensor], inputs: int | None, units: int
) -> dict[str, Tensor]:
    """The parts of a layer, each of the right shape; the lowest may have any number of `inputs`."""
    if not parts.keys() & {"bias_ih", "bias_hh"}:
        parts = parts | {"bias_ih": torch.zeros(4 * units), "bias_hh": torch.zeros(4 * units)}
    sizes = {"weight_hh": (units,), "weight_ih": (inputs,), "bias_ih": (), "bias_hh": ()}
    for part, columns in sizes.items():
        if part not in parts:
            raise UsageError(f"the tensor {name.format(part)!r} is missing")
        shape = parts[part].shape
        expected = (4 * units, *columns)
        if inputs is None and part == "weight_ih":
            expected = (4 * units, *shape[-1:])
        if shape != expected:
            raise UsageError(
                f"{name.format(part)!r} is {list(shape)}: not a layer of an LSTM of {units} units"
            )
    return parts


def _embedding_and_output(
    left: Mapping[str, Tensor], vocab_size: int, inputs: int
) -> tuple[str, str]:
    """Names of the two matrices with one row a token; the same name twice if one serves as both."""
    matrices = {name: tensor for name, tensor in left.items() if tensor.ndim == 2}
    names = sorted(name for name, tensor in matrices.items() if len(tensor) == vocab_size)
    if not names:
        there = [f"{name!r} {list(tensor.shape)}" for name, tensor in sorted(matrices.items())]
        raise UsageError(
            f"the vocabulary has {vocab_size} tokens, but no matrix has as many rows; beside the"
            f" LSTM there is {', '.join(there) or 'none'}"
        )
    if len(names) == 1 and any(tensor.shape == (vocab_size,) for tensor in left.values()):
        names *= 2  # tied, and stored once
    if len(names) != 2:
        raise UsageError(
            f"an embedding and an output layer are two matrices of {vocab_size} rows; there is"
            f" {', '.join(map(repr, names))}"
        )
    embeddings = [name for name in names if matrices[name].shape[1] == inputs]
    if not embeddings:
        raise UsageError(f"there is no embedding: no matrix is [{vocab_size}, {inputs}]")
    if names[0] != names[1] and len(embeddings) == 2:
        # Both fit. An embedding has no bias; if none has, its name must tell.
        embeddings = [name for name in names if _bias_of(name) not in left]
        if len(embeddings) == 2:
            embeddings = [name for name in names if _EMBEDDING_NAME.search(name)]
        if len(embeddings) != 1:
            raise UsageError(
                f"which of {names[0]!r} and {names[1]!r} is the embedding? rename it to"
                " 'embedding.weight'"
            )
    names.remove(embeddings[0])
    return embeddings[0], names[0]


def _take_projection(left: dict[str, Tensor], inputs: int, units: int) -> dict[str, Tensor]:
    """The layer that leads a tied model from the LSTM's units to the embedding's features."""
    names = [name for name, tensor in left.items() if tensor.shape == (inputs, units)]
    if len(names) != 1:
        raise UsageError(
            f"there is no output matrix for the {units} units of the LSTM: the only one reads"
            f" {inputs} features"
        )
    bias = left.pop(_bias_of(names[0]), torch.zeros(inputs))
    if bias.shape != (inputs,):
        raise UsageError(f"{_bias_of(names[0])!r} is {list(bias.shape)}, not [{inputs}]")
    return {"projection.weight": left.pop(names[0]), "projection.bias": bias}


def _take_bias(left: dict[str, Tensor], output_name: str, vocab_size: int) -> Tensor:
    """The output layer's bias, by its name or else by its shape; zeros if there is none."""
    names = [name for name, tensor in left.items() if tensor.shape == (vocab_size,)]
    if _bias_of(output_name) in names:
        return left.pop(_bias_of(output_name))
    return left.pop(names[0]) if len(names) == 1 else torch.zeros(vocab_size)


def _bias_of(name: str) -> str:
    """The name that `nn.Linear` gives to the bias beside this weight."""
    return name.removesuffix("weight") + "bias"
