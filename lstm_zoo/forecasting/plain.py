"""Code for a card: a forecaster's weights in plain PyTorch."""

from __future__ import annotations

from lstm_zoo.forecasting.config import ForecastModelConfig


def plain_example(config: ForecastModelConfig) -> str:
    """Python that reads the layer of a checkpoint without this package."""
    if config.cell not in ("lstm", "nn.LSTM", "gru", "rnn"):
        return (
            "# The cell is one that PyTorch does not have: read its equations in\n"
            f'# lstm_zoo.cells.CELLS["{config.cell}"].\n'
        )
    kind = "LSTM" if config.cell in ("lstm", "nn.LSTM") else config.cell.upper()
    return f"""import json
from safetensors.torch import load_file
from torch import nn

series = json.load(open("series.json", encoding="utf-8"))  # names, mean, deviation, look_back
weights = load_file("model.safetensors")
size, hidden = weights["layer.weight_ih_l0"].shape[1], {config.hidden_size}
layer = nn.{kind}(size, hidden, num_layers={config.num_layers}, batch_first=True)
layer.load_state_dict(
    {{n.removeprefix("layer."): w for n, w in weights.items() if n.startswith("layer.")}}
)
# What the layer reads and how its last state becomes a forecast: `model` in config.json says so,
# lstm_zoo/forecasting/ has it as code.
"""
