"""A trace has every gate of every step, as a cell that is stepped has them."""

from __future__ import annotations

import itertools
import threading
import warnings
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.overrides import TorchFunctionMode

import lstm_zoo as zoo
from lstm_zoo.cells import CELLS
from lstm_zoo.language.predict import UnseenCharactersWarning
from lstm_zoo.training.machine import cpu_has_bf16
from tests.inspection.stepped import stepped

LENGTHS = [3, 6, 1, 6]
KINDS = ("padded", "unbatched", "packed", "one call a step")
GRID = [
    case
    for case in itertools.product(KINDS, (1, 2), (0, 2), *[(True, False)] * 4)
    if case[0] != "one call a step" or not case[-1]  # a reverse direction is not called so
]


def read(kind: str, batch_first: bool, dtype: torch.dtype) -> tuple[Any, list[Tensor]]:
    """An input, and its rows."""
    if kind == "unbatched":
        x = torch.randn(6, 3, dtype=dtype)
        return x, [x]
    if kind == "packed":
        rows = [torch.randn(length, 3, dtype=dtype) for length in LENGTHS]
        return pack_sequence(rows, enforce_sorted=False), rows
    x = torch.randn(4, 6, 3, dtype=dtype)
    return (x if batch_first else x.transpose(0, 1)), list(x)


def state_of(module: nn.RNNBase, kind: str, dtype: torch.dtype) -> tuple[Tensor, ...]:
    rows = module.num_layers * (1 + module.bidirectional)
    batch = () if kind == "unbatched" else (4,)
    sizes = [module.proj_size or module.hidden_size]
    sizes += [module.hidden_size] if isinstance(module, nn.LSTM) else []
    return tuple(torch.randn(rows, *batch, size, dtype=dtype) for size in sizes)


def assert_equals_stepped(
    module: nn.RNNBase, record: zoo.inspection.Trace, x: list[Tensor], hx: Any, atol: float
) -> None:
    if hx is not None and hx[0].dim() == 2:
        hx = tuple(part[:, None] for part in hx)
    expected = stepped(module, x, hx)
    assert set(record) == set(expected)
    for name, layers in expected.items():
        assert [len(ways) for ways in record[name]] == [len(ways) for ways in layers]
        for layer, ways in enumerate(layers):
            for direction, rows in enumerate(ways):
                actual = record[name][layer][direction]
                assert len(actual) == len(rows)
                for row, values in enumerate(rows):
                    torch.testing.assert_close(
                        actual[row, : len(values)],
                        values,
                        rtol=0,
                        atol=atol,
                        msg=lambda text, at=(name, layer, direction, row): f"{at}: {text}",
                    )
                    assert not actual[row, len(values) :].any()


@pytest.mark.parametrize(
    ("kind", "layers", "proj_size", "with_state", "bias", "batch_first", "bidirectional"), GRID
)
def test_a_trace_equals_the_stepped_cell(
    kind: str,
    layers: int,
    proj_size: int,
    with_state: bool,
    bias: bool,
    batch_first: bool,
    bidirectional: bool,
) -> None:
    for kind_of_layer in (nn.LSTM, nn.GRU) if proj_size == 0 else (nn.LSTM,):
        options = {"proj_size": proj_size} if proj_size else {}
        module = kind_of_layer(
            3, 5, layers, bias, batch_first, 0.0, bidirectional, dtype=torch.float64, **options
        )
        for parameter in module.parameters():
            nn.init.normal_(parameter, std=0.6)
        x, rows = read(kind, batch_first, torch.float64)
        hx = state_of(module, kind, torch.float64) if with_state else None
        state = hx if hx is None or len(hx) > 1 else hx[0]
        if kind == "one call a step":
            record = zoo.trace(StepByStep(module), x, hx=state)
        else:
            record = zoo.trace(module, x, hx=state)
            plain, recorded = module(x, state), record.outputs
            if kind == "packed":
                plain, recorded = (plain[0].data, plain[1]), (recorded[0].data, recorded[1])
            assert all(map(torch.equal, flat(plain), flat(recorded)))
        assert_equals_stepped(module, record, rows, hx, atol=1e-10)


def flat(values: Any) -> list[Tensor]:
    return [values] if isinstance(values, Tensor) else [v for part in values for v in flat(part)]


class StepByStep(nn.Module):
    """Calls its layer once a step, as a loop that writes text does."""

    def __init__(self, layer: nn.RNNBase) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, state: Any = None) -> Tensor:
        outputs = []
        for x_t in x.split(1, dim=1 if self.layer.batch_first else 0):
            output, state = self.layer(x_t, state)
            outputs.append(output)
        return torch.cat(outputs)


def test_in_float32_a_trace_of_500_steps_is_near_the_stepped_cell() -> None:
    module = nn.LSTM(16, 64, 2)
    x = torch.randn(500, 1, 16)
    assert_equals_stepped(module, zoo.trace(module, x), [x[:, 0]], None, atol=1e-5)


@pytest.mark.parametrize("kind", [nn.LSTMCell, nn.GRUCell, nn.RNNCell, zoo.LSTMCell])
@pytest.mark.parametrize("batched", [True, False])
def test_cells_are_traced_over_all_their_calls(kind: type[nn.Module], batched: bool) -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = kind(3, 5, dtype=torch.float64)

        def forward(self, x: Tensor) -> Tensor:
            state = None
            for x_t in x:
                state = self.cell(x_t, state)
            return state[0] if isinstance(state, tuple) else state

    loop = Loop()
    x = torch.randn(6, 4, 3, dtype=torch.float64) if batched else torch.randn(6, 3).double()
    record = zoo.trace(loop, x)
    assert torch.equal(record.outputs, loop(x))
    whole = {nn.GRUCell: nn.GRU, nn.RNNCell: nn.RNN}.get(kind, nn.LSTM)(3, 5, dtype=torch.float64)
    whole.load_state_dict({f"{name}_l0": w for name, w in loop.cell.state_dict().items()})
    rows = list(x.transpose(0, 1)) if batched else [x]
    assert_equals_stepped(whole, record, rows, None, atol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_layers_of_the_zoo_are_traced_in_pieces_as_they_trace_themselves(cell: str) -> None:
    layer = zoo.LSTM(3, 8, 2, cell=cell, dtype=torch.float64)
    image = (4, 4) if layer.cell.feature_dims == 3 else ()
    x = torch.randn(20, 2, 3, *image, dtype=torch.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lstm_zoo.inspection.runner.PIECE", 7)
        record = zoo.trace(layer, x)
    _, _, expected = layer.trace(x)
    assert set(record) - {"tanh_c"} == set(expected)
    for (name, index, direction), value in record.entries():
        if name == "tanh_c":
            assert torch.equal(value, record["c"][index][direction].tanh())
        else:
            torch.testing.assert_close(value, expected[name][index][direction])
    torch.testing.assert_close(record.outputs, layer(x))


def test_tanh_c_is_there_just_where_the_output_gate_shows_it() -> None:
    for name, cell in CELLS.items():
        layer = zoo.LSTM(3, 8, cell=name, dtype=torch.float64)
        image = (4, 4) if cell.feature_dims == 3 else ()
        record = zoo.trace(layer, torch.randn(5, 2, 3, *image, dtype=torch.float64))
        if "tanh_c" in record:
            shown = record["output"][0][0] * record["tanh_c"][0][0]
            torch.testing.assert_close(shown, record["h"][0][0])
        elif "c" in record and record["c"][0][0].shape == record["h"][0][0].shape:
            shown = record["output"][0][0] * record["c"][0][0].tanh()
            assert not torch.allclose(shown, record["h"][0][0])


def test_dropout_between_layers_is_seen_and_the_outputs_are_those_of_a_plain_run() -> None:
    module = nn.LSTM(3, 16, 2, dropout=0.5, dtype=torch.float64)
    x = torch.randn(6, 1, 3, dtype=torch.float64)
    torch.manual_seed(1)
    record = zoo.trace(module, x)
    torch.manual_seed(1)
    plain, _ = module(x)
    assert torch.equal(record.outputs[0], plain)
    torch.manual_seed(1)
    dropped = torch.dropout(record["h"][0][0].transpose(0, 1), 0.5, True)
    upper = nn.LSTM(16, 16, dtype=torch.float64)
    state = module.state_dict()
    upper.load_state_dict({n.replace("l1", "l0"): w for n, w in state.items() if "l1" in n})
    torch.testing.assert_close(zoo.trace(upper, dropped)["forget"][0], record["forget"][1])


class Stack(nn.Module):
    """Layers of their own class inside a model that is in training."""

    def __init__(self) -> None:
        super().__init__()

        class Scaled(nn.LSTM):
            def forward(self, input: Tensor, hx: Any = None) -> Any:
                return super().forward(input * 2, hx)

        self.unused = nn.LSTM(3, 5)
        self.below = Scaled(3, 5)
        self.above = nn.LSTM(5, 5)
        self.norm = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        return self.above(self.norm(self.below(x)[0]))[0]


def test_layers_are_found_in_any_module_and_numbered_as_the_model_holds_them() -> None:
    model = Stack()
    x = torch.randn(6, 2, 3)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    record = zoo.trace(model, x)
    assert record.layer_names == ("unused", "below", "above")
    assert [len(ways) for ways in record["c"]] == [0, 1, 1]
    own = nn.LSTM(3, 5)
    own.load_state_dict(model.below.state_dict())
    torch.testing.assert_close(record["forget"][1], zoo.trace(own, x * 2)["forget"][0])
    assert zoo.trace(model, x, layer="above").layer_names == ("above",)
    assert model.training
    assert "forward" not in vars(model.above)
    assert all(torch.equal(tensor, before[n]) for n, tensor in model.state_dict().items())


def test_different_kinds_of_layers_are_refused_by_name() -> None:
    model = nn.ModuleDict({"encoder": nn.LSTM(3, 5), "decoder": nn.GRU(3, 5)})
    with pytest.raises(zoo.UsageError, match="'encoder', 'decoder'"):
        zoo.trace(model, torch.randn(6, 2, 3))
    with pytest.raises(zoo.UsageError, match="did you mean 'encoder'"):
        zoo.trace(model, torch.randn(6, 2, 3), layer="encode")
    with pytest.raises(zoo.UsageError, match="no recurrent layer in Linear"):
        zoo.trace(nn.Linear(3, 5), torch.randn(6, 2, 3))
    with pytest.raises(zoo.UsageError, match="got str"):
        zoo.trace("char-lstm.shakespeare", "text")


@pytest.mark.parametrize("make", [nn.LSTM, nn.GRU, nn.RNN, zoo.LSTM])
def test_a_part_of_a_trace_is_that_part_of_the_whole(make: type[nn.Module]) -> None:
    module = make(3, 5, 2, bidirectional=True, dtype=torch.float64)
    x = pack_sequence(
        [torch.randn(length, 3, dtype=torch.float64) for length in LENGTHS], enforce_sorted=False
    )
    whole = zoo.trace(module, x)
    for name in whole:
        part = zoo.trace(module, x, layers=[1], units=[4, 0], gates=[name], dtype=torch.float16)
        assert part.names == (name,)
        assert part[name][0] == []
        for direction in (0, 1):
            expected = whole[name][1][direction][..., [4, 0]].half()
            torch.testing.assert_close(part[name][1][direction], expected)
    with pytest.raises(zoo.UsageError, match="layer 2 is out of range: the model has 2"):
        zoo.trace(module, x, layers=[2])
    with pytest.raises(zoo.UsageError, match="unit 5 is out of range.* has 5, from 0 to 4"):
        zoo.trace(module, x, units=[5])
    with pytest.raises(zoo.UsageError, match="there is no gate or state 'hh'"):
        zoo.trace(module, x, gates=["hh"])


class Largest(TorchFunctionMode):
    """Watches for the largest tensor that is made."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, Tensor) and tensor._base is None:
                self.elements = max(self.elements, tensor.numel())
        return result


def test_memory_of_a_long_trace_is_what_is_asked_for() -> None:
    module, steps = nn.LSTM(4, 64, 2), 20_000
    x = torch.randn(steps, 1, 4)
    with Largest() as largest:
        record = zoo.trace(module, x, units=[3], gates=["forget", "c"], dtype=torch.float16)
    assert record["c"][1][0].shape == (1, steps, 1)
    assert record["c"][1][0].dtype == torch.float16
    # Nothing larger than what the layers themselves say.
    assert largest.elements <= steps * 64


def test_a_long_trace_equals_the_stepped_cell_across_its_blocks() -> None:
    module = nn.LSTM(3, 5, dtype=torch.float64)
    x = torch.randn(700, 2, 3, dtype=torch.float64)
    assert_equals_stepped(module, zoo.trace(module, x), list(x.transpose(0, 1)), None, atol=1e-10)


def test_two_threads_trace_one_model_and_a_third_runs_it_as_it_is() -> None:
    module = nn.LSTM(8, 32, 2)
    inputs = [torch.randn(50 + k, 1, 8) for k in range(3)]
    expected = [module(x)[0] for x in inputs]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(20):
            if k == 2:
                output = module(inputs[k])[0]
            else:
                record = zoo.trace(module, inputs[k])
                output = record.outputs[0]
                if record.steps != 50 + k:
                    wrong.append(k)
            if not torch.allclose(output, expected[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert "forward" not in vars(module)


def test_a_failed_run_leaves_the_model_as_it_was() -> None:
    module = nn.LSTM(3, 5)
    with pytest.raises(RuntimeError):
        zoo.trace(module, torch.randn(6, 2, 4))
    assert "forward" not in vars(module)


def test_models_of_the_zoo_say_what_they_read() -> None:
    solver = zoo.load("lstm.parity")
    record = zoo.trace(solver, "10110")
    assert record.labels == ("1", "0", "1", "1", "0")
    assert record["forget"][0][0].shape == (1, 5, solver.model.config.hidden_size)
    writer = zoo.load("char-lstm-small.shakespeare")
    with pytest.warns(UnseenCharactersWarning, match="of the text: '€'"):
        record = zoo.trace(writer, "ROMEO:\r\n€", gates=["c"])
    assert record.labels == tuple(f"{writer.tokenizer.start}ROMEO:\n")
    assert [len(ways) for ways in record["c"]] == [1] * writer.model.config.num_layers
    assert record.outputs[0].shape == (1, len(record.labels), len(writer.tokenizer))


@pytest.mark.skipif(not cpu_has_bf16(), reason="this processor has no bf16")
def test_under_autocast_gates_are_those_of_what_was_said() -> None:
    module = nn.LSTM(8, 16, 2)
    x = torch.randn(12, 1, 8)
    with warnings.catch_warnings(), torch.autocast("cpu", dtype=torch.bfloat16):
        record = zoo.trace(module, x)
        plain, _ = module(x)
    torch.testing.assert_close(record.outputs[0], plain, rtol=0, atol=2e-2)
    assert record["forget"][0][0].dtype == torch.float32


@pytest.mark.parametrize("make", [nn.LSTM, nn.GRU, nn.RNN, nn.LSTMCell, zoo.LSTM])
def test_what_the_model_does_to_its_outputs_does_not_reach_the_record(
    make: type[nn.Module],
) -> None:
    class Emptied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = make(3, 5)

        def forward(self, x: Tensor) -> Tensor:
            output = self.layer(x)[0]
            return output.zero_()

    model = Emptied()
    x = torch.randn(6, 3) if make is nn.LSTMCell else torch.randn(6, 2, 3)
    record = zoo.trace(model, x)
    assert not record.outputs.any()
    assert record["h"][0][0].all()


def test_a_packed_input_keeps_its_form() -> None:
    packed = pack_sequence([torch.randn(n, 3) for n in (4, 2)])
    record = zoo.trace(nn.LSTM(3, 5), packed)
    assert isinstance(record.outputs[0], PackedSequence)
    assert record.lengths == (4, 2)
