"""The tab 'Generate': a language model writes on from a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.ui.models import find_models, get_model
from lstm_zoo.ui.parts import AT_ONCE, PRIVATE, model_chooser, say_what_is_missing
from lstm_zoo.ui.states import State
from lstm_zoo.ui.text_view import text_view
from lstm_zoo.ui.words import label, markup, sentence
from lstm_zoo.ui.writing import LIMITS, TASK, blank, check, write
from lstm_zoo.ui.zero_gpu import ON_ZERO_GPU, on_gpu

FIRST_MODEL = "char-lstm.shakespeare"
WRITERS = 2
"""Texts written at the same time; further visitors wait in a queue."""

EXAMPLES = (
    # data set, prompt
    ("shakespeare", "ROMEO:\n"),
    ("shakespeare", "KING HENRY:\nWhat news?\n\n"),
    ("shakespeare", "First Citizen:\nWe are "),
    ("wikitext2", "The film was released in"),
    ("tang-poems", "《春夜》\n"),
    ("tang-poems", "床前明月光，"),
)
SLIDERS = (
    # option, value, step
    ("top_k", 0, 1),
    ("top_p", 1, 0.01),
    ("min_p", 0, 0.01),
    ("typical_p", 1, 0.01),
    ("repetition_penalty", 1, 0.05),
)
_html = partial(gr.HTML, apply_default_css=False)


def generate_tab() -> tuple[str, gr.Dropdown]:
    """Lay out the tab and wire it.

    Returns:
        Its task, and where a model is chosen.
    """
    say_what_is_missing(TASK)
    if ON_ZERO_GPU:
        for name in models_here():
            get_model(name, TASK)
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320):
            model, prompt = _what_to_write()
            with gr.Row(elem_classes="actions"):
                go = gr.Button(label("write"), variant="primary", elem_id="write")
                stop = gr.Button(label("stop"), elem_id="stop", interactive=False)
            options = {"prompt": prompt} | _how_to_write()
        with gr.Column(scale=7, min_width=320):
            view = text_view(elem_id="written")

    def stream(name: str, *values: Any) -> Iterator[State]:
        yield from write(name, dict(zip(options, values, strict=True)))

    def begin() -> tuple[gr.Button, gr.Button, State]:
        return _buttons(writing=True) + (blank(status=sentence("waiting")),)

    begun = go.click(begin, None, [go, stop, view], **AT_ONCE)
    writing = begun.then(
        stream,
        [model, *options.values()],
        view,
        concurrency_limit=WRITERS,
        concurrency_id="writers",
        **PRIVATE,
    )
    end = partial(_buttons, writing=False)
    writing.then(end, None, [go, stop], **AT_ONCE)
    stop.click(_stop, view, [go, stop, view], cancels=writing, **AT_ONCE)
    gr.api(generate, api_name="generate", concurrency_limit=WRITERS, concurrency_id="writers")
    gr.api(models_here, api_name="models", queue=False)
    return TASK, model


@on_gpu
def generate(
    model: str,
    prompt: str = "",
    length: int = 300,
    temperature: float = 0.8,
    seed: int | None = None,
    samples: int = 1,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    typical_p: float = 1.0,
    repetition_penalty: float = 1.0,
    stop_strings: str = "",
) -> list[str]:
    """Write on from a prompt with a language model.

    Args:
        model: a name from `models`.
        prompt: what the text starts with; "" lets the model begin by itself.
        length: most characters to write, up to 10,000.
        temperature: under 1 safer, over 1 bolder; 0 always takes the likeliest.
        seed: the same seed gives the same text; none gives another each time.
        samples: how many texts, up to 4.
        top_k: keep the k likeliest; 0 is off.
        top_p: keep the likeliest that make up this share; 1 is off.
        min_p: drop characters under this share of the likeliest; 0 is off.
        typical_p: keep the characters nearest to the expected surprise; 1 is off.
        repetition_penalty: over 1 makes recent characters less likely; 1 is off.
        stop_strings: strings that end the text, one a line.

    Returns:
        The new texts, without the prompt.
    """
    values = {key: value for key, value in locals().items() if key != "model"}
    try:
        texts: list[str] = get_model(model, TASK).generate_samples(**check(values))
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return texts


def models_here() -> list[str]:
    """Names of the language models that are here."""
    return list(find_models(TASK)[0])


def _what_to_write() -> tuple[gr.Dropdown, gr.Textbox]:
    names = models_here()
    model = model_chooser("model", TASK, FIRST_MODEL)
    prompt = gr.Textbox(
        label=label("prompt"),
        info=label("prompt_info"),
        lines=4,
        max_lines=12,
        elem_id="prompt",
    )
    with gr.Row(elem_classes="examples"):
        _html(markup(sentence("examples")))
        for data, start in EXAMPLES:
            fitting = [name for name in names if name.endswith(f".{data}")]
            if fitting:
                example = gr.Button(" ".join(start.split()), size="sm")
                choose = partial(_choose, fitting=fitting, start=start)
                example.click(choose, model, [model, prompt], **AT_ONCE)
    return model, prompt


def _choose(model: str, fitting: list[str], start: str) -> tuple[str, str]:
    """The model and the prompt of an example; a model that fits stays."""
    if model in fitting:
        return model, start
    return FIRST_MODEL if FIRST_MODEL in fitting else fitting[0], start


def _how_to_write() -> dict[str, gr.components.Component]:
    """The options by their names in `writing.check`."""
    options: dict[str, gr.components.Component] = {}
    with gr.Row():
        options["length"] = gr.Number(
            300,
            label=label("length"),
            info=label("length_info"),
            min_width=140,
            elem_id="length",
        )
        # Not a gr.Number: that shows an empty one as 0.
        options["seed"] = gr.Textbox(
            label=label("seed"),
            info=label("seed_info"),
            placeholder=label("seed_empty"),
            min_width=140,
            elem_id="seed",
        )
    options["temperature"] = _slider("temperature", 0.8, 0.05)
    low, high = map(int, LIMITS["samples"])
    options["samples"] = gr.Radio(
        list(range(low, high + 1)), value=1, label=label("samples"), elem_id="samples"
    )
    with gr.Accordion(label("fine"), open=False, elem_id="fine"):
        for key, value, step in SLIDERS:
            options[key] = _slider(key, value, step)
        options["stop_strings"] = gr.Textbox(
            label=label("stop_strings"),
            info=label("stop_strings_info"),
            lines=2,
            elem_id="stop_strings",
        )
    return options


def _slider(key: str, value: float, step: float) -> gr.Slider:
    low, high = LIMITS[key]
    return gr.Slider(
        low, high, value, step=step, label=label(key), info=label(f"{key}_info"), elem_id=key
    )


def _stop(state: State) -> tuple[Any, ...]:
    """Free the buttons; what is written stays, a wait for the first character ends."""
    return *_buttons(writing=False), gr.skip() if state["samples"] else blank()


def _buttons(writing: bool) -> tuple[gr.Button, gr.Button]:
    return gr.Button(interactive=not writing), gr.Button(interactive=writing)
