"""`LSTM` against `nn.LSTM`: outputs, states, gradients; and no planted defect slips through.

One file, though long: all of it leans on `Case` and on the check `assert_equal_to_torch`.
"""

import copy
import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import lstm_zoo.recurrent.lstm
from lstm_zoo.cells import StandardLSTM, unroll
from lstm_zoo.recurrent import LSTM

INPUT_SIZE, HIDDEN_SIZE, BATCH, STEPS = 3, 5, 4, 6
LENGTHS = {"packed": [6, 4, 4, 1], "packed-unsorted": [1, 6, 4, 4]}
KINDS = ["padded", "unbatched", *LENGTHS]


@dataclass(frozen=True)
class Case:
    """One way to build and call a layer."""

    kind: str = "padded"
    bias: bool = True
    batch_first: bool = False
    bidirectional: bool = False
    proj_size: int = 0
    num_layers: int = 1
    with_state: bool = True
    dropout: float = 0.0
    batch: int = BATCH
    steps: int = STEPS
    dtype: torch.dtype = torch.float64
    device: str = "cpu"

    def __str__(self) -> str:
        flags = ("bias", "batch_first", "bidirectional", "with_state")
        words = [name for name in flags if getattr(self, name)]
        projected = ["projected"] if self.proj_size else []
        return "-".join([self.kind, f"{self.num_layers}layers", *projected, *words])

    def build(self, layer_class: type[nn.Module]) -> nn.Module:
        names = ("num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")
        arguments = {name: getattr(self, name) for name in (*names, "device", "dtype")}
        return layer_class(INPUT_SIZE, HIDDEN_SIZE, **arguments)

    def twins(self, layer_class: type[nn.Module] = LSTM) -> tuple[nn.Module, nn.Module]:
        """A layer and `nn.LSTM` with the same weights, no two of them alike."""
        reference = self.build(nn.LSTM)
        for parameter in reference.parameters():
            nn.init.normal_(parameter, std=0.6)
        layer = self.build(layer_class)
        layer.load_state_dict(reference.state_dict(), strict=True)
        return layer, reference

    def tensors(self) -> list[torch.Tensor]:
        """Input and, if the case has one, initial state."""
        batch = () if self.kind == "unbatched" else (self.batch,)
        first = self.batch_first and self.kind == "padded"
        shapes = [(*batch, self.steps, INPUT_SIZE) if first else (self.steps, *batch, INPUT_SIZE)]
        if self.with_state:
            rows = self.num_layers * (1 + self.bidirectional)
            shapes += [(rows, *batch, self.proj_size or HIDDEN_SIZE), (rows, *batch, HIDDEN_SIZE)]
        return [torch.randn(shape, dtype=self.dtype, device=self.device) for shape in shapes]

    def run(self, layer: nn.Module, tensors: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        """Everything that can be compared: outputs, final state, and all gradients, by name."""
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        x, state = leaves[0], tuple(leaves[1:]) or None
        if self.kind in LENGTHS:
            sort = self.kind == "packed"
            x = pack_padded_sequence(x, LENGTHS[self.kind], enforce_sorted=sort)
        torch.manual_seed(0)  # the same dropout masks for either layer
        output, (h, c) = layer(x, state)
        output = pad_packed_sequence(output)[0] if self.kind in LENGTHS else output
        values = {"output": output, "h": h, "c": c}
        loss = sum((torch.randn_like(value) * value).sum() for value in values.values())
        names = ["input", "h_0", "c_0"][: len(leaves)] + [n for n, _ in layer.named_parameters()]
        gradients = torch.autograd.grad(loss, [*leaves, *layer.parameters()], allow_unused=True)
        gradients = [torch.zeros(()) if g is None else g for g in gradients]
        return values | {f"gradient of {n}": g for n, g in zip(names, gradients, strict=True)}


def assert_equal_to_torch(case: Case, layer_class: type[nn.Module] = LSTM, atol: float = 1e-10):
    """Same weights, same inputs: equal outputs, states and gradients, each named when it is not."""
    torch.manual_seed(1)
    layer, reference = case.twins(layer_class)
    tensors = case.tensors()
    actual, expected = case.run(layer, tensors), case.run(reference, tensors)
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(
            actual[name], value, rtol=0, atol=atol, msg=lambda text, name=name: f"{name}: {text}"
        )


GRID = [
    Case(kind, *flags, proj_size=proj_size, num_layers=num_layers, with_state=with_state)
    for num_layers, kind, proj_size, with_state, *flags in itertools.product(
        (1, 2, 3), KINDS, (0, 2), (True, False), *[(True, False)] * 3
    )
]


@pytest.mark.parametrize("case", GRID, ids=str)
def test_equals_nn_lstm(case):
    assert_equal_to_torch(case)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [True, False], ids=["batch_first", "time_first"])
def test_equals_nn_lstm_with_dropout_in_training(kind, batch_first):
    assert_equal_to_torch(
        Case(kind, batch_first=batch_first, bidirectional=True, num_layers=3, dropout=0.4)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_equals_nn_lstm_in_float32(kind):
    case = Case(kind, bidirectional=True, num_layers=2, dtype=torch.float32)
    assert_equal_to_torch(case, atol=2e-5)


@pytest.mark.parametrize(("batch", "steps"), [(1, 6), (4, 1), (1, 1), (0, 6), (0, 1)])
@pytest.mark.parametrize("bidirectional", [True, False], ids=["bidirectional", "forward"])
def test_equals_nn_lstm_at_the_smallest_sizes(batch, steps, bidirectional):
    assert_equal_to_torch(Case(batch=batch, steps=steps, bidirectional=bidirectional, num_layers=2))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("proj_size", [0, 2], ids=["plain", "projected"])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_nn_lstm_on_cuda(kind, proj_size):
    assert_equal_to_torch(
        Case(kind, bidirectional=True, num_layers=2, proj_size=proj_size, device="cuda")
    )


class GatesInAnotherOrder(StandardLSTM):
    order: tuple[int, ...]

    def reorder(self, blocks):
        return torch.cat([blocks.chunk(4)[k] for k in self.order])

    def input_product(self, x, weights):
        return super().input_product(x, {n: self.reorder(w) for n, w in weights.items()})

    def step(self, product, state, weights, edit):
        weights = weights | {"weight_hh": self.reorder(weights["weight_hh"])}
        return super().step(product, state, weights, edit)


class InputAndForgetSwapped(GatesInAnotherOrder):
    order = (1, 0, 2, 3)


class CellAndOutputSwapped(GatesInAnotherOrder):
    order = (0, 1, 3, 2)


class NoTanhOnC(StandardLSTM):
    def step(self, product, state, weights, edit):
        (_, c), gates = super().step(product, state, weights, edit)
        return (gates["output"] * c, c), gates


class NoTanhOnCandidate(StandardLSTM):
    def step(self, product, state, weights, edit):
        i, f, g, o = (product + F.linear(state[0], weights["weight_hh"])).chunk(4, dim=-1)
        c = f.sigmoid() * state[1] + i.sigmoid() * g
        return (o.sigmoid() * c.tanh(), c), {}


class DetachedC(StandardLSTM):
    def step(self, product, state, weights, edit):
        return super().step(product, (state[0], state[1].detach()), weights, edit)


class DetachedH(StandardLSTM):
    def step(self, product, state, weights, edit):
        return super().step(product, (state[0].detach(), state[1]), weights, edit)


class BiasHhForgotten(StandardLSTM):
    def input_product(self, x, weights):
        return F.linear(x, weights["weight_ih"], weights["bias_ih"])


class ProjectionIgnored(StandardLSTM):
    def step(self, product, state, weights, edit):
        without = {name: weight for name, weight in weights.items() if name != "weight_hr"}
        (h, c), gates = super().step(product, state, without, edit)
        return (h[..., : state[0].size(-1)], c), gates


def lstm_with(cell: StandardLSTM) -> Callable[..., LSTM]:
    return functools.partial(LSTM, cell=cell)


class InitialHIgnored(LSTM):
    def forward(self, x, hx):
        return super().forward(x, (torch.zeros_like(hx[0]) * hx[0], hx[1]))


class InitialCIgnored(LSTM):
    def forward(self, x, hx):
        return super().forward(x, (hx[0], torch.zeros_like(hx[1]) * hx[1]))


class PaddingNotMasked(LSTM):
    def forward(self, x, hx):
        padded, lengths = pad_packed_sequence(x)
        output, state = super().forward(padded, hx)
        return pack_padded_sequence(output, lengths, enforce_sorted=False), state


class RowsLeftSorted(LSTM):
    def forward(self, x, hx):
        output, state = super().forward(x, hx)
        return output, tuple(part[:, x.sorted_indices] for part in state)


class DropoutAfterTheLastLayer(LSTM):
    def forward(self, x, hx):
        output, state = super().forward(x, hx)
        return F.dropout(output, self.dropout, self.training), state


class NoDropout(LSTM):
    def forward(self, x, hx):
        self.dropout = 0.0
        return super().forward(x, hx)


class DirectionsExchanged(LSTM):
    def weights_of(self, layer, direction=0):
        return super().weights_of(layer, 1 - direction)


def unroll_forward_only(*arguments, reverse, **options):
    return unroll(*arguments, **options)


def unroll_without_turning_back(cell, products, batch_sizes, *arguments, reverse, **options):
    output, *rest = unroll(cell, products, batch_sizes, *arguments, reverse=reverse, **options)
    steps = output.split(batch_sizes)
    return (torch.cat(steps[::-1]) if reverse else output), *rest


RICH = Case(bidirectional=True, num_layers=2)
DEFECTS = {
    "input and forget gate swapped": (lstm_with(InputAndForgetSwapped()), RICH),
    "cell and output gate swapped": (lstm_with(CellAndOutputSwapped()), RICH),
    "no tanh on c": (lstm_with(NoTanhOnC()), RICH),
    "no tanh on the candidate": (lstm_with(NoTanhOnCandidate()), RICH),
    "c detached": (lstm_with(DetachedC()), RICH),
    "h detached": (lstm_with(DetachedH()), RICH),
    "bias_hh forgotten": (lstm_with(BiasHhForgotten()), RICH),
    "projection ignored": (lstm_with(ProjectionIgnored()), replace(RICH, proj_size=2)),
    "initial h ignored": (InitialHIgnored, RICH),
    "initial c ignored": (InitialCIgnored, RICH),
    "padding not masked": (PaddingNotMasked, replace(RICH, kind="packed-unsorted")),
    "rows left sorted": (RowsLeftSorted, replace(RICH, kind="packed-unsorted")),
    "dropout after the last layer": (DropoutAfterTheLastLayer, replace(RICH, dropout=0.5)),
    "no dropout": (NoDropout, replace(RICH, dropout=0.5)),
    "directions exchanged": (DirectionsExchanged, RICH),
}


@pytest.mark.parametrize(("defective", "case"), DEFECTS.values(), ids=DEFECTS.keys())
def test_equality_check_catches(defective, case):
    assert_equal_to_torch(case)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal_to_torch(case, defective)


@pytest.mark.parametrize("planted", [unroll_forward_only, unroll_without_turning_back])
def test_equality_check_catches_a_reverse_direction_not_reversed(planted, monkeypatch):
    monkeypatch.setattr(lstm_zoo.recurrent.lstm, "unroll", planted)
    with pytest.raises(AssertionError, match="not close"):
        assert_equal_to_torch(RICH)


STRUCTURES = [
    Case(num_layers=2),
    Case(num_layers=2, bias=False),
    Case(num_layers=2, bidirectional=True, proj_size=2),
]


@pytest.mark.parametrize("case", STRUCTURES, ids=str)
def test_same_seed_gives_the_initial_weights_of_nn_lstm(case):
    weights = []
    for layer_class in (LSTM, nn.LSTM):
        torch.manual_seed(7)
        weights.append(case.build(layer_class).state_dict())
    assert list(weights[0]) == list(weights[1])
    torch.testing.assert_close(*map(dict, weights), rtol=0, atol=0)


@pytest.mark.parametrize("case", STRUCTURES, ids=str)
def test_state_dict_goes_both_ways(case):
    layer, reference = case.twins()
    nn.init.normal_(layer.weight_hh_l1)
    reference.load_state_dict(layer.state_dict(), strict=True)
    tensors = case.tensors()
    torch.testing.assert_close(case.run(layer, tensors), case.run(reference, tensors))


@pytest.mark.parametrize("case", STRUCTURES, ids=str)
def test_is_printed_and_listed_as_nn_lstm(case):
    layer, reference = case.twins()
    assert repr(layer) == repr(reference)
    torch.testing.assert_close(layer.all_weights, reference.all_weights, rtol=0, atol=0)
    layer.flatten_parameters()


@pytest.mark.parametrize("proj_size", [0, 2], ids=["plain", "projected"])
def test_chunks_with_carried_state_equal_the_whole(proj_size):
    layer, _ = Case(num_layers=2, proj_size=proj_size).twins()
    x = torch.randn(9, BATCH, INPUT_SIZE, dtype=torch.float64)
    whole, final = layer(x)
    state, outputs = None, []
    for chunk in x.split([4, 1, 3, 1]):
        output, state = layer(chunk, state)
        outputs.append(output)
    torch.testing.assert_close((torch.cat(outputs), state), (whole, final), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["padded", "packed-unsorted"])
def test_gradients_agree_with_finite_differences(kind):
    layer = LSTM(2, 3, bidirectional=True, proj_size=2, dtype=torch.float64)
    names = [name for name, _ in layer.named_parameters()]
    shapes = [(3, 2, 2), (2, 2, 2), (2, 2, 3)]
    x, h, c = (torch.randn(shape, dtype=torch.float64) for shape in shapes)

    def run(x, h, c, *weights):
        if kind != "padded":
            x = pack_padded_sequence(x, [1, 3], enforce_sorted=False)
        by_name = dict(zip(names, weights, strict=True))
        output, state = functional_call(layer, by_name, (x, (h, c)))
        return (output.data if isinstance(output, PackedSequence) else output, *state)

    leaves = [tensor.detach().requires_grad_() for tensor in (x, h, c, *layer.parameters())]
    assert torch.autograd.gradcheck(run, leaves, fast_mode=True)


def test_dropout_does_nothing_in_eval():
    dropped, plain = (Case(num_layers=3, dropout=p).twins()[0].eval() for p in (0.5, 0.0))
    plain.load_state_dict(dropped.state_dict())
    x = torch.randn(STEPS, BATCH, INPUT_SIZE, dtype=torch.float64)
    torch.testing.assert_close(dropped(x), plain(x), rtol=0, atol=0)


def test_dropout_zeroes_its_share_between_layers_only():
    seen = []

    class Watched(StandardLSTM):
        def input_product(self, x, weights):
            seen.append(x)
            return super().input_product(x, weights)

    layer = LSTM(3, 50, num_layers=3, dropout=0.3)
    layer.cell = Watched()
    output, _ = layer(torch.randn(40, 20, 3))
    _, second, third = seen
    for inputs in (second, third):
        assert (inputs == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert (output != 0).all()


def test_swapped_weights_take_effect_and_receive_gradients():
    case = Case(num_layers=2, bidirectional=True)
    (layer, _), (other, _) = case.twins(), case.twins()
    x, *state = case.tensors()
    swapped = {name: weight.detach().requires_grad_() for name, weight in other.named_parameters()}
    output, _ = functional_call(layer, swapped, (x, tuple(state)))
    torch.testing.assert_close(output, other(x, tuple(state))[0], rtol=0, atol=0)
    assert not torch.equal(output, layer(x, tuple(state))[0])
    output.square().sum().backward()
    assert all(weight.grad.any() for weight in swapped.values())
    assert all(weight.grad is None for weight in layer.parameters())


def test_copies_are_equal_and_independent():
    layer, _ = Case(num_layers=2).twins()
    x = torch.randn(STEPS, BATCH, INPUT_SIZE, dtype=torch.float64)
    twin = copy.deepcopy(layer)
    torch.testing.assert_close(twin(x), layer(x), rtol=0, atol=0)
    nn.init.zeros_(twin.weight_ih_l0)
    assert layer.weight_ih_l0.all()


DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
    ),
]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("proj_size", [0, 8], ids=["plain", "projected"])
def test_autocast_keeps_c_in_float32_and_stays_near(device, dtype, proj_size):
    layer = LSTM(3, 32, num_layers=2, bidirectional=True, proj_size=proj_size, device=device)
    x = torch.randn(STEPS, BATCH, 3, device=device, dtype=dtype)
    expected = layer(x.float())
    with torch.autocast(device, torch.bfloat16):
        output, (h, c) = layer(x)
        _, (_, next_c) = layer(x, (h.bfloat16(), c.bfloat16()))
    assert output.dtype == h.dtype == (torch.bfloat16 if proj_size else torch.float32)
    assert c.dtype == next_c.dtype == torch.float32
    torch.testing.assert_close((output.float(), (h.float(), c)), expected, rtol=0, atol=0.02)
    output.float().square().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


def test_nan_stays_in_its_row_and_flows_forward_only():
    layer, _ = Case(num_layers=2).twins()
    x = torch.randn(STEPS, BATCH, INPUT_SIZE, dtype=torch.float64)
    x[2, 1, 0] = float("nan")
    output, (h, c) = layer(x)
    expected = torch.zeros(STEPS, BATCH, dtype=torch.bool)
    expected[2:, 1] = True
    assert torch.equal(output.isnan().all(-1), expected)
    assert torch.equal(output.isnan().any(-1), expected)
    assert h[:, 1].isnan().all()
    assert c[:, 1].isnan().all()


def test_padding_has_no_influence():
    layer, _ = Case(bidirectional=True, num_layers=2).twins()
    x = torch.randn(STEPS, BATCH, INPUT_SIZE, dtype=torch.float64)
    lengths = LENGTHS["packed-unsorted"]
    _, (h, c) = layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
    for row, length in enumerate(lengths):
        _, alone = layer(x[:length, row])
        torch.testing.assert_close((h[:, row], c[:, row]), alone, rtol=0, atol=1e-12)


def test_packed_output_keeps_the_order_of_its_input():
    x = torch.zeros(STEPS, BATCH, INPUT_SIZE)
    packed = pack_padded_sequence(x, LENGTHS["packed-unsorted"], enforce_sorted=False)
    output, _ = LSTM(3, 5)(packed)
    assert isinstance(output, PackedSequence)
    assert output[1:] == packed[1:]
