"""Connectivity is autograd's, on cells that are stepped by hand."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

import lstm_zoo as zoo
from lstm_zoo import UsageError
from lstm_zoo.inspection.connectivity import connectivity, gradient_by_distance

STEPS = 12


class Reader(nn.Module):
    """Embedded symbols through recurrent layers to scores of the next symbol."""

    def __init__(self, layer: nn.Module, size: int = 6, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.dropout = nn.Dropout(dropout)
        self.layer = layer
        self.output = nn.Linear(size, 7)

    def forward(self, tokens: Tensor) -> tuple[Tensor, None]:
        return self.output(self.dropout(self.layer(self.embedding(tokens))[0])), None


class Stepped(nn.Module):
    """The same of an `nn.LSTMCell`, called for each step."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell
        self.output = nn.Linear(6, 7)

    def forward(self, x: Tensor) -> Tensor:
        state, outputs = None, []
        for x_t in x.unbind(1):
            state = self.cell(x_t, state)
            outputs.append(self.output(state[0]))
        return torch.stack(outputs, 1)


def stepped_gradient(
    model: Reader, tokens: Tensor, step: int, target: int
) -> tuple[Tensor, Tensor]:
    """Embedded input and its gradient, by `nn.LSTMCell`s with the weights of the layers."""
    layer = model.layer
    assert isinstance(layer, nn.LSTM)
    x = model.embedding(tokens).detach().requires_grad_()
    inputs = list(x.unbind(1))
    for number in range(layer.num_layers):
        cell = nn.LSTMCell(inputs[0].shape[1], layer.hidden_size, dtype=torch.float64)
        names = {name: f"{name}_l{number}" for name, _ in cell.named_parameters()}
        cell.load_state_dict({name: layer.state_dict()[long] for name, long in names.items()})
        state, outputs = None, []
        for x_t in inputs:
            state = cell(x_t, state)
            outputs.append(state[0])
        inputs = outputs
    model.output(inputs[step])[0].log_softmax(0)[target].backward()
    assert x.grad is not None
    return x.detach()[0], x.grad[0]


@pytest.fixture
def tokens() -> Tensor:
    return torch.randint(7, (1, STEPS), generator=torch.Generator().manual_seed(0))


@pytest.fixture
def reader() -> Reader:
    torch.manual_seed(1)
    return Reader(nn.LSTM(4, 6, num_layers=2, batch_first=True)).double().eval()


@pytest.mark.parametrize("step", [0, 5, -1])
def test_it_is_autograd_on_the_stepped_cell(reader: Reader, tokens: Tensor, step: int) -> None:
    x, gradient = stepped_gradient(reader, tokens, step, target=3)
    found = connectivity(reader, tokens, step, target=3)
    torch.testing.assert_close(found, gradient.norm(dim=1), rtol=1e-10, atol=1e-14)
    signed = connectivity(reader, tokens, step, target=3, measure="times-input")
    torch.testing.assert_close(signed, (x * gradient).sum(1), rtol=1e-10, atol=1e-14)
    assert found.shape == (STEPS,)
    later = found[step % STEPS + 1 :]
    assert torch.equal(later, torch.zeros_like(later))


def test_the_likeliest_symbol_is_followed_if_none_is_named(reader: Reader, tokens: Tensor) -> None:
    likeliest = int(reader(tokens)[0][0, 4].argmax())
    named = connectivity(reader, tokens, 4, target=likeliest)
    assert torch.equal(connectivity(reader, tokens, 4), named)
    assert not torch.equal(connectivity(reader, tokens, 4, target=(likeliest + 1) % 7), named)


def test_every_way_to_lay_out_the_layer_gives_the_same(reader: Reader, tokens: Tensor) -> None:
    expected = connectivity(reader, tokens, 7, target=2)
    ours = zoo.LSTM(4, 6, num_layers=2, batch_first=True, dtype=torch.float64)
    ours.load_state_dict(reader.layer.state_dict())
    x = reader.embedding(tokens).detach()

    class TimeFirst(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.LSTM(4, 6, num_layers=2, dtype=torch.float64)
            self.layer.load_state_dict(reader.layer.state_dict())

        def forward(self, x: Tensor) -> Tensor:
            scores: Tensor = reader.output(self.layer(x.transpose(0, 1))[0])
            return scores

    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = reader.layer

        def forward(self, x: Tensor) -> Tensor:
            packed = self.layer(pack_sequence([x[0], x[0, :5]]))[0]
            scores: Tensor = reader.output(pad_packed_sequence(packed, batch_first=True)[0])
            return scores

    reader.layer, theirs = ours, reader.layer
    torch.testing.assert_close(connectivity(reader, tokens, 7, target=2), expected)
    reader.layer = theirs
    for model in (TimeFirst(), Packed()):
        torch.testing.assert_close(connectivity(model, x, 7, target=2), expected)


def test_cells_that_a_model_steps_itself_are_followed() -> None:
    torch.manual_seed(0)
    model, x = Stepped(nn.LSTMCell(3, 6)).double(), torch.randn(2, 8, 3, dtype=torch.float64)
    leaf = x.clone().requires_grad_()
    model(leaf)[1, 6].log_softmax(0)[4].backward()
    assert leaf.grad is not None
    found = connectivity(model, x, 6, 4, row=1)
    torch.testing.assert_close(found, leaf.grad[1].norm(dim=1), rtol=1e-10, atol=1e-14)


def test_the_model_is_left_as_it_was(tokens: Tensor) -> None:
    reader = Reader(nn.LSTM(4, 6, batch_first=True), dropout=0.5).eval()
    with torch.inference_mode():
        first = connectivity(reader, tokens)
    assert torch.equal(first, connectivity(reader, tokens)), "no dropout: it stays in eval mode"
    assert not any(module.training for module in reader.modules())
    assert all(weight.grad is None for weight in reader.parameters())
    assert "forward" not in vars(reader.layer)
    assert torch.backends.cudnn.enabled


def test_a_run_that_is_changed_is_followed_as_changed(reader: Reader, tokens: Tensor) -> None:
    cut = [
        zoo.Hold(name, layer=layer, value=0.3, steps=5) for name in ("c", "h") for layer in (0, 1)
    ]
    with zoo.intervene(reader, cut):
        found = connectivity(reader, tokens, 8)
    assert torch.equal(found[:6], torch.zeros(6, dtype=torch.float64))
    assert (found[6:9] > 0).all()
    assert (connectivity(reader, tokens, 8)[:6] > 0).all()


def test_other_threads_see_none_of_it(reader: Reader, tokens: Tensor) -> None:
    started, done, seen = threading.Event(), threading.Event(), []

    def other() -> None:
        started.wait(10)
        seen.append(reader.layer(reader.embedding(tokens))[0].requires_grad)
        done.set()

    def score(outputs: tuple[Tensor, None]) -> Tensor:
        started.set()
        assert done.wait(10)
        return outputs[0][0, 3, 0]

    thread = threading.Thread(target=other)
    thread.start()
    reader.requires_grad_(False)
    connectivity(reader, tokens, score=score)
    thread.join()
    assert seen == [False]


def test_frozen_weights_are_no_hindrance(reader: Reader, tokens: Tensor) -> None:
    expected = connectivity(reader, tokens)
    assert torch.equal(connectivity(reader.requires_grad_(False), tokens), expected)


def test_an_answer_of_one_number_and_a_score_of_ones_own_are_followed() -> None:
    torch.manual_seed(0)
    model = zoo.LSTM(3, 1, batch_first=True).double()
    x = torch.randn(1, 9, 3, dtype=torch.float64)
    leaf = x.clone().requires_grad_()
    model(leaf)[0][0, 5, 0].backward()
    assert leaf.grad is not None
    expected = leaf.grad[0].norm(dim=1)
    torch.testing.assert_close(connectivity(model, x, 5), expected)
    scored = connectivity(model, x, score=lambda outputs: 2 * outputs[0][0, 5, 0])
    torch.testing.assert_close(scored, 2 * expected)


def exact_gradient_by_distance(layer: nn.Module, x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    last = layer(leaf)[0][:, -1]
    total = torch.zeros(x.shape[1], dtype=x.dtype)
    for unit in range(last.shape[1]):
        (gradient,) = torch.autograd.grad(last[:, unit].sum(), leaf, retain_graph=True)
        total += gradient.square().sum(2).mean(0)
    return total.sqrt().flip(0)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.RNN, nn.GRU])
def test_gradient_by_distance_is_the_norm_of_the_jacobian(kind: type[nn.RNNBase]) -> None:
    torch.manual_seed(0)
    layer = kind(3, 8, batch_first=True, num_layers=2).double()
    x = torch.randn(20, 10, 3, dtype=torch.float64)
    found = gradient_by_distance(layer, x, probes=64)
    torch.testing.assert_close(found, exact_gradient_by_distance(layer, x), rtol=0.1, atol=1e-9)
    assert torch.equal(found, gradient_by_distance(layer, x, probes=64))


def test_gradients_of_a_plain_network_vanish_where_those_of_an_lstm_stay() -> None:
    x = torch.randn(8, 60, 4, generator=torch.Generator().manual_seed(0))
    sizes = {}
    for kind, forget_bias in ((nn.RNN, None), (nn.LSTM, 3.0)):
        torch.manual_seed(0)
        layer = kind(4, 32, batch_first=True)
        zoo.initialize(layer, recurrent="pytorch", input="pytorch", forget_bias=forget_bias)
        sizes[kind] = gradient_by_distance(layer, x)
    kept = {kind: float(size[50] / size[0]) for kind, size in sizes.items()}
    assert kept[nn.RNN] < 1e-8
    assert kept[nn.LSTM] > 1e-2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": STEPS}, "no step 12: the sequence has 12"),
        ({"target": 7}, "no target 7: the model scores 7 symbols"),
        ({"row": 1}, "no row 1: the batch has 1"),
        ({"score": lambda outputs: outputs[0]}, "one number, got shape"),
        ({"score": lambda outputs: torch.ones(())}, "does not hang on"),
    ],
)
def test_what_cannot_be_followed_is_said(
    reader: Reader, tokens: Tensor, options: dict[str, int], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        connectivity(reader, tokens, **options)  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_it_works_in_eval_mode_on_cuda(reader: Reader, tokens: Tensor) -> None:
    expected = connectivity(reader, tokens, target=1)
    found = connectivity(reader.cuda(), tokens.cuda(), target=1)
    torch.testing.assert_close(found.cpu(), expected)
