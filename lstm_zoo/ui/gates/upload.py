"""A visitor's own weights: the state dict of a recurrent layer, read, shown and not kept."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from torch import Tensor

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.inspection import trace
from lstm_zoo.inspection.uploads import LARGEST_FILE, read_state_dict
from lstm_zoo.ui.gates.looking import blank, pane
from lstm_zoo.ui.gates.looks import LOOKS, Look
from lstm_zoo.ui.gates.panels import FOLD, READERS
from lstm_zoo.ui.parts import PRIVATE
from lstm_zoo.ui.states import State, told
from lstm_zoo.ui.words import label, markup, sentence

SIGNALS = ("noise", "waves", "pulses")
STEPS = 200
PERIODS = (40.0, 8.0)
"""Of the slowest and the fastest wave, in steps."""
PULSE_EVERY = 25
_html = partial(gr.HTML, apply_default_css=False)


def upload_panel(view: gr.HTML, kept: gr.State) -> None:
    """Where weights are given and what they read.

    Args:
        view: shows them.
        kept: the name of what it shows.
    """
    fold = gr.Accordion(
        label("gates_upload"), open=False, elem_id="gates-upload", elem_classes=FOLD
    )
    with fold:
        _html(markup(sentence("gates_upload_info")), elem_classes="about")
        with gr.Row():
            signals = [(label(f"gates_signal_{name}"), name) for name in SIGNALS]
            signal = gr.Radio(signals, value="waves", label=label("gates_signal"))
            # Any file may be chosen: what is wrong with it is said in the page's own words.
            words: Any = label("gates_upload_button")  # a `str` for Gradio's annotation
            chosen = gr.UploadButton(words, elem_id="gates-file")
    chosen.upload(_upload, [chosen, signal, kept], [view, kept], **PRIVATE, **READERS)


def _upload(path: str, signal: str, kept: str) -> tuple[State, str]:
    try:
        state = pane(look_at_upload(path, signal), [])
    except (UsageError, CheckpointError) as error:
        return blank(error=told(error), done=True), kept
    LOOKS.drop(kept)
    return blank(panes=[state], done=True), state["token"]


def look_at_upload(path: str, signal: str) -> Look:
    """Let uploaded weights read a signal; the file is deleted, whatever it was.

    Args:
        path: of the uploaded file.
        signal: one of `SIGNALS`.

    Raises:
        UsageError: it holds no weights of a recurrent layer.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    finally:
        file.unlink(missing_ok=True)
        with suppress(OSError):  # Gradio's folder for it, if there is nothing else in it
            file.parent.rmdir()
    module = read_state_dict(content).module
    inputs = make_signal(signal, module.input_size)
    record = replace(trace(module, inputs[None]), outputs=None)
    return Look("", inputs, record, tuple(f"{x:.2f}" for x in inputs[:, 0].tolist()))


def make_signal(name: str, features: int) -> Tensor:
    """Something for weights to read that come without data, (time, features)."""
    steps = torch.arange(STEPS, dtype=torch.float32)[:, None]
    if name == "noise":
        return torch.randn(STEPS, features, generator=torch.Generator().manual_seed(0))
    if name == "pulses":  # one feature after the other
        turn = (steps // PULSE_EVERY) % features == torch.arange(features)
        return (turn & (steps % PULSE_EVERY == 0)).float()
    slow, fast = PERIODS
    periods = torch.logspace(math.log10(slow), math.log10(fast), features)
    return torch.sin(2 * math.pi * steps / periods)
