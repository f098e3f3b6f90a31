"""Self-training: texts that nobody labelled are learned by what a trained model says of them.

Xie et al. 2020, 'Self-training with Noisy Student improves ImageNet classification': the teacher
reads without noise and gives each class its probability; the student learns these beside the true
labels, under dropout, and does better than its teacher.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch.nn import functional as F

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.data import Examples, SentimentData
from lstm_zoo.sentiment.evaluation import raw_logits
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.sentiment.tokenizer import UNKNOWN, ReviewTokenizer
from lstm_zoo.task import Progress, no_progress


def add_taught(
    data: SentimentData,
    teacher: SentimentModel,
    tokenizer: ReviewTokenizer,
    accelerator: Accelerator,
    progress: Progress,
) -> SentimentData:
    """Put the unlabelled texts into the train part, labelled by a model.

    Args:
        data: numbered by a tokenizer whose first numbers are those of `tokenizer`.
        teacher: says how likely each class is, calibrated; in eval mode.
        tokenizer: that of the teacher.
        accelerator: the processes divide the texts among them.
        progress: wraps the batches of the first of these.

    Returns:
        The same, with a train part whose labels are the probability of each class, float32
        (texts, classes); 0 or 1 where the label is known.

    Raises:
        UsageError: the teacher tells other classes apart.
    """
    labels = data.preprocessing.labels
    if tokenizer.labels != labels:
        raise UsageError(
            f"data.self_training: the model to start from tells {', '.join(tokenizer.labels)}"
            f" apart, not {', '.join(labels)}: start from one with the same labels"
        )
    # Tokens that are new in these texts are unknown ones to the teacher.
    texts = [np.where(ids < len(tokenizer), ids, UNKNOWN) for ids in data.unlabelled]
    count, index = accelerator.num_processes, accelerator.process_index
    shown = progress if accelerator.is_main_process else no_progress
    own = raw_logits(teacher.to(accelerator.device), texts[index::count], shown)
    logits = torch.empty(len(texts), len(labels))
    for first, part in enumerate(gather_object([own]) if count > 1 else [own]):
        logits[first::count] = part
    said = (logits / teacher.temperature.item()).softmax(1)
    train = data.splits["train"]
    known = F.one_hot(train.labels, len(labels)).float()
    taught = Examples(
        train.ids + data.unlabelled,
        torch.cat([known, said]),
        train.domains + [""] * len(texts),
    )
    return replace(data, splits=data.splits | {"train": taught}, unlabelled=[])
