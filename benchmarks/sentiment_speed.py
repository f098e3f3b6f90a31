"""Reviews a second beside a plain loop, as a ratio measured in one run.

python benchmarks/sentiment_speed.py [NAME] [--data-dir DIR] [--texts 2000] [--threads 2] [--keep]

The plain loop takes 32 texts at a time in the order given, pads them to the longest, and reads them
as packed sequences by `nn.LSTM` in fp32, tokenizing included. Both must give the same
probabilities. Without a checkpoint the weights are random and the texts words at random, of the
lengths that film reviews have. `--keep` writes the figure into the checkpoint's config.json and
card; `python -m lstm_zoo cards` then makes the tables.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from speed import processor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import lstm_zoo as zoo
from lstm_zoo.sentiment.model import SentimentModel, SentimentModelConfig
from lstm_zoo.sentiment.predict import SentimentClassifier
from lstm_zoo.sentiment.tokenizer import ReviewTokenizer
from lstm_zoo.task import get_task
from lstm_zoo.training.recipe import parse_recipe
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.config import SpeedEntry
from lstm_zoo.zoo.names import find_checkpoint
from lstm_zoo.zoo.results import rewrite

BATCH = 32
LARGEST_DIFFERENCE = 1e-3
REPEATS = 3


def random_classifier(number: int) -> tuple[SentimentClassifier, list[str]]:
    """A model of `bilstm.imdb`'s size with random weights, and texts for it."""
    torch.manual_seed(0)
    draw = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(30_000)])
    lengths = np.clip(draw.lognormal(5.2, 0.65, number), 10, 2000).astype(int)
    texts = [" ".join(draw.choice(words, length)) for length in lengths]
    tokenizer = ReviewTokenizer.from_texts(texts, "words", 30_000, 1, ("no", "yes"), "en")
    model = SentimentModel(SentimentModelConfig(normalised_embedding=True), len(tokenizer))
    model.reset_parameters()
    return SentimentClassifier(model.eval(), tokenizer), texts


def trained_classifier(
    name: str, data_dir: Path | None, number: int
) -> tuple[SentimentClassifier, list[str]]:
    """A checkpoint, and texts of its own test part."""
    from lstm_zoo.sentiment.data import read_split

    config = read_config(find_checkpoint(name))
    recipe, _ = parse_recipe(config.recipe, name)
    assert get_task(config.task).name == "sentiment"
    parts, _, _ = read_split(recipe.data, data_dir)
    texts = [review.text for review in parts["test"]]
    order = np.random.default_rng(0).permutation(len(texts))[:number]
    return zoo.load(name), [texts[i] for i in order]


@torch.inference_mode()
def plain_loop(classifier: SentimentClassifier, texts: list[str]) -> np.ndarray:
    """What a user writes: batches in the order given, padded, packed, read by `nn.LSTM`."""
    model, rows = classifier.model, []
    for start in range(0, len(texts), BATCH):
        numbers = [
            torch.tensor(classifier.tokenizer.encode(text, model.config.max_tokens).ids)
            for text in texts[start : start + BATCH]
        ]
        lengths = torch.tensor([len(ids) for ids in numbers])
        x = model.embed(torch.nn.utils.rnn.pad_sequence(numbers, batch_first=True))
        for layer in model.layers:
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            x, _ = pad_packed_sequence(layer(packed)[0], batch_first=True)
        rows.append(model.score(x, lengths) / classifier.temperature)
    return torch.cat(rows).softmax(1).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="a sentiment checkpoint; random weights if none")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", action="store_true", help="in the checkpoint's config and card")
    options = parser.parse_args()
    if options.keep and not options.name:
        parser.error("--keep needs the name of a checkpoint")
    torch.set_num_threads(options.threads)
    if options.name:
        classifier, texts = trained_classifier(options.name, options.data_dir, options.texts)
    else:
        classifier, texts = random_classifier(options.texts)
    ours, theirs = [], []
    for _ in range(REPEATS):  # in turn, so that what else the machine does troubles both
        started = time.perf_counter()
        expected = plain_loop(classifier, texts)
        theirs.append(time.perf_counter() - started)
        started = time.perf_counter()
        verdicts = classifier.classify(texts)
        ours.append(time.perf_counter() - started)
    said = np.array([list(verdict.probabilities.values()) for verdict in verdicts])
    difference = float(np.abs(said - expected).max())
    plain, sorted_ = (len(texts) / min(times) for times in (theirs, ours))
    print(f"plain loop, batches of {BATCH} as given   {plain:8.1f} reviews/s")
    print(f"classify, with its warnings          {sorted_:8.1f} reviews/s  x{sorted_ / plain:.2f}")
    print(f"largest difference of a probability  {difference:.1e}")
    if difference > LARGEST_DIFFERENCE:
        raise SystemExit(f"the probabilities differ by more than {LARGEST_DIFFERENCE}")
    if options.keep:
        keep(options.name, sorted_, len(texts), options.threads)


def keep(name: str, reviews_a_second: float, texts: int, threads: int) -> None:
    """Write the figure into the checkpoint."""
    folder = find_checkpoint(name)
    part = next(iter(read_config(folder).metrics.values())).split
    speed = SpeedEntry(
        value=round(reviews_a_second),
        unit="texts/s",
        protocol=f"{texts:,} texts of the {part} part in one list, the fastest of {REPEATS}",
        machine=f"{threads} CPU thread{'s' * (threads > 1)} ({processor()})",
        command=f"python benchmarks/sentiment_speed.py {name} --texts {texts} --threads {threads}",
    )
    rewrite(folder, speed=speed.model_dump(mode="json"))


if __name__ == "__main__":
    main()
