"""What a trace holds: every gate and state of every step, by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lstm_zoo.errors import UsageError
from lstm_zoo.files import whole_file
from lstm_zoo.task import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

METADATA = "lstm_zoo.trace"
FACTS = ("cell", "layer_names", "labels", "lengths", "units")
"""What a trace holds besides its numbers."""


@dataclass(frozen=True, eq=False)
class Trace(Mapping[str, list[list[Tensor]]]):
    """Gates and states of all steps: `trace["forget"][layer][direction]`, (batch, time, units).

    A layer that was not asked for, or not called, has an empty list in its place. Rows of unequal
    length are filled up with zeros. Images are (batch, time, channels, height, width).

    Attributes:
        tensors: by name: gates after their activation, parts of the state, and tanh_c, the tanh of
            c, where that is what the output gate shows.
        cell: name of the cell.
        layer_names: for each layer the name of its module in the model.
        labels: what each step is, where the model says it.
        lengths: of the rows, where they are unequal; else None.
        units: numbers of the units that are held, None for all.
        outputs: what the model's `forward` returned; not saved.
    """

    tensors: dict[str, list[list[Tensor]]]
    cell: str
    layer_names: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    lengths: tuple[int, ...] | None = None
    units: tuple[int, ...] | None = None
    outputs: Any = None

    def __getitem__(self, name: str) -> list[list[Tensor]]:
        if name not in self.tensors:
            raise UsageError(f"the trace has no {name!r}{did_you_mean(name, self.tensors)}")
        return self.tensors[name]

    def __contains__(self, name: object) -> bool:
        return name in self.tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)

    def __repr__(self) -> str:
        return (
            f"Trace({self.cell}: {', '.join(self.names)}; {self.num_layers} layers,"
            f" {self.num_directions} directions, {self.steps} steps)"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The gates, then the parts of the state."""
        return tuple(self.tensors)

    @property
    def num_layers(self) -> int:
        return len(self.layer_names)

    @property
    def num_directions(self) -> int:
        return max(map(len, next(iter(self.tensors.values()))))

    @property
    def batch(self) -> int:
        return self._any.shape[0]

    @property
    def steps(self) -> int:
        return self._any.shape[1]

    @property
    def _any(self) -> Tensor:
        return next(tensor for _, tensor in self.entries())

    def entries(self) -> Iterator[tuple[tuple[str, int, int], Tensor]]:
        """All tensors, each with its name, layer and direction."""
        for name, layers in self.tensors.items():
            for layer, directions in enumerate(layers):
                for direction, tensor in enumerate(directions):
                    yield (name, layer, direction), tensor

    def rows(self, name: str, layer: int, direction: int = 0) -> Tensor:
        """Values of all steps of all rows below one another, without what only fills up.

        Args:
            name, layer, direction: of the value.

        Returns:
            (steps of all rows, units).
        """
        value = self[name][layer][direction]
        if self.lengths is None:
            return value.flatten(0, 1)
        return torch.cat([row[:n] for row, n in zip(value, self.lengths, strict=True)])

    def numpy(self) -> dict[str, np.ndarray]:
        """All values by keys in PyTorch's manner: `forget_l0`, `forget_l0_reverse`."""
        return {_key(*where): value.cpu().numpy() for where, value in self.entries()}

    def frame(self) -> pd.DataFrame:
        """One row for each layer, direction, row, step and unit, one column for each name.

        Where a value has fewer features than there are units, such as a projected h, its numbers
        stand in the first units' rows.

        Raises:
            UsageError: the values are images.
        """
        import pandas as pd

        parts = []
        for layer in range(self.num_layers):
            for direction in range(len(next(iter(self.tensors.values()))[layer])):
                parts.append(self._part(layer, direction))
        return pd.concat(parts, ignore_index=True)

    def _part(self, layer: int, direction: int) -> pd.DataFrame:
        import pandas as pd

        here = {name: self.tensors[name][layer][direction] for name in self.tensors}
        here = {name: value for name, value in here.items() if value.dim() == 3}
        if not here:
            raise UsageError("the values are images: take numpy() instead of a table")
        batch, steps = next(iter(here.values())).shape[:2]
        most = max(value.shape[2] for value in here.values())
        row, step, unit = (index.ravel() for index in np.indices((batch, steps, most)))
        units = np.array(self.units) if self.units and most == len(self.units) else np.arange(most)
        columns: dict[str, Any] = {"layer": layer, "direction": direction, "row": row, "step": step}
        if self.labels is not None:
            columns["label"] = np.array(self.labels, dtype=object)[step]
        columns["unit"] = units[unit]
        for name, value in here.items():
            filled = np.full((batch, steps, most), np.nan, value.cpu().numpy().dtype)
            filled[..., : value.shape[2]] = value.cpu().numpy()
            columns[name] = filled.ravel()
        frame = pd.DataFrame(columns)
        return frame if self.lengths is None else frame[step < np.array(self.lengths)[row]]

    def save(self, path: str | Path) -> None:
        """Write all but `outputs` to a safetensors file, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        tensors = {_key(*where): value.contiguous() for where, value in self.entries()}
        facts = {key: getattr(self, key) for key in ("names", *FACTS)}
        with whole_file(Path(path)) as temporary:
            save_file(tensors, temporary, {METADATA: json.dumps(facts)})

    @classmethod
    def load(cls, path: str | Path) -> Trace:
        """Read what `save` wrote.

        Raises:
            UsageError: it is no such file.
        """
        if not Path(path).is_file():
            raise UsageError(f"there is no file {str(path)!r}")
        try:
            with safe_open(path, framework="pt") as file:
                facts = json.loads((file.metadata() or {})[METADATA])
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            names, layers = facts.pop("names"), len(facts["layer_names"])
            values = {
                name: [_directions(tensors, name, layer) for layer in range(layers)]
                for name in names
            }
            if tensors or not values:
                raise ValueError(f"surplus tensors: {sorted(tensors)}")
            facts |= {key: facts[key] and tuple(facts[key]) for key in FACTS[1:]}
            return cls(values, **facts)
        except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"{path} is not a file that a trace was saved to: {error}") from None


def _directions(tensors: dict[str, Tensor], name: str, layer: int) -> list[Tensor]:
    """Takes out the tensors of both directions, as far as there are any."""
    keys = [_key(name, layer, direction) for direction in (0, 1)]
    return [tensors.pop(key) for key in keys if key in tensors]


def _key(name: str, layer: int, direction: int) -> str:
    return f"{name}_l{layer}" + ("_reverse" if direction else "")
