"""Arguments that `LSTM` refuses as `nn.LSTM` does, and what it says then."""

import warnings

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from lstm_zoo.cells import LSTMCell
from lstm_zoo.recurrent import LSTM

INPUT_SIZE, HIDDEN_SIZE, BATCH, STEPS = 3, 5, 4, 6


def error_of(call, *args, **kwargs) -> Exception | None:
    try:
        call(*args, **kwargs)
    except Exception as error:
        return error
    return None


BAD_ARGUMENTS = [
    *[{"input_size": size} for size in (0, -1, 2.5, "3", None)],
    *[{"hidden_size": size} for size in (0, -1, 2.5, "3", None)],
    *[{"num_layers": number} for number in (0, -1, 1.5, "2")],
    *[{"proj_size": size} for size in (-1, 5, 6, 1.5)],
    *[{"bias": flag} for flag in (1, "yes", None)],
    *[{"batch_first": flag} for flag in (0, "yes", None)],
    *[{"dropout": p} for p in (-0.1, 1.1, True, "0.1", float("nan"))],
]


@pytest.mark.parametrize("bad", BAD_ARGUMENTS, ids=str)
def test_constructor_refuses_what_nn_lstm_refuses(bad):
    arguments = {"input_size": 3, "hidden_size": 5} | bad
    ours, torchs = error_of(LSTM, **arguments), error_of(nn.LSTM, **arguments)
    assert torchs is not None
    assert type(ours) is type(torchs)
    (name, value), message = bad.popitem(), str(ours)
    assert name in message
    assert str(value) in message


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"zoneout": 1.5}, ValueError, "zoneout should be a number from 0 to 1, got 1.5"),
        ({"zoneout": "0.1"}, ValueError, "zoneout should be a number from 0 to 1, got '0.1'"),
        ({"recurrent_dropout": -1}, ValueError, "recurrent_dropout should be a number from 0"),
        ({"trainable_state": 1}, TypeError, "trainable_state should be True or False, got 1"),
        ({"layer_norm": "yes"}, TypeError, "layer_norm should be True or False, got 'yes'"),
        ({"bidirectional": "no"}, TypeError, "bidirectional should be True or False, got 'no'"),
    ],
)
def test_the_zoos_own_options_say_what_they_take(options, error, message):
    found = error_of(LSTM, 3, 5, **options)
    assert type(found) is error
    assert message in str(found)


X, H = torch.zeros(STEPS, BATCH, INPUT_SIZE), torch.zeros(2, BATCH, HIDDEN_SIZE)
PACKED = pack_padded_sequence(X, [6, 4, 4, 1])
BAD_CALLS = {
    "input of rank 1": (X[0, 0],),
    "input of rank 4": (X[None],),
    "input with too few features": (X[..., :2],),
    "input of another dtype": (X.double(),),
    "input of integers": (X.long(),),
    "input without steps": (X[:0],),
    "unbatched input without steps": (X[:0, 0],),
    "h_0 of too few layers": (X, (H[:1], H)),
    "c_0 of too few layers": (X, (H, H[:1])),
    "h_0 of one row for a batch": (X, (H[:, :1], H)),
    "c_0 of one row for a batch": (X, (H, H[:, :1])),
    "h_0 with too few features": (X, (H[..., :2], H)),
    "c_0 with too few features": (X, (H, H[..., :2])),
    "h_0 of rank 4": (X, (H[None], H)),
    "unbatched state for a batch": (X, (H[:, 0], H[:, 0])),
    "unbatched c_0 for a batch": (X, (H, H[:, 0])),
    "batched state for unbatched input": (X[:, 0], (H, H)),
    "h_0 of another dtype": (X, (H.double(), H)),
    "c_0 of another dtype": (X, (H, H.double())),
    "a tensor for the state": (X, H),
    "three tensors for the state": (X, (H, H, H)),
    "packed input with too few features": (PACKED._replace(data=PACKED.data[:, :2]),),
    "packed input, h_0 of one row": (PACKED, (H[:, :1], H)),
    "packed input, h_0 with too few features": (PACKED, (H[..., :2], H)),
}


@pytest.mark.parametrize("call", BAD_CALLS.values(), ids=BAD_CALLS.keys())
def test_forward_refuses_what_nn_lstm_refuses(call):
    ours, torchs = (error_of(layer(3, 5, num_layers=2), *call) for layer in (LSTM, nn.LSTM))
    assert torchs is not None
    assert type(ours) is type(torchs)


MESSAGES = {
    "input should have 2 or 3 dimensions, got 4": (X[None],),
    "input should have 3 features, got 2": (X[..., :2],),
    "weights' dtype torch.float32, got torch.float64: convert the input by .to(torch.float32) or"
    " the model by .to(torch.float64)": (X.double(),),
    "got torch.int64: convert the input by .to(torch.float32)": (X.long(),),
    "input should be a tensor or a PackedSequence, got a list": ([[1.0, 2.0, 3.0]],),
    "h_0 should be of shape (2, 4, 5), got (2, 1, 5)": (X, (H[:, :1], H)),
    "c_0 should be of shape (2, 5), got (2, 4, 5)": (X[:, 0], (H[:, 0], H)),
    "c_0 should be of dtype torch.float32, got torch.float64": (X, (H, H.double())),
    "hx should be a tuple (h_0, c_0), got a Tensor of length 2": (X, H),
    "c_0 should be of shape (2, 4, 5), got (1, 4, 5)": (PACKED, (H, H[:1])),
    "h_0 should be a tensor, got a NoneType": (X, (None, None)),
    "c_0 should be a tensor, got a tuple": (X, (H, (H, H))),
    "the weights' device cpu, got meta: move the input by .to('cpu')": (X.to("meta"),),
    "c_0 should be on the weights' device cpu, got meta": (X, (H, H.to("meta"))),
}


@pytest.mark.parametrize(("message", "call"), MESSAGES.items(), ids=MESSAGES.keys())
def test_errors_name_the_value_and_what_is_right(message, call):
    assert message in str(error_of(LSTM(3, 5, num_layers=2), *call))


@pytest.mark.parametrize("hx", [X[0], (X[0],), (X[0],) * 3, X[0][None].expand(2, -1, -1)])
def test_a_cell_refuses_what_is_not_h_and_c(hx):
    error = error_of(LSTMCell(3, 3), X[0], hx)
    assert "hx should be a tuple (h, c), got a " in str(error)


def test_integers_are_not_said_to_be_what_a_model_can_be_converted_to():
    assert "model" not in str(error_of(LSTM(3, 5), X.long()))


def test_a_state_of_one_part_is_a_tuple_of_one():
    assert "hx should be a tuple (h_0,), got a Tensor" in str(
        error_of(LSTM(3, 5, cell="gru"), X, H)
    )


def test_on_the_meta_device_shapes_are_computed():
    output, (h, c) = LSTM(3, 5, num_layers=2, device="meta")(X.to("meta"))
    assert output.shape == nn.LSTM(3, 5, num_layers=2)(X)[0].shape
    assert h.shape == c.shape == H.shape


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("GRU", "there is no cell 'GRU'; did you mean 'gru'? There are: lstm, "),
        ("mLSTM", "did you mean 'mlstm'?"),
        ("peepole", "did you mean 'peephole'?"),
        ("conv-lstm", "did you mean 'conv'?"),
        ("CoupledLSTM", "did you mean 'cifg'?"),
        ("transformer", "there is no cell 'transformer'; there are: lstm, "),
    ],
)
def test_an_unknown_cell_is_answered_by_a_near_one_or_all(cell, message):
    assert message in str(error_of(LSTM, 3, 5, cell=cell))


def test_dropout_with_one_layer_warns_and_names_both_values():
    with pytest.warns(UserWarning, match=r"dropout=0\.3 does nothing with num_layers=1") as caught:
        LSTM(3, 5, dropout=0.3)
    assert caught[0].filename == __file__


def test_dropout_with_two_layers_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LSTM(3, 5, num_layers=2, dropout=0.3)
