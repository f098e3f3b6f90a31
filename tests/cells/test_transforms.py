"""Every cell under `torch.func` and `torch.export`: what `torch.nn.LSTM` can, a layer can."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad

from lstm_zoo.cells import CELLS
from lstm_zoo.recurrent import LSTM

every_cell = pytest.mark.parametrize(
    "name", [name for name, cell in CELLS.items() if cell.feature_dims == 1]
)


def drawn(name: str) -> tuple[LSTM, dict[str, Tensor], Tensor]:
    torch.manual_seed(0)
    layer = LSTM(3, 8, batch_first=True, dtype=torch.float64, cell=name)
    return layer, dict(layer.named_parameters()), torch.randn(4, 5, 3, dtype=torch.float64)


def close(actual: object, expected: object) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-10)


@every_cell
def test_functional_gradients_of_each_row_add_up_to_those_of_autograd(name):
    layer, weights, x = drawn(name)

    def loss(weights: dict[str, Tensor], row: Tensor) -> Tensor:
        output: Tensor = torch.func.functional_call(layer, weights, (row,))[0]
        return output.square().sum()

    expected = torch.autograd.grad(
        loss(weights, x), list(weights.values()), materialize_grads=True, allow_unused=True
    )
    close(tuple(torch.func.grad(loss)(weights, x).values()), expected)
    by_row = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0))(weights, x)
    close(tuple(gradient.sum(0) for gradient in by_row.values()), expected)


@every_cell
def test_both_kinds_of_jacobian_are_equal(name):
    layer, _, x = drawn(name)

    def output(x: Tensor) -> Tensor:
        last: Tensor = layer(x)[0][:, -1]
        return last

    forward = torch.func.jacfwd(output)(x[:1])
    assert forward.any()
    close(forward, torch.func.jacrev(output)(x[:1]))


@every_cell
@pytest.mark.parametrize("learns", [True, False], ids=["training", "frozen"])
def test_a_derivative_forwards_is_that_of_the_jacobian(name, learns):
    layer, _, _ = drawn(name)
    layer.requires_grad_(learns)
    x, direction = torch.randn(2, 70, 5, 3, dtype=torch.float64)  # rows enough for the fast path
    with forward_ad.dual_level():
        found = forward_ad.unpack_dual(layer(forward_ad.make_dual(x, direction))[0]).tangent
    _, expected = torch.func.jvp(lambda x: layer(x)[0], (x,), (direction,))
    close(found, expected)


@every_cell
@pytest.mark.parametrize("grad", [True, False], ids=["training", "inference"])
def test_an_exported_layer_gives_its_outputs(name, grad):
    layer, _, x = drawn(name)
    with torch.set_grad_enabled(grad):
        exported = torch.export.export(layer, (x,)).module()
        close(exported(x + 1), layer(x + 1))
