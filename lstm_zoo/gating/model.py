"""The model for the small problems: one recurrent layer of any cell, and an answer at each step."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from lstm_zoo.cells import State
from lstm_zoo.gating.problems import Problem
from lstm_zoo.initialization import initialize
from lstm_zoo.recurrent import LSTM
from lstm_zoo.recurrent.cell_name import CellName, check_layer


class GatingModelConfig(BaseModel):
    """The `model` section of a gating recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cell: CellName = Field("lstm", description="a name of lstm_zoo.cells.CELLS")
    hidden_size: int = Field(32, ge=1, le=4096, description="units of a layer")
    num_layers: int = Field(1, ge=1, le=8)
    forget_bias: float = Field(1.0, description="bias of the gate that keeps the memory")
    chrono: int | None = Field(
        None, ge=3, description="longest time in steps to be remembered, instead of a forget bias"
    )

    _layer = model_validator(mode="after")(check_layer)


class GatingModel(nn.Module):
    """A recurrent layer and a linear answer.

    Args:
        config: the architecture.
        problem: says how many numbers go in and out.
    """

    def __init__(self, config: GatingModelConfig, problem: Problem) -> None:
        super().__init__()
        self.config = config
        self.layer = LSTM(
            problem.input_size,
            config.hidden_size,
            num_layers=config.num_layers,
            batch_first=True,
            cell=config.cell,
        )
        self.output = nn.Linear(config.hidden_size, problem.output_size)

    def reset_parameters(self) -> None:
        """Start the weights: the layer by `initialize`, the answer as PyTorch does."""
        chrono = (2, self.config.chrono) if self.config.chrono else None
        initialize(self.layer, forget_bias=self.config.forget_bias, chrono=chrono)
        self.output.reset_parameters()

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Answer at each step.

        Args:
            inputs: (batch, time, input_size).
            state: of the steps before; None for an empty memory.

        Returns:
            Answers (batch, time, output_size): scores of symbols, or a number; and the state.
        """
        outputs, state = self.layer(inputs, state)
        return self.output(outputs), state
