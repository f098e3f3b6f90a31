"""Cells with a scan, exponential gates, a tape or images: equations, and what is each one's own.

What holds for every cell is tested over the registry; here it is with their options. One file,
though long: all of it leans on the same few helpers.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_zoo.cells import (
    CELLS,
    AttentionLSTM,
    ConvLSTM,
    MatrixLSTM,
    MinGRU,
    MinLSTM,
    ScalarLSTM,
    ScanCell,
    scan,
)
from lstm_zoo.cells.mlstm import BLOCK
from lstm_zoo.cells.scan import linear_recurrence
from lstm_zoo.recurrent import LSTM
from tests.cells.reference.parallel import REFERENCES

INPUT_SIZE, HIDDEN_SIZE, BATCH, STEPS = 3, 4, 3, 7
IMAGE = (3, 5)
WITH_OPTIONS = [
    ("minlstm", {}),
    ("mingru", {}),
    ("slstm", {}),
    ("slstm", {"heads": 2}),
    ("mlstm", {}),
    ("mlstm", {"heads": 2}),
    ("attention", {}),
    ("attention", {"window": 1}),
    ("attention", {"window": 3}),
    ("conv", {}),
    ("conv", {"kernel_size": 1}),
    ("conv", {"kernel_size": 5}),
]
SCAN_CELLS = [MinLSTM(), MinGRU(), MatrixLSTM(), MatrixLSTM(heads=2)]


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64)


def random_weights(cell, bias: bool = True) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    shapes = cell.parameter_shapes(INPUT_SIZE, HIDDEN_SIZE, bias=bias)
    return {name: (0.6 * randn(*shape)).requires_grad_() for name, shape in shapes.items()}


def random_layer(cell, **arguments) -> LSTM:
    torch.manual_seed(0)
    layer = LSTM(INPUT_SIZE, HIDDEN_SIZE, cell=cell, dtype=torch.float64, **arguments)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.6)
    return layer


def initial_state(cell, start: str, batch: int = BATCH) -> tuple[torch.Tensor, ...]:
    """Zeros, as layers give them, or numbers of either sign."""
    shapes = cell.state_shapes(HIDDEN_SIZE, space=IMAGE if cell.feature_dims == 3 else ())
    make = randn if start == "carried" else lambda *s: torch.zeros(s, dtype=torch.float64)
    return tuple(make(batch, *shape) for shape in shapes)


def run_steps(cell, products, state, weights, **edit):
    """One step after another: what `ScanCell.scan` returns."""
    outputs, kept = [], []
    for product in products:
        state, gates = cell.step(product, state, weights, **edit)
        outputs.append(state[0])
        kept.append(gates)
    return torch.stack(outputs), state, {n: torch.stack([g[n] for g in kept]) for n in kept[0]}


def gradients_of(results, leaves):
    outputs, state, gates = results
    torch.manual_seed(2)
    loss = sum((torch.randn_like(value) * value).sum() for value in [outputs, *state])
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    return [torch.zeros(()) if g is None else g for g in gradients]


def assert_equal(actual, expected, atol: float = 1e-12):
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
@pytest.mark.parametrize("start", ["zeros", "carried"])
@pytest.mark.parametrize(("name", "options"), WITH_OPTIONS, ids=lambda value: str(value))
def test_steps_follow_the_equations(name, options, start, bias):
    cell = CELLS[name](**options)
    weights = random_weights(cell, bias)
    space = IMAGE if cell.feature_dims == 3 else ()
    x, state = randn(STEPS, BATCH, INPUT_SIZE, *space), initial_state(cell, start)
    with torch.no_grad():
        products = cell.input_product(x.flatten(0, 1), weights).unflatten(0, (STEPS, BATCH))
        outputs, last, gates = run_steps(cell, products, state, weights)
    arrays = {weight_name: weight.detach().numpy() for weight_name, weight in weights.items()}
    for row in range(BATCH):
        expected_outputs, expected_last, expected_gates = REFERENCES[name](
            x[:, row].numpy(), tuple(part[row].numpy() for part in state), arrays, **options
        )
        close = {"rtol": 1e-10, "atol": 1e-11}
        np.testing.assert_allclose(outputs[:, row], expected_outputs, **close)
        for part, expected in zip(last, expected_last, strict=True):
            np.testing.assert_allclose(part[row], expected, **close)
        assert list(gates) == list(expected_gates)
        for gate, expected in expected_gates.items():
            np.testing.assert_allclose(gates[gate][:, row], expected, **close, err_msg=gate)


@pytest.fixture(params=["pairs", "loop"])
def way(request, monkeypatch):
    """Whether a linear recurrence is solved as for narrow steps, or as for wide ones."""
    monkeypatch.setattr(scan, "WIDE", 0 if request.param == "loop" else float("inf"))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 8, 13, 64, 100])
def test_linear_recurrence_equals_the_loop(steps):
    torch.manual_seed(0)
    a, b, h0 = randn(steps, 2, 3), randn(steps, 2, 3), randn(2, 3)
    a[::5] = 0
    a[1::5] = 1
    leaves = [tensor.requires_grad_() for tensor in (a, b, h0)]
    h, expected = h0, []
    for a_t, b_t in zip(a, b, strict=True):
        h = a_t * h + b_t
        expected.append(h)
    actual, expected = linear_recurrence(a, b, h0), torch.stack(expected)
    towards = torch.randn_like(expected)
    assert_equal(actual, expected)
    gradients = [torch.autograd.grad(h, leaves, towards) for h in (actual, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("way")
def test_linear_recurrence_has_gradients_of_gradients():
    leaves = [randn(5, 2).requires_grad_(), randn(5, 2).requires_grad_(), randn(2).requires_grad_()]
    assert torch.autograd.gradcheck(linear_recurrence, leaves)
    assert torch.autograd.gradgradcheck(linear_recurrence, leaves)


@pytest.mark.usefixtures("way")
def test_linear_recurrence_works_under_vmap():
    a, b, h0 = randn(6, 5, 2), randn(6, 5, 2), randn(6, 2)
    expected = torch.stack([linear_recurrence(*row) for row in zip(a, b, h0, strict=True)])
    assert_equal(torch.vmap(linear_recurrence)(a, b, h0), expected)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("steps", [1, 2, 9, BLOCK, 2 * BLOCK + 3])
@pytest.mark.parametrize("start", ["zeros", "carried"])
@pytest.mark.parametrize("is_learned", [False, True], ids=["given", "learned"])
@pytest.mark.parametrize("cell", SCAN_CELLS, ids=str)
def test_scan_equals_steps(cell, is_learned, start, steps):
    weights = random_weights(cell)
    x = randn(steps, BATCH, INPUT_SIZE).requires_grad_()
    state = tuple(part.requires_grad_(is_learned) for part in initial_state(cell, start))
    leaves = [x, *(state if is_learned else ()), *weights.values()]
    scanned = cell.scan(cell.input_product(x, weights), state, weights)
    stepped = run_steps(cell, cell.input_product(x, weights), state, weights)
    assert_equal(scanned, stepped)
    gradients = [gradients_of(results, leaves) for results in (scanned, stepped)]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-10)


def test_a_normalizer_of_an_empty_memory_is_carried():
    cell = MatrixLSTM()
    weights = random_weights(cell)
    h, c, n, m = initial_state(cell, "carried")
    state = h, torch.zeros_like(c), n, m
    products = cell.input_product(randn(3, BATCH, INPUT_SIZE), weights)
    assert_equal(cell.scan(products, state, weights), run_steps(cell, products, state, weights))


@pytest.mark.parametrize("cell", SCAN_CELLS, ids=str)
def test_scan_takes_edits_as_steps_do(cell):
    weights = random_weights(cell)
    x, state = randn(9, BATCH, INPUT_SIZE), initial_state(cell, "carried")
    products = cell.input_product(x, weights).detach()
    for edited in cell.gate_names:
        for value in (0.0, 0.3, 1.0):

            def edit(name, gate, edited=edited, value=value):
                return torch.full_like(gate, value) if name == edited else gate

            scanned = cell.scan(products, state, weights, edit=edit)
            stepped = run_steps(cell, products, state, weights, edit=edit)
            assert_equal(scanned, stepped)
            assert not torch.equal(scanned[0], cell.scan(products, state, weights)[0])


@pytest.mark.parametrize(("name", "options"), WITH_OPTIONS, ids=lambda value: str(value))
def test_chunks_with_carried_state_equal_the_whole(name, options):
    layer = random_layer(CELLS[name](**options), num_layers=2)
    x = randn(9, BATCH, INPUT_SIZE, *(IMAGE if name == "conv" else ()))
    whole, final = layer(x)
    state, outputs = None, []
    for chunk in x.split([4, 1, 3, 1]):
        output, state = layer(chunk, state)
        outputs.append(output)
    assert_equal((torch.cat(outputs), state), (whole, final))


@pytest.mark.parametrize("cell", SCAN_CELLS, ids=str)
def test_long_sequences_stay_finite_and_exact(cell):
    torch.manual_seed(0)
    weights = {name: 3 * weight.detach() for name, weight in random_weights(cell).items()}
    x, state = randn(5000, 1, INPUT_SIZE), initial_state(cell, "carried", batch=1)
    expected = run_steps(cell, cell.input_product(x, weights), state, weights)[0]
    weights = {name: weight.float() for name, weight in weights.items()}
    state = tuple(part.float() for part in state)
    products = cell.input_product(x.float(), weights).requires_grad_()
    outputs, _, _ = cell.scan(products, state, weights)
    torch.testing.assert_close(outputs.double(), expected, rtol=1e-3, atol=1e-3)
    (gradient,) = torch.autograd.grad(outputs.sum(), products)
    assert gradient.isfinite().all()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("cell", SCAN_CELLS, ids=str)
def test_nan_in_a_scan_stays_in_its_row_and_flows_forward_only(cell):
    layer = random_layer(cell)
    x = randn(STEPS, BATCH, INPUT_SIZE)
    x[2, 1, 0] = torch.nan
    expected = torch.zeros(STEPS, BATCH, dtype=torch.bool)
    expected[2:, 1] = True
    output, _ = layer(x)
    assert torch.equal(output.isnan().all(-1), expected)
    assert torch.equal(output.isnan().any(-1), expected)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
@pytest.mark.parametrize("cell", SCAN_CELLS, ids=str)
def test_what_is_no_number_in_what_a_scan_writes_is_not_hidden(cell, bad):
    weights, state = random_weights(cell), initial_state(cell, "carried")
    products = cell.input_product(randn(STEPS, BATCH, INPUT_SIZE), weights)
    spoiled = torch.zeros(STEPS, BATCH, HIDDEN_SIZE, dtype=torch.bool)
    spoiled[2, 1] = True

    def spoil(name, gate):
        return gate.masked_fill(spoiled, bad) if name == cell.candidate else gate

    outputs, _, _ = cell.scan(products, state, weights, edit=spoil)
    expected = torch.zeros(STEPS, BATCH, dtype=torch.bool)
    expected[2:, 1] = True
    assert torch.equal((~outputs.isfinite()).all(-1), expected)
    assert torch.equal((~outputs.isfinite()).any(-1), expected)


def test_every_scan_cell_of_the_zoo_is_tested_here():
    scanning = {type(cell) for cell in SCAN_CELLS}
    assert {cell for cell in CELLS.values() if issubclass(cell, ScanCell)} == scanning


EXTREMES = torch.tensor([[-200.0, 200.0], [200.0, -200.0], [-200.0, -200.0], [200.0, 200.0]])


def test_minlstm_gates_reach_0_and_1_and_share_evenly_between_two_shut_ones():
    i, f = EXTREMES.T[:, :, None]
    products = torch.cat([i, f, torch.full_like(i, 5.0)], dim=-1).requires_grad_()
    state = (torch.tensor([-3.0]),)
    for run in (MinLSTM().scan, lambda *arguments: run_steps(MinLSTM(), *arguments)):
        outputs, _, gates = run(products, state, {})
        assert gates["input"].flatten().tolist() == pytest.approx([0, 1, 0.5, 0.5])
        assert gates["forget"].flatten().tolist() == pytest.approx([1, 0, 0.5, 0.5])
        assert outputs.flatten().tolist() == pytest.approx([-3, 5, 5, 5])
        (gradient,) = torch.autograd.grad(outputs.sum(), products)
        assert gradient.isfinite().all()


def test_mingru_gate_at_0_keeps_and_at_1_replaces():
    z = EXTREMES[0].repeat(3)[:, None, None]
    products = torch.cat([z, torch.arange(6.0)[:, None, None]], dim=-1)
    outputs, _, _ = MinGRU().scan(products, (torch.tensor([[-3.0]]),), {})
    assert outputs.flatten().tolist() == [-3, 1, 1, 3, 3, 5]


def weights_that_copy(cell) -> dict[str, torch.Tensor]:
    """Weights by which x itself is the input product."""
    shapes = cell.parameter_shapes(1, HIDDEN_SIZE, bias=False)
    names = [name for name in shapes if name != "weight_hh"]
    rows = [shapes[name][0] for name in names]
    weights = {name: 0.6 * torch.randn(shape) for name, shape in shapes.items()}
    return weights | dict(zip(names, torch.eye(sum(rows)).split(rows), strict=True))


@pytest.mark.parametrize("start", ["zeros", "carried"])
@pytest.mark.parametrize("form", ["slstm steps", "mlstm steps", "mlstm scan"])
def test_exponential_gates_of_100_are_finite_and_exact_in_float32(form, start):
    """Against the equations without a stabiliser, in float64, which holds exp(100)."""
    torch.manual_seed(1)
    name, way = form.split()
    cell, rows = CELLS[name](), 50
    weights = weights_that_copy(cell)
    x = torch.randn(5, rows, sum(len(w) for n, w in weights.items() if n != "weight_hh"))
    if name == "mlstm":  # queries and keys of one sign: n q = 0 would be a division by rounding
        x[..., -2 * HIDDEN_SIZE :].abs_()
    gates = 2 * (HIDDEN_SIZE if name == "slstm" else cell.heads)
    x[..., :gates] = 100.0 * torch.randint(-1, 2, (5, rows, gates))
    make = torch.zeros if start == "zeros" else torch.rand
    state = tuple(make(rows, *shape) for shape in cell.state_shapes(HIDDEN_SIZE))
    products = cell.input_product(x, weights).requires_grad_()
    run = cell.scan if way == "scan" else lambda *arguments: run_steps(cell, *arguments)
    outputs, last, kept = run(products, state, weights)
    arrays = {n: weight.double().numpy() for n, weight in weights.items()}
    for row in range(rows):
        row_state = tuple(part[row].double().numpy() for part in state)
        expected, *_ = REFERENCES[name](x[:, row].double().numpy(), row_state, arrays)
        np.testing.assert_allclose(outputs[:, row].detach(), expected, rtol=1e-4, atol=1e-6)
    assert all(value.isfinite().all() for value in (*last, *kept.values()))
    assert all(0 <= kept[gate].min() <= kept[gate].max() <= 1 for gate in ("input", "forget"))
    (gradient,) = torch.autograd.grad(outputs.sum(), products)
    assert gradient.isfinite().all()


def test_slstm_recalls_a_first_input_however_weak_its_gate():
    layer = random_layer("slstm", bias=False)
    with torch.no_grad():
        layer.weight_ih_l0.zero_()
        layer.weight_ih_l0[:HIDDEN_SIZE, 0] = -1  # input gate
        layer.weight_ih_l0[HIDDEN_SIZE : 2 * HIDDEN_SIZE, 0] = 1  # forget gate
        layer.weight_ih_l0[2 * HIDDEN_SIZE :, 1] = 1  # cell and output gate
    layer = layer.float()
    for strength in (0, 100, 1000):
        output, _ = layer(torch.tensor([[strength, 2.0, 0.0]]))
        assert output[0].tolist() == pytest.approx([0.8808 * 0.9640] * HIDDEN_SIZE, abs=1e-4)


def test_slstm_with_all_input_gates_shut_gives_zeros():
    layer = random_layer("slstm")

    def shut(name, gate):
        return torch.zeros_like(gate) if name == "input" else gate

    cell, weights = layer.cell, layer.weights_of(0)
    products = cell.input_product(randn(STEPS, BATCH, INPUT_SIZE), weights)
    outputs, _, _ = run_steps(cell, products, initial_state(cell, "zeros"), weights, edit=shut)
    assert not outputs.any()


def test_slstm_heads_do_not_hear_each_other():
    cell = ScalarLSTM(heads=2)
    weights, state = random_weights(cell), initial_state(cell, "carried")
    product = torch.zeros(BATCH, 4 * HIDDEN_SIZE, dtype=torch.float64)
    changed = (state[0] + torch.tensor([0.0, 0.0, 1.0, 1.0]), *state[1:])
    (before, *_), _ = cell.step(product, state, weights)
    (after, *_), _ = cell.step(product, changed, weights)
    assert torch.equal(before[:, :2], after[:, :2])
    assert (before[:, 2:] != after[:, 2:]).all()


@pytest.mark.parametrize("cell_class", [ScalarLSTM, MatrixLSTM])
def test_heads_must_share_the_units_evenly(cell_class):
    with pytest.raises(ValueError, match="hidden_size should be a multiple of heads=3, got 4"):
        LSTM(INPUT_SIZE, HIDDEN_SIZE, cell=cell_class(heads=3))
    with pytest.raises(ValueError, match="heads should be a whole number from 1 on, got 0"):
        cell_class(heads=0)
    with pytest.raises(ValueError, match=r"heads should be a whole number from 1 on, got 2\.0"):
        cell_class(heads=2.0)


def test_mlstm_recalls_a_value_by_its_key():
    """Four values are written under four keys; the last step asks for the second."""
    cell = MatrixLSTM()
    keys = torch.eye(4)[:, None]
    values = torch.tensor([7.0, -5.0, 3.0, -2.0])[:, None, None].expand(4, 1, 4)
    shut, open_ = torch.full((4, 1, 1), -100.0), torch.full((4, 1, 1), 100.0)
    queries = 2 * torch.eye(4)[1].expand(4, 1, 4)  # sqrt(4) undoes the scale of the keys
    write = torch.cat([0 * open_, open_, values, values * 0 + 100, queries, keys], dim=-1)
    state = tuple(torch.zeros(1, *shape) for shape in cell.state_shapes(HIDDEN_SIZE))
    outputs, state, _ = cell.scan(write, state, {})
    assert outputs[3, 0].tolist() == pytest.approx([-5.0] * 4)
    read = torch.cat([shut, open_, *write.split([2, 16], -1)[1:]], dim=-1)[:1]
    outputs, _, _ = cell.scan(read, state, {})
    assert outputs[0, 0].tolist() == pytest.approx([-5.0] * 4)


def test_attention_over_a_wide_window_is_attention_over_all_past_outputs():
    layer = random_layer(AttentionLSTM(window=50))
    x = randn(12, INPUT_SIZE)
    output, _, record = layer.trace(x)
    weights = layer.weights_of(0)
    for t in range(12):
        h = output[t - 1] if t else torch.zeros(HIDDEN_SIZE, dtype=torch.float64)
        query = weights["weight_query"] @ x[t] + weights["weight_hm_query"] @ h
        expected = torch.softmax(output[:t] @ query / HIDDEN_SIZE**0.5, dim=0)
        attention = record["attention"][0][0][t]
        assert_equal(attention[50 - t :], expected)
        assert not attention[: 50 - t].any()


def test_attention_with_a_window_of_1_is_an_lstm_whose_h_is_read_twice():
    layer = random_layer(AttentionLSTM(window=1))
    plain = random_layer("lstm")
    weights = layer.weights_of(0)
    with torch.no_grad():
        for name in ("weight_ih", "bias_ih", "bias_hh"):
            getattr(plain, f"{name}_l0").copy_(weights[name])
        plain.weight_hh_l0.copy_(weights["weight_hh"] + weights["weight_hm"])
    x = randn(STEPS, BATCH, INPUT_SIZE)
    assert_equal(layer(x)[0], plain(x)[0])


def test_attention_is_normalised_and_oldest_first():
    layer = random_layer(AttentionLSTM(window=3))
    _, state, record = layer.trace(randn(BATCH, STEPS, INPUT_SIZE).transpose(0, 1))
    attention = record["attention"][0][0]
    assert attention.shape == (BATCH, STEPS, 3)
    assert not attention[:, 0].any()
    assert_equal(attention[:, 1:].sum(-1), torch.ones(BATCH, STEPS - 1, dtype=torch.float64))
    assert (attention[:, 1] == torch.tensor([0.0, 0.0, 1.0])).all()
    assert ((attention[:, 2] == 0) == torch.tensor([True, False, False])).all()
    assert_equal(record["tape"][0][0][:, -1], record["h"][0][0][:, -3:])
    assert (state[3] == 3).all()


def test_attention_that_is_cut_leaves_a_plain_lstm():
    layer, plain = random_layer("attention"), random_layer("lstm")
    plain.load_state_dict({name: layer.state_dict()[name] for name in plain.state_dict()})
    products = layer.cell.input_product(x := randn(STEPS, BATCH, INPUT_SIZE), layer.weights_of(0))

    def cut(name, gate):
        return torch.zeros_like(gate) if name == "attention" else gate

    state = initial_state(layer.cell, "zeros")
    outputs, _, _ = run_steps(layer.cell, products, state, layer.weights_of(0), edit=cut)
    assert_equal(outputs, plain(x)[0])
    assert not torch.equal(layer(x)[0], plain(x)[0])


@pytest.mark.parametrize("window", [0, -1, 2.5])
def test_attention_refuses_an_empty_window(window):
    with pytest.raises(
        ValueError, match=f"window should be a whole number from 1 on, got {window}"
    ):
        AttentionLSTM(window=window)


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "bidirectional"])
def test_conv_lstm_on_one_pixel_is_an_lstm(kernel_size, bidirectional):
    plain = nn.LSTM(
        INPUT_SIZE, HIDDEN_SIZE, num_layers=2, bidirectional=bidirectional, dtype=torch.float64
    )
    cell = ConvLSTM(kernel_size)
    layer = random_layer(cell, num_layers=2, bidirectional=bidirectional)
    middle = kernel_size // 2
    with torch.no_grad():
        for name, parameter in plain.named_parameters():
            theirs = getattr(layer, name)
            (theirs[:, :, middle, middle] if theirs.dim() == 4 else theirs).copy_(parameter)
    x = randn(STEPS, BATCH, INPUT_SIZE)
    state = tuple(randn(2 * (1 + bidirectional), BATCH, HIDDEN_SIZE) for _ in "hc")
    expected, expected_state = plain(x, state)
    output, last = layer(x[..., None, None], tuple(part[..., None, None] for part in state))
    assert_equal(output[..., 0, 0], expected)
    assert_equal(tuple(part[..., 0, 0] for part in last), expected_state)


def test_conv_lstm_reads_packed_and_unbatched_images():
    layer = random_layer("conv", bidirectional=True, num_layers=2, layer_norm=True)
    x, lengths = randn(STEPS, BATCH, INPUT_SIZE, *IMAGE), [7, 2, 4]
    packed, state = layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
    output, _ = pad_packed_sequence(packed)
    assert output.shape == (STEPS, BATCH, 2 * HIDDEN_SIZE, *IMAGE)
    for row, length in enumerate(lengths):
        alone, alone_state = layer(x[:length, row])
        assert_equal(output[:length, row], alone)
        assert_equal(tuple(part[:, row] for part in state), alone_state)


def test_conv_lstm_learns_a_state_for_any_size_of_image():
    layer = random_layer("conv", trainable_state=True)
    for space in (IMAGE, (1, 2)):
        output, (h, _) = layer(randn(STEPS, BATCH, INPUT_SIZE, *space))
        assert h.shape == (1, BATCH, HIDDEN_SIZE, *space)
        layer.zero_grad()
        output.sum().backward()
        assert all(part.grad.all() for part in layer.initial_state.values())


def test_conv_lstm_starts_with_weights_that_fit_what_a_place_sees():
    layer = LSTM(2, 16, cell=ConvLSTM(5))
    bound = 1 / (16 * 5 * 5) ** 0.5
    for name, parameter in layer.named_parameters():
        assert 0.9 * bound < parameter.abs().max() <= bound, name


@pytest.mark.parametrize("kernel_size", [0, 2, -1, 3.0])
def test_conv_lstm_refuses_a_kernel_without_a_middle(kernel_size):
    with pytest.raises(ValueError, match=f"odd number such as 1, 3 or 5, got {kernel_size}"):
        ConvLSTM(kernel_size)


@pytest.mark.parametrize("name", ["minlstm", "mingru", "slstm", "mlstm", "attention", "conv"])
def test_autocast_keeps_the_state_in_float32_and_stays_near(name):
    torch.manual_seed(0)
    layer = LSTM(INPUT_SIZE, 16, num_layers=2, bidirectional=True, cell=name)
    x = torch.randn(STEPS, BATCH, INPUT_SIZE, *(IMAGE if name == "conv" else ()))
    expected, expected_state = layer(x)
    with torch.autocast("cpu", torch.bfloat16):
        output, state = layer(x)
        layer(x, tuple(part.bfloat16() for part in state))
    assert all(part.dtype == torch.float32 for part in state)
    close = {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(output.float(), expected, **close)
    torch.testing.assert_close(state, expected_state, **close)
    output.float().square().sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters())


@pytest.mark.parametrize("name", ["slstm", "mlstm"])
def test_zoneout_leaves_the_stabilised_memory_whole(name):
    """c and n held back apart would be a memory that was never written."""
    layer, plain = random_layer(name, zoneout=0.5), random_layer(name)
    x = randn(1, BATCH, INPUT_SIZE)
    torch.manual_seed(0)
    _, (h, *memory) = layer(x)
    _, (plain_h, *plain_memory) = plain(x)
    assert_equal(memory, plain_memory)
    assert (h == 0).any()
    assert_equal(h[h != 0], plain_h[h != 0])
