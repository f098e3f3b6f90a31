"""Cells that change a gate or two, against independent implementations, and what is their own.

Elsewhere every cell is held against its equations in NumPy; here those that PyTorch, ONNX Runtime
or torchrecurrent computes too are held against these, in float64 where they can.
"""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_zoo.cells import CELLS, JANET, Clockwork
from lstm_zoo.recurrent import LSTM
from tests.cells.reference.simple import REFERENCES

INPUT_SIZE, HIDDEN_SIZE, BATCH, STEPS = 3, 8, 4, 11
GATES = {
    "lstm-1997": ("input", "cell", "output"),
    "peephole": ("input", "forget", "cell", "output"),
    "cifg": ("forget", "cell", "output"),
    "janet": ("forget", "input", "cell"),
    "layer-norm": ("input", "forget", "cell", "output"),
    "multiplicative": ("input", "forget", "cell", "output"),
    "gru": ("reset", "update", "new"),
    "mgu": ("forget", "new"),
    "clockwork": ("update", "new"),
    "rnn": ("new",),
}


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64)


def random_weights(cell, bias: bool = True) -> dict[str, torch.Tensor]:
    """Weights of which no two are alike, and which gradients can reach."""
    torch.manual_seed(0)
    shapes = cell.parameter_shapes(INPUT_SIZE, HIDDEN_SIZE, bias=bias)
    return {name: (0.6 * randn(*shape)).requires_grad_() for name, shape in shapes.items()}


def random_layer(cell, **arguments) -> LSTM:
    torch.manual_seed(0)
    layer = LSTM(INPUT_SIZE, HIDDEN_SIZE, cell=cell, dtype=torch.float64, **arguments)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.6)
    return layer


def run(cell, x, state, weights):
    """All steps of a cell: outputs, the last state, and the gates of each step."""
    outputs, kept = [], []
    for product in cell.input_product(x, weights):
        state, gates = cell.step(product, state, weights)
        outputs.append(state[0])
        kept.append(gates)
    return torch.stack(outputs), state, kept


def assert_close(actual, expected, atol: float = 1e-10) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=atol)


# PyTorch

TORCH = {"gru": nn.GRU, "rnn": nn.RNN}
LENGTHS = {"padded": None, "packed": [11, 4, 4, 1], "packed-unsorted": [1, 11, 4, 4]}


def everything_of(layer, x, h, lengths, returned):
    """Outputs, the last h, and the gradients of input, initial h and weights."""
    x, *h = (tensor.clone().requires_grad_() for tensor in (x, *h))
    packed = x if lengths is None else pack_padded_sequence(x, lengths, enforce_sorted=False)
    output, last = layer(packed, returned(h))
    last = last if isinstance(last, torch.Tensor) else last[0]
    output = output if lengths is None else pad_packed_sequence(output)[0]
    torch.manual_seed(1)
    loss = sum((torch.randn_like(value) * value).sum() for value in (output, last))
    return output, last, *torch.autograd.grad(loss, [x, *h, *layer.parameters()])


@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
@pytest.mark.parametrize("name", TORCH)
def test_equals_pytorch_in_outputs_state_and_gradients(name, lengths):
    for layers, bidirectional, bias, with_state in itertools.product((1, 3), *[(True, False)] * 3):
        arguments = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias}
        layer = random_layer(name, **arguments)
        reference = TORCH[name](INPUT_SIZE, HIDDEN_SIZE, **arguments, dtype=torch.float64)
        reference.load_state_dict(layer.state_dict(), strict=True)
        x = randn(STEPS, BATCH, INPUT_SIZE)
        h = [randn(layers * (1 + bidirectional), BATCH, HIDDEN_SIZE)] if with_state else []
        ours = everything_of(layer, x, h, lengths, lambda h: tuple(h) or None)
        torchs = everything_of(reference, x, h, lengths, lambda h: h[0] if h else None)
        assert_close(ours, torchs)


@pytest.mark.parametrize("name", TORCH)
def test_starts_from_the_weights_of_pytorch(name):
    starts = []
    for build in (lambda *sizes: LSTM(*sizes, cell=name), TORCH[name]):
        torch.manual_seed(3)
        starts.append(build(INPUT_SIZE, HIDDEN_SIZE).state_dict())
    assert list(starts[0]) == list(starts[1])
    torch.testing.assert_close(*map(dict, starts), rtol=0, atol=0)


def without_forgetting(name, weight):
    """Rows i, g, o with rows for f that hold it open: sigmoid(1000) is 1."""
    i, g, o = weight.chunk(3)
    always = torch.zeros_like(i) if name.startswith("weight") else torch.full_like(i, 500)
    return torch.cat([i, always, g, o])


def uncoupled(name, weight):
    """Rows f, g, o with rows for i that make it 1 - f."""
    f, g, o = weight.chunk(3)
    return torch.cat([-f, f, g, o])


def the_same(name, weight):
    return weight


AS_LSTM = {
    "lstm-1997": without_forgetting,
    "cifg": uncoupled,
    "peephole": the_same,
    "multiplicative": the_same,
}


@pytest.mark.parametrize("proj_size", [0, 2], ids=["plain", "projected"])
@pytest.mark.parametrize("name", AS_LSTM)
def test_an_lstm_of_pytorch_that_is_made_alike_computes_the_same(name, proj_size):
    arguments = {"proj_size": proj_size, "bidirectional": True}
    layer = random_layer(name, **arguments)
    x = randn(STEPS, BATCH, INPUT_SIZE)
    x[..., 0] = 1
    for parameter, weight in layer.named_parameters():
        if parameter.startswith("weight_c"):
            nn.init.zeros_(weight)  # no peepholes
        elif parameter.startswith("weight_im"):
            weight.data.copy_(torch.tensor([1, 0, 0]))  # W_m x = 1 ...
        elif parameter.startswith("weight_hm"):
            nn.init.eye_(weight)  # ... and U_m h = h, so m = h
    reference = nn.LSTM(INPUT_SIZE, HIDDEN_SIZE, **arguments, dtype=torch.float64)
    alike = {n: layer.get_parameter(n).data for n in reference.state_dict()}
    gated = {n: AS_LSTM[name](n, w) for n, w in alike.items() if not n.startswith("weight_hr")}
    reference.load_state_dict(alike | gated, strict=True)
    state = (randn(2, BATCH, proj_size or HIDDEN_SIZE), randn(2, BATCH, HIDDEN_SIZE))
    assert_close(layer(x, state), reference(x, state))


# ONNX Runtime

ONNX_ORDER = ("input", "output", "forget", "cell")


def onnx_lstm(x, h, c, blocks, peepholes=None, input_forget=0):
    """The LSTM operator.

    Args:
        x: (time, batch, features).
        h: before the first step, (batch, hidden_size).
        c: before the first step, (batch, hidden_size).
        blocks: for each gate its rows of `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`.
        peepholes: the vectors of the input, output and forget gate.
        input_forget: 1 for coupled gates.

    Returns:
        h of all steps, and the last h and c.
    """
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    w, r, wb, rb = (
        torch.cat([blocks[name][part] for name in ONNX_ORDER])[None] for part in range(4)
    )
    tensors = {"X": x, "W": w, "R": r, "B": torch.cat([wb, rb], dim=1), "h": h[None], "c": c[None]}
    if peepholes is not None:
        tensors["P"] = torch.cat(peepholes)[None]
    node = onnx.helper.make_node(
        "LSTM",
        ["X", "W", "R", "B", "", "h", "c", "P" if "P" in tensors else ""],
        ["Y", "Y_h", "Y_c"],
        hidden_size=h.size(-1),
        input_forget=input_forget,
    )
    values = {name: value.detach().float().numpy() for name, value in tensors.items()}
    described = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "lstm",
        [described(name, onnx.TensorProto.FLOAT, value.shape) for name, value in values.items()],
        [described(name, onnx.TensorProto.FLOAT, None) for name in ("Y", "Y_h", "Y_c")],
    )
    opset = [onnx.helper.make_opsetid("", 14)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    y, y_h, y_c = map(torch.from_numpy, session.run(None, values))
    return y[:, 0], y_h[0], y_c[0]


def blocks_of(weights, gate_names):
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    parts = [weights[name].chunk(len(gate_names)) for name in names]
    return dict(zip(gate_names, zip(*parts, strict=True), strict=True))


def test_peephole_equals_onnx_runtime():
    cell = CELLS["peephole"]()
    weights = random_weights(cell)
    x, h, c = randn(STEPS, BATCH, INPUT_SIZE), randn(BATCH, HIDDEN_SIZE), randn(BATCH, HIDDEN_SIZE)
    peepholes = [weights[name] for name in ("weight_ci", "weight_co", "weight_cf")]
    expected = onnx_lstm(x, h, c, blocks_of(weights, cell.gate_names), peepholes)
    outputs, state, _ = run(cell, x, (h, c), weights)
    assert_close((outputs.float(), *(part.float() for part in state)), expected, atol=1e-5)


def test_cifg_equals_onnx_runtime_with_input_forget():
    cell = CELLS["cifg"]()
    weights = random_weights(cell)
    x, h, c = randn(STEPS, BATCH, INPUT_SIZE), randn(BATCH, HIDDEN_SIZE), randn(BATCH, HIDDEN_SIZE)
    blocks = blocks_of(weights, cell.gate_names)
    blocks["input"] = [-part for part in blocks["forget"]]
    blocks["forget"] = [torch.full_like(part, 9) for part in blocks["forget"]]  # never read
    expected = onnx_lstm(x, h, c, blocks, input_forget=1)
    outputs, state, _ = run(cell, x, (h, c), weights)
    assert_close((outputs.float(), *(part.float() for part in state)), expected, atol=1e-5)


# torchrecurrent. Its multiplicative LSTM adds biases to both factors of m, which the paper has not:
# they are zero here.


def renamed(name, w):
    """Weights by the names that torchrecurrent has for them."""
    weights = {n: w[n] for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    if name == "peephole":
        weights["weight_ph"] = torch.cat([w["weight_ci"], w["weight_cf"], w["weight_co"]])
    if name == "multiplicative":
        zeros = torch.zeros(HIDDEN_SIZE, dtype=torch.float64)
        weights["weight_mh"], weights["bias_mh"] = w["weight_hh"], w["bias_hh"]
        weights["weight_hh"], weights["bias_hh"] = w["weight_hm"], zeros
        weights["weight_ih"] = torch.cat([w["weight_im"], w["weight_ih"]])
        weights["bias_ih"] = torch.cat([zeros, w["bias_ih"]])
    if name == "ugrnn":  # the candidate comes first
        weights = {n: part.roll(HIDDEN_SIZE, 0) for n, part in weights.items()}
    return weights


TORCHRECURRENT = {
    "lstm-1997": ("OriginalLSTMCell", {}),
    "peephole": ("PeepholeLSTMCell", {}),
    "janet": ("JANETCell", {}),
    "janet with beta 0.5": ("JANETCell", {"beta": 0.5}),
    "multiplicative": ("MultiplicativeLSTMCell", {}),
    "mgu": ("MGUCell", {}),
    "ugrnn": ("UGRNNCell", {}),
}


@pytest.mark.parametrize("case", TORCHRECURRENT)
def test_equals_torchrecurrent_in_outputs_and_gradients(case):
    torchrecurrent = pytest.importorskip("torchrecurrent")
    name, (class_name, options) = case.split()[0], TORCHRECURRENT[case]
    cell = CELLS[name](**options)
    theirs = getattr(torchrecurrent, class_name)(
        INPUT_SIZE, HIDDEN_SIZE, dtype=torch.float64, **options
    )
    weights = random_weights(cell)
    x = randn(STEPS, BATCH, INPUT_SIZE).requires_grad_()
    state = tuple(randn(BATCH, HIDDEN_SIZE).requires_grad_() for _ in cell.state_names)

    outputs, _, _ = run(cell, x, state, weights)
    # JANET's c and h are two parts of the state there, and equal.
    alone = name in ("mgu", "ugrnn")
    last, expected = state[0] if alone else (state[0], state[-1]), []
    for x_t in x:
        last = functional_call(theirs, renamed(name, weights), (x_t, last))
        expected.append(last if alone else last[0])
    expected = torch.stack(expected)
    assert_close(outputs, expected)

    leaves = [x, *state, *weights.values()]
    factor = randn(*outputs.shape)
    assert_close(
        torch.autograd.grad((factor * outputs).sum(), leaves),
        torch.autograd.grad((factor * expected).sum(), leaves),
    )


# Gates and options


@pytest.mark.parametrize("name", GATES)
def test_trace_names_the_gates_and_shows_them_after_their_activation(name):
    layer = random_layer(name)
    _, _, record = layer.trace(3 * randn(STEPS, BATCH, INPUT_SIZE))
    assert tuple(record) == GATES[name] + layer.cell.state_names
    for gate in GATES[name]:
        value = record[gate][0][0]
        least = -1 if gate in ("cell", "new") else 0
        assert value.shape == (BATCH, STEPS, HIDDEN_SIZE), gate
        assert least <= value.min(), gate
        assert value.max() <= 1, gate
        assert (value.min() < 0) == (least < 0), gate


KEEPING = {
    "lstm-1997": {"input": 0},
    "peephole": {"input": 0, "forget": 1},
    "cifg": {"forget": 1},
    "janet": {"input": 0, "forget": 1},
    "layer-norm": {"input": 0, "forget": 1},
    "multiplicative": {"input": 0, "forget": 1},
    "gru": {"update": 1},
    "mgu": {"forget": 0},
    "clockwork": {"update": 0},
}


def setting(values):
    """An edit that sets gates to these values."""
    return lambda gate, value: torch.full_like(value, values[gate]) if gate in values else value


@pytest.mark.parametrize("name", KEEPING)
def test_gates_that_are_set_to_keep_the_memory_keep_it(name):
    cell = CELLS[name]()
    weights, settings = random_weights(cell), KEEPING[name]
    state = tuple(randn(BATCH, *shape) for shape in cell.state_shapes(HIDDEN_SIZE))
    product = cell.input_product(randn(BATCH, INPUT_SIZE), weights)
    after, gates = cell.step(product, state, weights, setting(settings))
    memory = cell.state_names.index("c") if "c" in cell.state_names else 0
    assert_close(after[memory], state[memory])
    assert all((gates[gate] == value).all() for gate, value in settings.items())
    assert not torch.allclose(cell.step(product, state, weights)[0][memory], state[memory])


@pytest.mark.parametrize("name", [n for n, gates in GATES.items() if "output" in gates])
def test_a_closed_output_gate_shows_nothing(name):
    cell = CELLS[name]()
    weights = random_weights(cell)
    state = tuple(randn(BATCH, *shape) for shape in cell.state_shapes(HIDDEN_SIZE))
    product = cell.input_product(randn(BATCH, INPUT_SIZE), weights)
    (h, c), _ = cell.step(product, state, weights, setting({"output": 0}))
    assert not h.any()
    assert c.all()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("janet", {"beta": 0.0}),
        ("janet", {"beta": 2.5}),
        ("clockwork", {"periods": (1,)}),
        ("clockwork", {"periods": (1, 3)}),
        ("clockwork", {"periods": (2, 3, 4, 5, 6, 7, 8, 9)}),
    ],
    ids=str,
)
def test_options_follow_the_equations(name, options):
    cell = CELLS[name](**options)
    weights, x = random_weights(cell), randn(STEPS, INPUT_SIZE)
    state = tuple(randn(*shape) for shape in cell.state_shapes(HIDDEN_SIZE))
    arrays = {n: weight.detach().numpy() for n, weight in weights.items()}
    expected, last, gates = REFERENCES[name](
        x.numpy(), tuple(part.numpy() for part in state), arrays, **options
    )
    outputs, after, kept = run(cell, x[:, None], tuple(part[None] for part in state), weights)
    np.testing.assert_allclose(outputs[:, 0].detach(), expected, rtol=0, atol=1e-12)
    for part, expected_part in zip(after, last, strict=True):
        np.testing.assert_allclose(part[0].detach(), expected_part, rtol=0, atol=1e-12)
    for gate, expected_gate in gates.items():
        values = torch.stack([step[gate][0] for step in kept])
        np.testing.assert_allclose(values.detach(), expected_gate, rtol=0, atol=1e-12)


def test_options_are_printed():
    assert repr(JANET(beta=2.0)) == "JANET(beta=2.0)"
    assert "cell=Clockwork(periods=(1, 2))" in repr(LSTM(3, 8, cell=Clockwork((1, 2))))


@pytest.mark.parametrize("name", ["janet", "gru", "mgu", "rnn", "clockwork"])
def test_a_projection_is_refused_where_there_is_none(name):
    with pytest.raises(ValueError, match=r"has no projection: proj_size should be 0, got 2"):
        LSTM(INPUT_SIZE, HIDDEN_SIZE, cell=name, proj_size=2)


def test_layer_norm_takes_the_scale_out_of_the_matrices():
    layer = random_layer("layer-norm", num_layers=2)
    x = randn(STEPS, BATCH, INPUT_SIZE)
    before, _ = layer(x)
    for weight in (layer.weight_ih_l0, layer.weight_hh_l0, layer.weight_hh_l1):
        weight.data.mul_(1000)
    assert_close(layer(x)[0], before, atol=1e-3)  # but for the 1e-5 under the root


def test_layer_norm_shows_c_whatever_its_scale_and_offset():
    cell, keep = CELLS["layer-norm"](), setting(KEEPING["layer-norm"])
    weights, h, c = random_weights(cell), randn(BATCH, HIDDEN_SIZE), randn(BATCH, HIDDEN_SIZE)
    product = cell.input_product(randn(BATCH, INPUT_SIZE), weights)
    (shown, _), _ = cell.step(product, (h, c), weights, keep)
    (shown_otherwise, _), _ = cell.step(product, (h, 20 * c + 3), weights, keep)
    assert_close(shown, shown_otherwise, atol=1e-4)


def test_layer_norm_starts_with_gains_of_1_and_shifts_of_0():
    layer = LSTM(INPUT_SIZE, HIDDEN_SIZE, cell="layer-norm")
    for name, parameter in layer.named_parameters():
        if "gain" in name or name.startswith("bias"):
            assert (parameter == ("gain" in name)).all(), name
        else:
            assert parameter.unique().numel() == parameter.numel(), name


# The clock


def test_clockwork_with_one_period_is_a_plain_rnn():
    layer = random_layer(Clockwork(periods=(1,)), num_layers=2, bidirectional=True)
    plain = random_layer("rnn", num_layers=2, bidirectional=True)
    x = randn(STEPS, BATCH, INPUT_SIZE)
    output, (h, _) = layer(x)
    assert_close((output, (h,)), plain(x))


def test_modules_are_updated_at_their_periods_and_held_between():
    layer = random_layer("clockwork")
    _, (_, clock), record = layer.trace(randn(STEPS, BATCH, INPUT_SIZE))
    h, update = record["h"][0][0], record["update"][0][0]
    before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
    for module, period in enumerate((1, 2, 4, 8)):
        units = slice(2 * module, 2 * module + 2)
        due = torch.tensor([t % period == 0 for t in range(STEPS)])
        assert ((h != before)[..., units] == due[:, None]).all(), period
        assert (update[..., units] == due[:, None]).all(), period
    assert (clock == STEPS % 8).all()


@pytest.mark.parametrize("pieces", [[1] * 11, [3, 8], [10, 1]], ids=str)
def test_the_clock_ticks_on_from_piece_to_piece(pieces):
    layer = random_layer("clockwork", num_layers=2)
    x, state, outputs = randn(STEPS, BATCH, INPUT_SIZE), None, []
    for piece in x.split(pieces):
        output, state = layer(piece, state)
        outputs.append(output)
    assert_close((torch.cat(outputs), state), layer(x), atol=1e-12)
    from_zero = layer(x[pieces[0] :], (state[0], torch.zeros_like(state[1])))[0]
    assert not torch.allclose(from_zero, torch.cat(outputs)[pieces[0] :])


def test_each_row_of_a_packed_batch_has_its_own_clock():
    layer, lengths = random_layer("clockwork", bidirectional=True), [1, 11, 4, 4]
    x = randn(STEPS, BATCH, INPUT_SIZE)
    _, (h, clock) = layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
    assert clock.squeeze(-1).tolist() == 2 * [[length % 8 for length in lengths]]
    for row, length in enumerate(lengths):
        assert_close((h[:, row], clock[:, row]), layer(x[:length, row])[1], atol=1e-12)


def test_connections_from_faster_to_slower_modules_never_act_and_get_no_gradient():
    layer = random_layer("clockwork")
    x = randn(STEPS, BATCH, INPUT_SIZE)
    before, _ = layer(x)
    before.square().sum().backward()
    faster = torch.ones(HIDDEN_SIZE, HIDDEN_SIZE).tril(-1).bool()
    for start in range(0, HIDDEN_SIZE, 2):
        faster[start : start + 2, start : start + 2] = False
    assert not layer.weight_hh_l0.grad[faster].any()
    assert layer.weight_hh_l0.grad[~faster].all()
    layer.weight_hh_l0.data[faster] += 100
    assert torch.equal(layer(x)[0], before)


def test_the_clock_is_exact_in_low_precision_and_takes_no_gradient():
    layer = LSTM(INPUT_SIZE, HIDDEN_SIZE, cell="clockwork", trainable_state=True).bfloat16()
    output, (_, clock) = layer(torch.randn(523, 1, INPUT_SIZE).bfloat16())
    assert clock.item() == 523 % 8
    output.float().square().sum().backward()
    assert list(layer.initial_state) == ["h"]
    assert layer.initial_state["h"].grad.any()


def test_a_size_that_the_modules_cannot_share_is_refused():
    with pytest.raises(ValueError, match=r"multiple of 4.*\(1, 2, 4, 8\), got 10; take 8 or 12$"):
        LSTM(INPUT_SIZE, 10, cell="clockwork")
    with pytest.raises(ValueError, match=r"multiple of 3.*\(1, 2, 4\), got 2; take 3$"):
        LSTM(INPUT_SIZE, 2, cell=Clockwork(periods=(1, 2, 4)))


@pytest.mark.parametrize(
    "periods", [(), (2, 1), (1, 1), (0, 1), (-1, 2), (1, 2.5), (True, 2), [1, 2], 4, "12"], ids=str
)
def test_periods_that_cannot_be_are_refused(periods):
    with pytest.raises(ValueError, match="periods should be a tuple of growing whole numbers"):
        Clockwork(periods=periods)
