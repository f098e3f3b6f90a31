"""What is changed is changed exactly, for as long as it is asked for, and nothing else is."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence

import lstm_zoo as zoo
from lstm_zoo.cells import CELLS
from tests.inspection.stepped import CELLS as TORCH_CELLS
from tests.inspection.stepped import stepped

NAMES = {
    nn.LSTM: ("input", "forget", "cell", "output", "c", "h"),
    nn.GRU: ("reset", "update", "new", "h"),
    nn.RNN: ("new", "h"),
}
CASES = [
    (kind, name, batch_first, proj_size, is_zoo)
    for kind, names in NAMES.items()
    for name, batch_first, proj_size, is_zoo in itertools.product(
        names, (True, False), (0, 4) if kind is nn.LSTM else (0,), (True, False)
    )
]


def build(kind: type[nn.RNNBase], batch_first: bool = False, proj_size: int = 0) -> nn.RNNBase:
    options = {"proj_size": proj_size} if proj_size else {}
    module = kind(
        3, 5, 2, batch_first=batch_first, bidirectional=True, dtype=torch.float64, **options
    )
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.6)
    return module


@pytest.mark.parametrize(("kind", "name", "batch_first", "proj_size", "is_zoo"), CASES)
@pytest.mark.parametrize("packed", [True, False])
def test_a_changed_run_equals_a_stepped_cell_that_is_changed(
    kind: type[nn.RNNBase], name: str, batch_first: bool, proj_size: int, is_zoo: bool, packed: bool
) -> None:
    module = build(kind, batch_first, proj_size)
    rows = [torch.randn(n, 3, dtype=torch.float64) for n in ((4, 6, 1) if packed else (6, 6, 6))]
    x: Any = torch.stack(rows, dim=0 if batch_first else 1) if not packed else None
    x = pack_sequence(rows, enforce_sorted=False) if packed else x
    changes = [
        zoo.Hold(name, layer=0, units=[0, 3], value=0.25, steps=slice(1, 5, 2), direction=1),
        zoo.Scale(name, layer=1, units=2, factor=-0.5, steps=[0, 2]),
    ]

    def change(changed: str, layer: int, direction: int, step: int, value: Tensor) -> Tensor:
        value = value.clone()
        if changed == name and (layer, direction) == (0, 1) and step in (1, 3):
            value[[0, 3]] = 0.25
        if changed == name and (layer, direction) == (1, 0) and step in (0, 2):
            value[2] *= -0.5
        return value

    expected = stepped(module, rows, None, change)
    target = zoo.from_torch(module) if is_zoo else module
    with zoo.intervene(target, changes):
        output, _ = target(x)
        record = zoo.trace(target, x)
    for (value_name, layer, direction), values in record.entries():
        # A GRU's record has the gates as they were used, so names of both agree.
        for row, wanted in enumerate(expected[value_name][layer][direction]):
            torch.testing.assert_close(
                values[row, : len(wanted)], wanted, rtol=0, atol=1e-10, msg=value_name
            )
    torch.testing.assert_close(record.outputs[0].data, output.data)
    assert not torch.allclose(output.data, target(x)[0].data)


def test_h_follows_from_a_c_that_is_held() -> None:
    module = build(nn.LSTM)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    with zoo.intervene(module, [zoo.Hold("c", units=1, value=2.0)]):
        record = zoo.trace(module, x)
    output, h = record["output"][0][0], record["h"][0][0]
    assert (record["c"][0][0][..., 1] == 2).all()
    torch.testing.assert_close(h[..., 1], output[..., 1] * torch.tensor(2.0).double().tanh())


@pytest.mark.parametrize("cell", [name for name, cell in CELLS.items() if cell.shows_tanh_c])
def test_every_cell_that_shows_tanh_c_can_have_c_held(cell: str) -> None:
    layer = zoo.LSTM(3, 8, cell=cell)
    image = (4, 4) if layer.cell.feature_dims == 3 else ()
    with zoo.intervene(layer, [zoo.Hold("c", value=0.5)]):
        record = zoo.trace(layer, torch.randn(5, 2, 3, *image))
    shown = record["output"][0][0] * torch.tensor(0.5).tanh()
    torch.testing.assert_close(record["h"][0][0], shown)


@pytest.mark.parametrize("kind", NAMES)
def test_all_of_another_run_swapped_in_is_the_other_run(kind: type[nn.RNNBase]) -> None:
    module = build(kind)
    here, there = torch.randn(2, 6, 2, 3, dtype=torch.float64)
    other = zoo.trace(module, there)
    places = [(layer, direction) for layer in (0, 1) for direction in (0, 1)]
    swaps = [zoo.Swap("h", record=other, layer=at, direction=way) for at, way in places]
    with zoo.intervene(module, swaps):
        output, _ = module(here)
    torch.testing.assert_close(output, other.outputs[0], rtol=0, atol=1e-12)
    gates = [zoo.Swap(n, record=other) for n in NAMES[kind] if n not in ("c", "h")]
    with zoo.intervene(module, gates):
        record = zoo.trace(module, here)
    torch.testing.assert_close(record["h"][0][0], other["h"][0][0], rtol=0, atol=1e-12)


def test_a_swap_leaves_steps_that_the_other_run_did_not_reach() -> None:
    module = build(nn.LSTM)
    x = torch.randn(6, 1, 3, dtype=torch.float64)
    other = zoo.trace(module, torch.randn(4, 1, 3, dtype=torch.float64))
    with zoo.intervene(module, [zoo.Swap("forget", record=other, units=[2])]):
        record = zoo.trace(module, x)
    assert torch.equal(record["forget"][0][0][:, :4, 2], other["forget"][0][0][..., 2])
    assert not torch.isin(record["forget"][0][0][:, 4:, 2], other["forget"][0][0]).any()


@pytest.mark.parametrize("cell", [name for name in CELLS if name != "conv"])
def test_a_unit_that_is_off_shows_nothing(cell: str) -> None:
    layer = zoo.LSTM(3, 8, cell=cell, dtype=torch.float64)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    with zoo.intervene(layer, [zoo.Off([1, 4], steps=slice(2, None))]):
        output, _ = layer(x)
    assert (output[2:, :, [1, 4]] == 0).all()
    torch.testing.assert_close(output[:2], layer(x)[0][:2])
    assert (output[2:, :, [0, 2]] != 0).any()


@pytest.mark.parametrize("make", [nn.LSTMCell, nn.GRUCell, nn.RNNCell, zoo.LSTMCell])
def test_cells_are_changed_as_layers_are(make: type[nn.Module]) -> None:
    cell = make(3, 5, dtype=torch.float64)
    kind = {nn.GRUCell: nn.GRU, nn.RNNCell: nn.RNN}.get(make, nn.LSTM)
    layer = kind(3, 5, dtype=torch.float64)
    layer.load_state_dict({f"{name}_l0": weight for name, weight in cell.state_dict().items()})
    change = [zoo.Hold("h", units=[1], value=0.5, steps=2)]
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    with zoo.intervene(cell, change):
        state, outputs = None, []
        for x_t in x:
            state = cell(x_t, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
    with zoo.intervene(layer, change):
        expected, _ = layer(x)
    torch.testing.assert_close(torch.stack(outputs), expected)
    assert (expected[2, :, 1] == 0.5).all()
    assert kind in TORCH_CELLS


@pytest.fixture(scope="module")
def writer() -> Any:
    return zoo.load("char-lstm-small.shakespeare")


def test_without_changes_all_is_as_outside(writer: Any) -> None:
    record = zoo.trace(writer, "ROMEO:")
    text = writer.generate("ROMEO:", seed=1, max_new_tokens=40)
    with zoo.intervene(writer, []):
        assert writer.generate("ROMEO:", seed=1, max_new_tokens=40) == text
        again = zoo.trace(writer, "ROMEO:")
    assert all(torch.equal(value, again[n][at][way]) for (n, at, way), value in record.entries())


@pytest.mark.parametrize("first", [0, 12, 20])
def test_writing_goes_on_from_what_was_changed(writer: Any, first: int) -> None:
    prompt, count = "ROMEO:\nWhat", 30
    changes = [zoo.Hold("forget", layer=0, value=0.2, steps=slice(first, None))]
    options = {"temperature": 0, "max_new_tokens": count}
    plain = writer.generate(prompt, **options)
    with zoo.intervene(writer, changes):
        text = writer.generate(prompt, **options)
        streamed = "".join(writer.stream(prompt, **options))
        both = writer.generate_samples(prompt, num_samples=2, **options)
        record = zoo.trace(writer, prompt + text)
    assert text == streamed == both[0] == both[1]
    assert text != plain
    # The text is what the changed model finds likeliest when it reads it in one go.
    likeliest = record.outputs[0][0].argmax(-1).tolist()
    assert writer.tokenizer.decode(likeliest[-count - 1 : -1]) == text
    held = (record["forget"][0][0] == 0.2).float().to(torch.float64).all(-1)[0]
    assert held.tolist() == [step >= first for step in range(record.steps)]
    assert writer.generate(prompt, **options) == plain


def test_steps_count_from_zero_in_each_new_text(writer: Any) -> None:
    start = len(writer.tokenizer.start)
    with zoo.intervene(writer, [zoo.Hold("input", layer=1, value=0.0, steps=slice(start + 5))]):
        texts = [writer.generate("ROMEO:", temperature=0, max_new_tokens=10) for _ in range(2)]
    assert texts[0] == texts[1]


def test_an_answer_is_changed(writer: Any) -> None:
    solver = zoo.load("lstm.parity")
    right = solver.answer("1011010110")
    with zoo.intervene(solver, [zoo.Off(None)]):
        off = solver.answer("1011010110")
    assert len(set(off)) == 1  # a network whose units are off cannot tell steps apart
    assert solver.answer("1011010110") == right


def test_other_threads_get_the_model_as_it_is() -> None:
    module = build(nn.LSTM)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    plain, _ = module(x)
    found: list[Tensor] = []
    with zoo.intervene(module, [zoo.Off(None)]):
        thread = threading.Thread(target=lambda: found.append(module(x)[0]))
        thread.start()
        thread.join()
        assert not torch.equal(module(x)[0], plain)
    assert torch.equal(found[0], plain)


def test_a_failure_in_the_block_leaves_nothing_behind() -> None:
    module = build(nn.LSTM)
    with pytest.raises(ZeroDivisionError), zoo.intervene(module, [zoo.Off(None)]):
        1 / 0  # noqa: B018
    assert "forward" not in vars(module)


def test_blocks_in_one_another_add_up() -> None:
    module = build(nn.LSTM)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    one, two = zoo.Hold("forget", units=1, value=0.3), zoo.Hold("input", units=2, value=0.4)
    with zoo.intervene(module, [one, two]):
        expected, _ = module(x)
    with zoo.intervene(module, [one]):
        with zoo.intervene(module, [two]):
            assert torch.equal(module(x)[0], expected)
        assert not torch.equal(module(x)[0], expected)


def test_a_gradient_flows_through_a_changed_run() -> None:
    module = build(nn.LSTM)
    x = torch.randn(6, 1, 3, dtype=torch.float64, requires_grad=True)
    with zoo.intervene(module, [zoo.Hold("forget", value=0.0), zoo.Hold("h", value=0.0)]):
        output, _ = module(x)
    (gradient,) = torch.autograd.grad(output[3, 0, 0], x)
    assert gradient[3].any()
    with zoo.intervene(module, [zoo.Hold("h", value=0.0)]):
        assert not module(x)[0][:, :, :5].any() or module.num_layers > 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (zoo.Hold("forgot", value=1.0), "has no 'forgot' to change; did you mean 'forget'"),
        (zoo.Hold("forget", layer=2, value=1.0), "layer 2 is out of range: the model has 2"),
        (zoo.Hold("forget", units=[5], value=1.0), "unit 5 is out of range: layer 0 .* has 5"),
        (zoo.Hold("forget", units=-1, value=1.0), "unit -1 is out of range"),
        (zoo.Hold("forget", direction=2, value=1.0), "direction 2 is out of range"),
        (zoo.Hold("forget", steps=-1, value=1.0), "steps count from 0 on"),
        (zoo.Hold("forget", steps=slice(-3, None), value=1.0), "steps count from 0 on"),
        (zoo.Hold("forget", value=float("nan")), "value should be a finite number, got nan"),
        (zoo.Scale("forget", factor=float("inf")), "factor should be a finite number, got inf"),
    ],
)
def test_what_cannot_be_changed_is_said_in_one_sentence(change: Any, sentence: str) -> None:
    module = build(nn.LSTM)
    with pytest.raises(zoo.UsageError, match=sentence), zoo.intervene(module, [change]):
        pass
    assert "forward" not in vars(module)


def test_a_swap_of_a_run_that_does_not_fit_is_refused() -> None:
    module = build(nn.LSTM)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    wide = zoo.trace(nn.LSTM(3, 7), torch.randn(6, 2, 3))
    few = zoo.trace(module, x, units=[1])
    three = zoo.trace(module, torch.randn(6, 3, 3, dtype=torch.float64))
    for record, layer, sentence in (
        (wide, 0, "7 features of 'forget'"),
        (wide, 1, "not traced at all units of layer 1"),
        (few, 0, "not traced at all units"),
    ):
        swap = zoo.Swap("forget", record=record, layer=layer)
        with pytest.raises(zoo.UsageError, match=sentence), zoo.intervene(module, [swap]):
            pass
    with (
        pytest.raises(zoo.UsageError, match="3 rows and this one 2"),
        zoo.intervene(module, [zoo.Swap("forget", record=three)]),
    ):
        module(x)
