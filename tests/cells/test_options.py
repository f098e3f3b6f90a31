"""What every cell can have beside its equations: biases, a projection, regularisers, a start."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lstm_zoo.cells import CELLS, Edit, ScanCell
from lstm_zoo.regularization import call_with_weight_drop
from tests.cells.built import (
    HIDDEN_SIZE,
    build,
    close,
    every_cell,
    inputs,
    started,
)


@every_cell
def test_without_biases_it_is_a_layer_whose_biases_are_zero(name):
    layer, without = build(name), build(name, bias=False)
    own = dict(without.named_parameters())
    with torch.no_grad():
        for parameter, weight in layer.named_parameters():
            weight.copy_(own[parameter] if parameter in own else torch.zeros_like(weight))
    assert {n for n, _ in layer.named_parameters()} - set(own) == {
        n for n, _ in layer.named_parameters() if "bias" in n
    }
    x = inputs(layer)
    close(without(x), layer(x))


@every_cell
def test_it_is_projected_or_says_that_it_cannot_be(name):
    if not CELLS[name]().has_projection:
        with pytest.raises(ValueError, match="has no projection: proj_size should be 0, got 2"):
            build(name, proj_size=2)
        return
    layer, whole = build(name, proj_size=2), build(name)
    own = {n.removesuffix("_l0"): w.detach() for n, w in layer.named_parameters()}
    project = own.pop("weight_hr")
    if "weight_hm" in own:  # m is as narrow as h: the whole layer has zeros beside it
        narrow = ("weight_hm", "weight_im", "weight_hh")
        own |= {n: padded(own[n], rows=n != "weight_hh") for n in narrow}
        own["weight_hm"] = own["weight_hm"] @ project
    else:
        own["weight_hh"] = own["weight_hh"] @ project
    with torch.no_grad():
        for parameter, weight in whole.named_parameters():
            weight.copy_(own[parameter.removesuffix("_l0")])
    x = inputs(layer)
    output, (h, c) = layer(x)
    expected, (_, expected_c) = whole(x)
    close(output, expected @ project.T)
    close(h[0], output[-1])
    close(c, expected_c)
    stacked, _ = build(name, proj_size=2, num_layers=2)(x)
    assert stacked.shape == output.shape


def padded(weight: Tensor, rows: bool) -> Tensor:
    """A matrix with zeros below it or beside it, up to all units."""
    size = HIDDEN_SIZE - weight.size(0 if rows else 1)
    return nn.functional.pad(weight, (0, 0, 0, size) if rows else (0, size))


@every_cell
def test_layer_norm_takes_each_layers_output_and_nothing_else(name):
    layer = build(name, layer_norm=True, num_layers=2, bidirectional=True)
    first, second = (build(name, bidirectional=True, input_size=size) for size in (3, 16))
    for index, part in enumerate((first, second)):
        names = {n: n.replace("_l0", f"_l{index}") for n in part.state_dict()}
        part.load_state_dict({n: layer.state_dict()[full] for n, full in names.items()})
    x, normalized = inputs(layer), []
    output, state = layer(x)
    for part, norm in zip((first, second), layer.norms, strict=True):
        x, after = part(x)
        normalized.append(after)
        x = x.movedim(2, -1)
        x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + 1e-5).sqrt()
        x = (x * norm.weight + norm.bias).movedim(-1, 2)
    close(output, x)
    close(state, tuple(torch.cat(parts) for parts in zip(*normalized, strict=True)))


@every_cell
def test_a_trainable_state_is_learned_where_none_is_given(name):
    layer = build(name, trainable_state=True, num_layers=2, bidirectional=True)
    assert set(layer.initial_state) == set(layer.cell.learned) & set(layer.cell.state_names)
    plain = build(name, num_layers=2, bidirectional=True)
    plain.load_state_dict({n: layer.state_dict()[n] for n in plain.state_dict()})
    x = inputs(layer)
    given = [torch.zeros_like(part) for part in plain(x)[1]]
    close(layer(x, tuple(given)), plain(x, tuple(given)))

    for index, part in enumerate(layer.cell.state_names):
        if part in layer.initial_state:
            value = layer.initial_state[part].detach()
            space = given[index].dim() - value.dim() - 1
            given[index] = (
                value[:, None].reshape(4, 1, *value.shape[1:], *[1] * space).expand_as(given[index])
            )
    output, state = layer(x)
    close((output, state), plain(x, tuple(given)))
    output.square().sum().backward()
    learned = layer.initial_state.values()
    assert any(part.grad is not None and part.grad.any() for part in learned)


@every_cell
def test_zoneout_holds_units_back_in_training(name):
    layer, plain = build(name, zoneout=0.5), build(name)
    x, state = inputs(layer, steps=1, batch=40), started(build(name), batch=40)
    held = [part in layer.cell.zoned for part in layer.cell.state_names]
    parts = zip(held, state, layer(x, state)[1], plain(x, state)[1], strict=True)
    for may_be, before, found, after in parts:
        moved = before != after
        kept = moved & (found == before)
        if may_be:
            assert kept[moved].double().mean() == pytest.approx(0.5, abs=0.1)
            close(found[~kept], after[~kept])
        else:
            close(found, after)


@every_cell
def test_zoneout_takes_the_mean_in_eval_mode_at_each_step(name):
    layer, plain = build(name, zoneout=0.3).eval(), build(name)
    x, state = inputs(layer), started(build(name))
    found, outputs = layer(x, state), []
    for x_t in x.split(1):
        after = plain(x_t, state)[1]
        state = tuple(
            0.7 * new + 0.3 * old if part in layer.cell.zoned else new
            for part, new, old in zip(layer.cell.state_names, after, state, strict=True)
        )
        outputs.append(state[0])
    close(found, (torch.cat(outputs), state))


@every_cell
def test_recurrent_dropout_drops_what_is_written_in_training_only(name):
    layer, plain = build(name, recurrent_dropout=0.5), build(name)
    x, candidate = inputs(layer, batch=20), layer.cell.candidate
    output, state, record = layer.trace(x)
    dropped = record[candidate][0][0].transpose(0, 1)
    assert (dropped == 0).double().mean() == pytest.approx(0.5, abs=0.1)
    first = plain.trace(x[:1])[2][candidate][0][0].transpose(0, 1)
    close(dropped[:1], torch.where(dropped[:1] == 0, 0, 2 * first))

    # The plain cell with these candidates in the place of its own: all else is as it was.
    steps = iter([dropped] if isinstance(layer.cell, ScanCell) else dropped)

    def edits(layer: int, direction: int) -> tuple[Edit, None]:
        return lambda gate, value: next(steps) if gate == candidate else value, None

    close((output, state), plain.read(x, keep_gates=False, edits=edits)[:2])
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
    call_with_weight_drop(layer, 0.5, x, state)[0].square().sum().backward()
    masked = {n for n, p in layer.named_parameters() if 0.2 < (p.grad == 0).double().mean() < 0.9}
    assert masked == {n for n in raw if n.startswith(("weight_hh", "weight_hm"))}
    close(dict(layer.named_parameters()), raw)
    close(call_with_weight_drop(layer.eval(), 0.5, x, state), layer(x, state))
