"""What a prediction hangs on: its gradient with respect to each input step.

Madsen 2019, "Visualizing memorization in RNNs", Distill: the size of the gradient of a prediction
with respect to an earlier embedded input shows how much that input matters to it. And Hochreiter
1991, Bengio, Simard & Frasconi 1994, "Learning long-term dependencies with gradient descent is
difficult", IEEE Transactions on Neural Networks 5(2): how fast that size falls with the distance.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from lstm_zoo.errors import UsageError
from lstm_zoo.inspection.layers import find_recurrent
from lstm_zoo.inspection.tracing import reading_of
from lstm_zoo.recurrent.stand_in import Forward, stand_in, standing_in

PROBES = 16


def connectivity(
    model: Any,
    input: Any,
    step: int = -1,
    target: int | None = None,
    *,
    measure: Literal["norm", "times-input"] = "norm",
    score: Callable[[Any], Tensor] | None = None,
    row: int = 0,
) -> Tensor:
    """How much one prediction hangs on the input of each step.

    The input is what the first recurrent layer reads: embedded tokens, or the series. The model
    stays in the mode it is in, and its weights collect no gradient.

    Args:
        model: a module with a recurrent layer, or what `lstm_zoo.load` returns.
        input: what its `forward` takes, a tensor or a tuple; for a loaded model what that reads.
        step: the prediction made at this step, from the end if negative. A model that answers once
            for a sequence has no such choice, and none is made.
        target: the symbol whose log-probability is followed, by number; None for the likeliest. If
            the model answers with one number, that is followed.
        measure: "norm" for the Euclidean norm of the gradient; "times-input" for the gradient times
            the input, summed over features: its sign says whether the step speaks for the target.
        score: takes what `forward` returns and gives the number to be followed, for models whose
            answer is something else; `step` and `target` are then not used.
        row: number of the sequence in the batch.

    Returns:
        (time,), float.

    Raises:
        UsageError: there is no recurrent layer, no such step, row or target, or the answer is not
            scores of symbols or a number.
    """
    module, inputs, _ = reading_of(model, input)
    with _Watch(module) as watch:
        outputs = module(*inputs)
        value = score(outputs) if score else _followed(outputs, watch.sizes(), step, target, row)
        if value.numel() != 1:
            raise UsageError(f"score should give one number, got shape {tuple(value.shape)}")
        gradients = watch.gradients(value)
    if measure == "times-input":
        products = [x.detach() * g for x, g in zip(watch.leaves, gradients, strict=True)]
        return watch.by_row(products)[row].sum(-1)
    return watch.by_row(gradients)[row].norm(dim=-1)


def gradient_by_distance(model: Any, input: Any, *, probes: int = PROBES, seed: int = 0) -> Tensor:
    """How much the last state hangs on inputs further and further back.

    The Frobenius norm of dh_T/dx_(T-d), h_T being the last recurrent layer's output at the last
    step: the root of the mean over sequences and random signs v of |d(v h_T)/dx_(T-d)|^2, which is
    the squared norm in expectation (Hutchinson 1990).

    Args:
        model: as for `connectivity`.
        input: as for `connectivity`, in sequences of equal length.
        probes: how many v are drawn; the relative error is at most sqrt(1 / (2 probes)) or so.
        seed: of v.

    Returns:
        (distance,); the first is that of the last step's own input.

    Raises:
        UsageError: there is no recurrent layer, or the sequences have several lengths.
    """
    if probes < 1:
        raise UsageError(f"probes must be 1 or more, got {probes}")
    module, inputs, _ = reading_of(model, input)
    generator = torch.Generator().manual_seed(seed)
    with _Watch(module) as watch:
        module(*inputs)
        last = watch.last_output()
        total = torch.zeros((), dtype=torch.float64)
        for _ in range(probes):
            signs = torch.randint(0, 2, last.shape, generator=generator) * 2 - 1
            gradients = watch.gradients((last * signs.to(last)).sum())
            total = total + watch.by_row(gradients).double().square().sum(-1).mean(0).cpu()
    return (total / probes).sqrt().flip(0)


class _Watch:
    """Makes leaves of what the first recurrent layer reads, while a model runs with gradients.

    cuDNN is off meanwhile: its kernels have no backward pass in eval mode, and `train()` would
    turn dropout on. Other threads that use the model see none of it.

    Attributes:
        leaves: the input of the first recurrent module, (batch, time, features) or however the
            model lays it out; of a cell, one tensor for each step.
    """

    def __init__(self, model: nn.Module) -> None:
        self.modules = [found.module for found in find_recurrent(model)]
        self.first: nn.Module | None = None
        self.read: list[Tensor | PackedSequence] = []
        self.leaves: list[Tensor] = []
        self.said: tuple[nn.Module, Any] | None = None
        self.contexts = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.enable_grad())
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
            for module in self.modules:
                editor = standing_in(module)
                stack.enter_context(stand_in(module, partial(self._watched, module, editor)))
            self.contexts = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.contexts.close()

    def _watched(self, module: nn.Module, editor: Forward | None, own: Forward) -> Forward:
        """The forward of a module, or of who edits it, with a leaf for its input."""

        def forward(*args: Any, **kwargs: Any) -> Any:
            named = dict(zip(("input", "hx"), args, strict=False)) | kwargs
            output = (editor or own)(self._leaf(module, named.pop("input")), **named)
            self.said = module, output[0] if isinstance(output, tuple) else output
            return output

        return forward

    def _leaf(self, module: nn.Module, x: Tensor | PackedSequence) -> Tensor | PackedSequence:
        """The first module's input, cut off from what made it; that of others as it is."""
        self.first = self.first or module
        if module is not self.first:
            return x
        if self.leaves and not self._is_cell:
            raise UsageError("the model runs its first recurrent layer more than once")
        leaf = (x.data if isinstance(x, PackedSequence) else x).detach().clone().requires_grad_()
        self.leaves.append(leaf)
        self.read.append(x._replace(data=leaf) if isinstance(x, PackedSequence) else leaf)
        return self.read[-1]

    @property
    def _is_cell(self) -> bool:
        return not hasattr(self.first, "num_layers")

    def gradients(self, value: Tensor) -> list[Tensor]:
        """Of one number with respect to each leaf."""
        if not value.requires_grad:
            raise UsageError("the answer does not hang on what the recurrent layer reads")
        return list(
            torch.autograd.grad(value, self.leaves, retain_graph=True, materialize_grads=True)
        )

    def by_row(self, like_leaves: list[Tensor]) -> Tensor:
        """Tensors shaped like the leaves as one, (batch, time, features)."""
        if self._is_cell:
            return torch.stack([x if x.dim() > 1 else x[None] for x in like_leaves], dim=1)
        (x,), (read,) = like_leaves, self.read
        if isinstance(read, PackedSequence):
            return pad_packed_sequence(read._replace(data=x), batch_first=True)[0]
        return _batch_first(x, self.first)

    def sizes(self) -> tuple[int, int]:
        """Batch and time."""
        batch, time = self.by_row(self.leaves).shape[:2]
        return batch, time

    def last_output(self) -> Tensor:
        """Of the last recurrent module at its last step, (batch, features)."""
        assert self.said is not None, "a recurrent module has run, or there would be no leaf"
        module, said = self.said
        if isinstance(said, PackedSequence):
            raise UsageError("gradient by distance takes sequences of one length, not packed ones")
        return said if not hasattr(module, "num_layers") else _batch_first(said, module)[:, -1]


def _batch_first(x: Tensor, layer: nn.Module | None) -> Tensor:
    """What a recurrent layer reads or says as (batch, time, features)."""
    if x.dim() == 2:
        return x[None]
    return x if getattr(layer, "batch_first", False) else x.transpose(0, 1)


def _followed(
    outputs: Any, sizes: tuple[int, int], step: int, target: int | None, row: int
) -> Tensor:
    """The log-probability of a symbol, or the number that is the answer."""
    while isinstance(outputs, tuple | list) and outputs:
        outputs = outputs[0]
    if not isinstance(outputs, Tensor) or outputs.dim() not in (2, 3):
        raise UsageError(
            "the answer is not (batch, time, symbols) or (batch, symbols): give score="
        )
    batch, time = sizes
    if not 0 <= row < batch:
        raise UsageError(f"there is no row {row}: the batch has {batch}")
    if outputs.dim() == 3:
        if outputs.shape[:2] == (time, batch) != (batch, time):
            outputs = outputs.transpose(0, 1)
        if not -time <= step < time:
            raise UsageError(f"there is no step {step}: the sequence has {time}")
        answer = outputs[row, step]
    else:
        answer = outputs[row]
    if len(answer) == 1:
        return answer[0]
    target = int(answer.argmax()) if target is None else target
    if not 0 <= target < len(answer):
        raise UsageError(f"there is no target {target}: the model scores {len(answer)} symbols")
    return answer.log_softmax(0)[target]
