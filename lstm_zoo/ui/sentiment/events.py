"""What programs can ask the page for: verdicts, and their reasons."""

from __future__ import annotations

from typing import Any

import gradio as gr

from lstm_zoo.errors import CheckpointError, UsageError
from lstm_zoo.sentiment.attribution import explain
from lstm_zoo.sentiment.flip import nearest_flip
from lstm_zoo.sentiment.predict import Verdict
from lstm_zoo.sentiment.tokenizer import well_formed
from lstm_zoo.ui.models import get_model
from lstm_zoo.ui.sentiment.judging import TASK, TEXT_LIMIT, pick_model
from lstm_zoo.ui.zero_gpu import on_gpu


@on_gpu
def sentiment_classify(texts: list[str], model: str = "") -> list[dict[str, Any]]:
    """Say whether texts are for or against what they speak of.

    Args:
        texts: one or many, up to 2,000,000 characters together.
        model: a name from `zoo`; "" for the one that fits the first text's language.

    Returns:
        For each text its model, label, probabilities, warnings, tokens_used and tokens_total.
    """
    if sum(map(len, texts)) > TEXT_LIMIT:
        raise gr.Error(f"the texts have more than {TEXT_LIMIT:,} characters", print_exception=False)
    if not texts:
        return []
    try:
        name = model or pick_model(texts[0])
        verdicts: list[Verdict] = get_model(name, TASK).classify(texts)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return [_document(name, verdict) for verdict in verdicts]


@on_gpu
def sentiment_explain(text: str, model: str = "", label: str = "") -> dict[str, Any]:
    """Say why a text gets its verdict.

    Args:
        text: up to 2,000,000 characters.
        model: a name from `zoo`; "" for the one that fits the text's language.
        label: the class to explain; "" for "positive".

    Returns:
        The verdict as `classify` gives it; `explained`, the class; `tokens`; for each token its
        `contributions` (integrated gradients, in log-odds, with what they are `missing` to add
        up), `occlusion` and `attention`; the running `opinion`; and the nearest `flip`, a text
        with another verdict.
    """
    if len(text) > TEXT_LIMIT:
        raise gr.Error(f"the text has more than {TEXT_LIMIT:,} characters", print_exception=False)
    try:
        text = well_formed(text)
        name = model or pick_model(text)
        classifier = get_model(name, TASK)
        found = explain(classifier, text, label or None)
        flip = nearest_flip(classifier, text)
    except (UsageError, CheckpointError) as error:
        raise gr.Error(str(error), print_exception=False) from None
    return _document(name, found.verdict) | {
        "explained": found.label,
        "tokens": [text[start:end] for start, end in found.spans],
        "contributions": list(found.contributions.values),
        "missing": found.contributions.missing,
        "occlusion": list(found.occlusion),
        "attention": None if found.attention is None else list(found.attention),
        "opinion": {
            "tokens": list(found.opinion.tokens),
            "from_start": list(found.opinion.from_start),
            "from_end": list(found.opinion.from_end),
        },
        "flip": flip and {"text": flip.text, **_document(name, flip.verdict)},
    }


def _document(model: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "model": model,
        "label": verdict.label,
        "probabilities": verdict.probabilities,
        "warnings": [str(doubt) for doubt in verdict.warnings],
        "tokens_used": verdict.tokens_used,
        "tokens_total": verdict.tokens_total,
    }
