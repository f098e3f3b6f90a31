"""Every cell of the registry: right by its equations, and at home in every kind of layer.

A cell that is added to `CELLS`, with a NumPy loop in `reference`, is tested here without a new
test. The planted defects at the end show that these checks see what they should.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    unpack_sequence,
)

from lstm_zoo.cells import CELLS, Cell, ScanCell
from lstm_zoo.cells.cell import NARROW, linear
from lstm_zoo.recurrent import LSTM
from tests.cells.built import (
    BATCH,
    HIDDEN_SIZE,
    SPACE,
    STEPS,
    build,
    close,
    every_cell,
    inputs,
    started,
)
from tests.cells.reference import parallel, simple, standard

REFERENCES = standard.REFERENCES | simple.REFERENCES | parallel.REFERENCES


def assert_follows_its_equations(cell: Cell, name: str) -> None:
    """Outputs, states and gates of the cell, row by row, against the NumPy loop of that name."""
    layer = build(cell)
    x, state = inputs(layer), started(layer)
    # Rows of unequal length: those of equal length may take a faster way.
    rows = [x[: STEPS - row, row] for row in range(BATCH)]
    packed, last, record = layer.trace(pack_sequence(rows), state)
    outputs = unpack_sequence(packed)
    weights = {n: w.detach().numpy() for n, w in layer.weights_of(0).items()}
    for row, x_row in enumerate(rows):
        before = tuple(part[0, row].numpy() for part in state)
        expected, after, gates = REFERENCES[name](x_row.numpy(), before, weights)
        assert_equal(outputs[row], expected, "output")
        for part_name, part, expected_part in zip(cell.state_names, last, after, strict=True):
            assert_equal(part[0, row], expected_part, part_name)
        for gate_name, expected_gate in gates.items():
            gate = unpack_sequence(record[gate_name][0][0])[row]
            assert_equal(gate, expected_gate, gate_name)


def assert_equal(actual: Tensor, expected: np.ndarray, name: str) -> None:
    actual = actual.detach().numpy().reshape(np.shape(expected))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-10, err_msg=name)


def assert_gradients_agree_with_finite_differences(cell: Cell) -> None:
    torch.manual_seed(0)
    layer = LSTM(2, 4, dtype=torch.float64, cell=cell)
    space = (2, 2) if cell.feature_dims == 3 else ()
    rows = [torch.randn(n, 2, *space, dtype=torch.float64).requires_grad_() for n in (3, 2)]
    names, weights = zip(*layer.named_parameters(), strict=True)
    with torch.no_grad():
        state = layer(pack_sequence(rows))[1]
    learned = [part.clone().requires_grad_(n in ("h", "c")) for n, part in named(cell, state)]

    def run(*values: Tensor) -> tuple[Tensor, ...]:
        swapped = dict(zip(names, values[: len(names)], strict=True))
        x = pack_sequence(list(values[len(names) : len(names) + 2]))
        hx = values[len(names) + 2 :]
        output, after = torch.func.functional_call(layer, swapped, (x, hx))
        return output.data, *(part for n, part in named(cell, after) if n in ("h", "c"))

    torch.autograd.gradcheck(run, (*weights, *rows, *learned), atol=1e-6)


def named(cell: Cell, state: tuple[Tensor, ...]) -> list[tuple[str, Tensor]]:
    return list(zip(cell.state_names, state, strict=True))


@every_cell
def test_it_follows_its_equations(name):
    assert_follows_its_equations(CELLS[name](), name)


@every_cell
def test_gradients_agree_with_finite_differences(name):
    assert_gradients_agree_with_finite_differences(CELLS[name]())


@every_cell
def test_what_it_says_of_itself_is_so(name):
    cell = CELLS[name]()
    layer = build(cell)
    output, state, record = layer.trace(inputs(layer))
    assert {*cell.gate_names, *cell.state_names} <= set(record)
    assert cell.candidate in record
    for gate in (cell.keep_gate, cell.write_gate):
        assert gate is None or gate in record
    assert set(cell.zoned) | set(cell.learned) <= set(cell.state_names) | {"c"}
    close(record[cell.state_names[0]][0][0].transpose(0, 1), output)
    space = SPACE if cell.feature_dims == 3 else ()
    shapes = [(1, BATCH, *shape) for shape in cell.state_shapes(HIDDEN_SIZE, 0, space)]
    assert [tuple(part.shape) for part in state] == shapes


@pytest.mark.parametrize("width", [1, NARROW, NARROW + 1])
@pytest.mark.parametrize("has_bias", [False, True])
def test_the_products_of_narrow_inputs_are_those_of_wide_ones(width, has_bias):
    torch.manual_seed(0)
    values = [
        torch.randn(*shape, dtype=torch.float64) for shape in ((5, 3, width), (8, width), (8,))
    ]
    values = [value.requires_grad_() for value in values[: 2 + has_bias]]
    products = [product(*values) for product in (linear, F.linear)]
    close(*products)
    close(*(torch.autograd.grad(product.square().sum(), values) for product in products))


@every_cell
def test_chunks_with_a_carried_state_equal_the_whole(name):
    layer = build(name, num_layers=2)
    x = inputs(layer, steps=9)
    whole, last = layer(x)
    pieces, state = [], None
    for chunk in x.split([1, 5, 3]):
        piece, state = layer(chunk, state)
        pieces.append(piece)
    close((torch.cat(pieces), state), (whole, last))


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both-directions"])
def test_packed_rows_equal_rows_one_by_one(name, bidirectional):
    layer = build(name, num_layers=2, bidirectional=bidirectional)
    rows = [inputs(layer, steps=n, batch=1)[:, 0] for n in (2, 6, 4)]
    state = started(layer)
    output, last = layer(pack_sequence(rows, enforce_sorted=False), state)
    for row, found in enumerate(unpack_sequence(output)):
        expected, after = layer(rows[row], tuple(part[:, row] for part in state))
        close(found, expected)
        close(tuple(part[:, row] for part in last), after)


@every_cell
def test_the_second_direction_reads_from_the_end(name):
    both = build(name, bidirectional=True)
    back = build(name)
    back.load_state_dict({n: both.state_dict()[f"{n}_reverse"] for n in back.state_dict()})
    x = inputs(both)
    output, state = both(x)
    reversed_output, reversed_state = back(x.flip(0))
    close(output[:, :, HIDDEN_SIZE:], reversed_output.flip(0))
    close(tuple(part[1:] for part in state), reversed_state)


@every_cell
def test_layers_equal_layers_one_after_the_other(name):
    stack = build(name, num_layers=2)
    first, second = build(name), LSTM(HIDDEN_SIZE, HIDDEN_SIZE, dtype=torch.float64, cell=name)
    for layer, part in enumerate((first, second)):
        state = {n: stack.state_dict()[n.replace("_l0", f"_l{layer}")] for n in part.state_dict()}
        part.load_state_dict(state)
    x = inputs(stack)
    close(stack(x)[0], second(first(x)[0])[0])


@every_cell
def test_batch_first_and_a_single_row_change_the_layout_only(name):
    layer, batch_first = build(name), build(name, batch_first=True)
    x = inputs(layer)
    output, state = layer(x)
    close(batch_first(x.transpose(0, 1))[0].transpose(0, 1), output)
    single, single_state = layer(x[:, 0])
    close(single, output[:, 0])
    close(single_state, tuple(part[:, 0] for part in state))


@every_cell
def test_float32_halves_nothing_but_precision(name):
    layer = build(name, num_layers=2)
    x = inputs(layer)
    expected = layer(x)[0].float()
    torch.testing.assert_close(layer.float()(x.float())[0], expected, rtol=1e-4, atol=1e-4)


@every_cell
def test_nan_flows_through_its_own_row_only(name):
    layer = build(name)
    x = inputs(layer)
    x[2, 1] = torch.nan
    output, _ = layer(x)
    assert output[:, [0, 2]].isfinite().all()
    assert output[3:, 1].isnan().any()


@every_cell
def test_no_rows_and_one_step_are_fine(name):
    layer = build(name, bidirectional=True)
    assert layer(inputs(layer, batch=0))[0].shape[:3] == (STEPS, 0, 2 * HIDDEN_SIZE)
    assert layer(inputs(layer, steps=1))[0].shape[0] == 1


@every_cell
def test_a_copy_is_equal_and_its_own(name):
    layer = build(name)
    twin = copy.deepcopy(layer)
    x = inputs(layer)
    close(twin(x), layer(x))
    nn.init.zeros_(next(twin.parameters()))
    assert next(layer.parameters()).any()


@every_cell
def test_bfloat16_autocast_stays_near(name):
    layer = build(name).float()
    x = inputs(layer).float()
    with torch.autocast("cpu", torch.bfloat16):
        output, state = layer(x)
        layer(x, state)
    torch.testing.assert_close(output.float(), layer(x)[0], rtol=0.2, atol=0.2)


def planted(cell: Cell, **methods: Callable) -> Cell:
    """The cell with methods of its class replaced; each takes the cell's own method first."""
    kind = type(cell)
    replaced = {
        name: lambda self, *arguments, _new=new, _name=name: _new(
            getattr(kind, _name).__get__(self), *arguments
        )
        for name, new in methods.items()
    }
    return type(f"Defective{kind.__name__}", (kind,), replaced)()


@every_cell
def test_a_gate_that_is_off_by_a_little_is_caught(name):
    for gate_name in CELLS[name]().gate_names:

        def step(own, product, state, weights, edit, gate_name=gate_name):
            def off(n, gate):
                return edit(n, gate) * (1.01 if n == gate_name else 1)

            return own(product, state, weights, off)

        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            assert_follows_its_equations(planted(CELLS[name](), step=step), name)


@every_cell
def test_gates_in_another_order_are_caught(name):
    if len(CELLS[name]().gate_names) == 1:
        pytest.skip("it has one gate")

    def input_product(own, x, weights):
        product = own(x, weights)
        dim = 1 if x.dim() > 3 else -1
        return product.roll(HIDDEN_SIZE, dim)

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_follows_its_equations(planted(CELLS[name](), input_product=input_product), name)


@every_cell
def test_an_ignored_initial_state_is_caught(name):
    calls = []

    def step(own, product, state, weights, edit):
        calls.append(True)
        if len(calls) == 1:
            state = tuple(torch.zeros_like(part) for part in state)
        return own(product, state, weights, edit)

    cell = planted(CELLS[name](), step=step)
    layer = build(cell)
    state = started(layer)
    calls.clear()
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_from_state(layer, state, name)


def assert_from_state(layer: LSTM, state: tuple[Tensor, ...], name: str) -> None:
    x = inputs(layer)
    rows = [x[: STEPS - row, row] for row in range(BATCH)]
    packed, _ = layer(pack_sequence(rows), state)
    weights = {n: w.detach().numpy() for n, w in layer.weights_of(0).items()}
    before = tuple(part[0, 0].numpy() for part in state)
    expected, _, _ = REFERENCES[name](rows[0].numpy(), before, weights)
    assert_equal(unpack_sequence(packed)[0], expected, "output")


@every_cell
@pytest.mark.parametrize("part", [0, 1], ids=["first-part", "second-part"])
def test_a_detached_state_is_caught(name, part):
    cell = CELLS[name]()
    if part >= len(cell.state_names) or cell.state_names[part] not in ("h", "c"):
        pytest.skip("it has no such part")
    if part == 0 and isinstance(cell, ScanCell) and cell.state_names != ("h",):
        pytest.skip("its h is an output only")

    def step(own, product, state, weights, edit):
        state = tuple(p.detach() if k == part else p for k, p in enumerate(state))
        return own(product, state, weights, edit)

    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        assert_gradients_agree_with_finite_differences(planted(cell, step=step))


@pytest.mark.parametrize("name", [name for name, cell in CELLS.items() if cell.shows_tanh_c])
def test_a_memory_that_is_shown_without_its_tanh_is_caught(name):
    def step(own, product, state, weights, edit):
        (_, c, *rest), gates = own(product, state, weights, edit)
        return (gates["output"] * c, c, *rest), gates

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_follows_its_equations(planted(CELLS[name](), step=step), name)


def plant_in_unroll(monkeypatch, defective: Callable) -> None:
    """Each direction of each layer is run by this; it takes the real one first."""
    real = LSTM._run.__globals__["unroll"]
    monkeypatch.setitem(LSTM._run.__globals__, "unroll", partial(defective, real))


@every_cell
def test_a_second_direction_that_reads_from_the_beginning_is_caught(name, monkeypatch):
    def unroll(real, *arguments, reverse, **options):
        return real(*arguments, reverse=False, **options)

    plant_in_unroll(monkeypatch, unroll)
    with pytest.raises(AssertionError, match="Tensor-likes are not close"):
        test_the_second_direction_reads_from_the_end(name)


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both-directions"])
def test_padding_that_is_read_is_caught(name, bidirectional, monkeypatch):
    def unroll(real, cell, x, batch_sizes, *arguments, **options):
        padded, lengths = pad_packed_sequence(PackedSequence(x, torch.tensor(batch_sizes)))
        steps, rows = padded.shape[:2]
        out, state, gates = real(cell, padded.flatten(0, 1), [rows] * steps, *arguments, **options)
        packed = pack_padded_sequence(out.unflatten(0, (steps, rows)), lengths)
        return packed.data, state, gates

    plant_in_unroll(monkeypatch, unroll)
    with pytest.raises(AssertionError, match="Tensor-likes are not close"):
        test_packed_rows_equal_rows_one_by_one(name, bidirectional)


def test_every_cell_has_a_reference():
    assert CELLS.keys() <= REFERENCES.keys()
