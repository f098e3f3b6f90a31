"""Self-training: texts that nobody labelled are learned by what a trained model says of them.

Xie et al. 2020, 'Self-training with Noisy Student improves ImageNet classification': the teacher
reads without noise and gives each class its probability; the student learns these beside the true
labels, under dropout, and does better than its teacher. A second teacher that sees a text in
another way, here as counted words, knows what the first does not (Blum & Mitchell 1998, 'Combining
Labeled and Unlabeled Data with Co-Training').
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor
from torch.nn import functional as F

from lstm_zoo.errors import UsageError
from lstm_zoo.sentiment.data import Examples, SentimentData
from lstm_zoo.sentiment.evaluation import raw_logits
from lstm_zoo.sentiment.model import SentimentModel
from lstm_zoo.sentiment.nb_svm import nb_svm
from lstm_zoo.sentiment.tokenizer import UNKNOWN, ReviewTokenizer
from lstm_zoo.task import Progress, no_progress


def add_taught(
    data: SentimentData,
    teacher: SentimentModel,
    tokenizer: ReviewTokenizer,
    accelerator: Accelerator,
    progress: Progress,
    beside_nb_svm: bool = False,
) -> SentimentData:
    """Put the unlabelled texts into the train part, labelled by a model.

    Args:
        data: numbered by a tokenizer whose first numbers are those of `tokenizer`.
        teacher: says how likely each class is, calibrated; in eval mode.
        tokenizer: that of the teacher.
        accelerator: the processes divide the texts among them.
        progress: wraps the batches of the first of these.
        beside_nb_svm: NB-SVM of the train part teaches too, see `combined`.

    Returns:
        The same, with a train part whose labels are the probability of each class, float32
        (texts, classes); 0 or 1 where the label is known.

    Raises:
        UsageError: the teacher tells other classes apart, or NB-SVM is to tell more than two.
    """
    labels = data.preprocessing.labels
    if tokenizer.labels != labels:
        raise UsageError(
            f"data.self_training: the model to start from tells {', '.join(tokenizer.labels)}"
            f" apart, not {', '.join(labels)}: start from one with the same labels"
        )
    if beside_nb_svm and len(labels) != 2:
        raise UsageError(f"data.nb_svm tells two classes apart, not {', '.join(labels)}")
    read = data.unlabelled + (data.splits["validation"].ids if beside_nb_svm else [])
    # Tokens that are new in these texts are unknown ones to the teacher.
    texts = [np.where(ids < len(tokenizer), ids, UNKNOWN) for ids in read]
    count, index = accelerator.num_processes, accelerator.process_index
    shown = progress if accelerator.is_main_process else no_progress
    own = raw_logits(teacher.to(accelerator.device), texts[index::count], shown)
    logits = torch.empty(len(texts), len(labels))
    for first, part in enumerate(gather_object([own]) if count > 1 else [own]):
        logits[first::count] = part
    logits = logits / teacher.temperature.item()
    said = combined(data, logits) if beside_nb_svm else logits.softmax(1)
    train = data.splits["train"]
    known = F.one_hot(train.labels, len(labels)).float()
    taught = Examples(
        train.ids + data.unlabelled,
        torch.cat([known, said]),
        train.domains + [""] * len(said),
    )
    return replace(data, splits=data.splits | {"train": taught}, unlabelled=[])


def combined(data: SentimentData, logits: Tensor) -> Tensor:
    """What a model and NB-SVM say together of the unlabelled texts.

    A logistic regression on what the two say of the validation part weighs them, and chooses how
    NB-SVM is fitted to the train part.

    Args:
        data: of two classes.
        logits: what the model says of the unlabelled texts, then of the validation part.

    Returns:
        The probability of each class, float32 (texts, classes).
    """
    from sklearn.linear_model import LogisticRegression  # for training alone
    from sklearn.metrics import log_loss

    parts = {name: data.splits[name].ids for name in ("train", "validation")}
    parts |= {"unlabelled": data.unlabelled}
    tokens = {name: [list(map(str, ids)) for ids in part] for name, part in parts.items()}
    right = data.splits["validation"].labels.numpy()
    odds = (logits[:, 1] - logits[:, 0]).double().numpy()
    of_model = {"unlabelled": odds[: len(data.unlabelled)]}
    of_model |= {"validation": odds[len(data.unlabelled) :]}
    least, best = float("inf"), None
    for _, scores, matrices in nb_svm(tokens, data.splits["train"].labels.numpy()):
        both = {
            name: np.stack([of_this, scores(matrices[name])], 1)
            for name, of_this in of_model.items()
        }
        weights = LogisticRegression(C=np.inf, fit_intercept=False).fit(both["validation"], right)
        nats = log_loss(right, weights.predict_proba(both["validation"]))
        if nats < least:
            least, best = nats, weights.predict_proba(both["unlabelled"])
    return torch.from_numpy(best).float()
