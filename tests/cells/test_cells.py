"""Every cell of the registry: right by its equations, and at home in every kind of layer.

A cell that is added to `CELLS`, with a NumPy loop in `reference`, is tested here without a new
test. The planted defects at the end show that these checks see what they should.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

from lstm_zoo.cells import CELLS, Cell, ScanCell
from lstm_zoo.recurrent import LSTM
from lstm_zoo.regularization import call_with_weight_drop
from tests.cells.reference import parallel, simple, standard

REFERENCES = standard.REFERENCES | simple.REFERENCES | parallel.REFERENCES
INPUT_SIZE, HIDDEN_SIZE, BATCH, STEPS = 3, 8, 3, 6
SPACE = (3, 4)
every_cell = pytest.mark.parametrize("name", CELLS)


def build(cell: str | Cell, **options) -> LSTM:
    torch.manual_seed(0)
    layer = LSTM(INPUT_SIZE, HIDDEN_SIZE, dtype=torch.float64, cell=cell, **options)
    for parameter in layer.parameters():  # no two alike, none at a special value
        parameter.data += 0.3 * torch.randn_like(parameter)
    return layer


def inputs(layer: LSTM, steps: int = STEPS, batch: int = BATCH) -> Tensor:
    space = SPACE if layer.cell.feature_dims == 3 else ()
    return torch.randn(steps, batch, INPUT_SIZE, *space, dtype=torch.float64)


def started(layer: LSTM, batch: int = BATCH) -> tuple[Tensor, ...]:
    """A state as the layer itself makes one: not every number is a state of every cell."""
    with torch.no_grad():
        return layer(inputs(layer, steps=5, batch=batch))[1]


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


def close(actual: object, expected: object) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-10)


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
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_biases_are_there_or_not(name, bias):
    layer = build(name, bias=bias)
    assert bias == any("bias" in parameter for parameter, _ in layer.named_parameters())
    assert layer(inputs(layer))[0].isfinite().all()


@every_cell
def test_it_is_projected_or_says_that_it_cannot_be(name):
    if CELLS[name]().has_projection:
        layer = build(name, proj_size=2, num_layers=2)
        output, (h, c, *_) = layer(inputs(layer))
        assert (output.shape[-1], h.shape[-1], c.shape[-1]) == (2, 2, HIDDEN_SIZE)
    else:
        with pytest.raises(ValueError, match="has no projection: proj_size should be 0, got 2"):
            build(name, proj_size=2)


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
def test_a_trainable_state_is_learned_where_none_is_given(name):
    layer = build(name, trainable_state=True)
    x = inputs(layer)
    layer(x)[0].square().sum().backward()
    assert set(layer.initial_state) == set(layer.cell.learned) & set(layer.cell.state_names)
    assert any(part.grad is not None and part.grad.any() for part in layer.initial_state.values())
    given = tuple(torch.zeros_like(part) for part in started(layer))
    plain = build(name)
    plain.load_state_dict({n: layer.state_dict()[n] for n in plain.state_dict()})
    close(layer(x, given), plain(x, given))


@every_cell
def test_zoneout_holds_units_back_in_training_and_takes_the_mean_in_eval(name):
    layer = build(name, zoneout=1.0)
    x, state = inputs(layer, steps=1), started(build(name))
    for mode in (True, False):  # held back for certain, the mean of one is the same
        _, last = layer.train(mode)(x, state)
        for part_name, before, after in zip(layer.cell.state_names, state, last, strict=True):
            assert torch.equal(before, after) == (
                part_name in layer.cell.zoned
            ) or part_name not in ("h", "c")
    half = build(name, zoneout=0.5)
    first, second = (half.train()(x, state)[0] for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(half.eval()(x, state)[0], half(x, state)[0])


@every_cell
def test_recurrent_dropout_drops_candidates_in_training_only(name):
    layer = build(name, recurrent_dropout=0.5)
    plain = build(name)
    x = inputs(layer, batch=20)
    candidate = layer.cell.candidate
    _, _, record = layer.train().trace(x)
    assert (record[candidate][0][0] == 0).double().mean() == pytest.approx(0.5, abs=0.1)
    close(layer.eval()(x), plain(x))


@every_cell
def test_weight_drop_masks_what_reads_h(name):
    layer = build(name)
    raw = {n: p.detach().clone() for n, p in layer.named_parameters()}
    x, state = inputs(layer), started(layer)
    if not any(n.startswith(("weight_hh", "weight_hm")) for n in raw):
        with pytest.raises(ValueError, match="needs a matrix that reads h"):
            call_with_weight_drop(layer, 0.5, x, state)
        return
    first, second = (call_with_weight_drop(layer, 0.5, x, state)[0] for _ in range(2))
    assert not torch.equal(first, second)
    first.square().sum().backward()
    assert layer.weight_hh_l0.grad.any()
    close(dict(layer.named_parameters()), raw)
    close(call_with_weight_drop(layer.eval(), 0.5, x, state), layer(x, state))


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


def test_every_cell_has_a_reference():
    assert CELLS.keys() <= REFERENCES.keys()
