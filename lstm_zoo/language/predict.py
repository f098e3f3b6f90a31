"""What a user calls: a language model with its tokenizer, writing text."""

from __future__ import annotations

import io
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from lstm_zoo.cells import State
from lstm_zoo.errors import UsageError, validated
from lstm_zoo.language.model import LanguageModel
from lstm_zoo.language.sampling import (
    REPETITION_WINDOW,
    SamplingOptions,
    draw,
    next_token_probabilities,
)
from lstm_zoo.language.stepping import make_stepper
from lstm_zoo.language.tokenizer import Tokenizer, show_character
from lstm_zoo.task import Reading, module_device

PROMPT_CHUNK = 1024
MAX_SAMPLES = 64
MAX_SEED = 2**63


class UnseenCharactersWarning(UserWarning):
    """A prompt holds characters that the model has never seen."""


class Piece(str):
    """A written token: a string that knows how sure the model was.

    Attributes:
        probability: the model's own, before temperature and filters.
        rivals: the likeliest tokens with their probabilities, best first; as many as asked for.
    """

    probability: float
    rivals: tuple[tuple[str, float], ...]

    def __new__(
        cls, text: str, probability: float, rivals: tuple[tuple[str, float], ...] = ()
    ) -> Piece:
        piece = super().__new__(cls, text)
        piece.probability = probability
        piece.rivals = rivals
        return piece


class TextGenerator:
    """A language model that writes.

    Args:
        model: in eval mode, on any device.
        tokenizer: the one it was trained with.
    """

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer) -> None:
        self.model = model
        self.tokenizer = tokenizer

    def unseen(self, text: str) -> list[str]:
        """Characters of `text` that the model has never seen, each once, in order."""
        return self.tokenizer.unseen(_unix_lines(text))

    def reading(self, text: str) -> Reading:
        """A text as the model reads it, token by token, after what every text starts from.

        What it has never seen is named in a warning; without a token that stands in for it, it is
        left out.
        """
        self._warn_of_unseen(text, "text")
        text = self.tokenizer.start + _unix_lines(text)
        tokens = self.tokenizer.encode(text)
        if self.tokenizer.cuts_anywhere:  # a token a character, which may be another's variant
            unread = set() if self.tokenizer.unknown_id is not None else set(self.unseen(text))
            labels = tuple(character for character in text if character not in unread)
        else:
            labels = tuple(self.tokenizer.characters[token] for token in tokens.tolist())
        return Reading((tokens[None].to(module_device(self.model)),), labels)

    def generate(self, prompt: str = "", **options: Any) -> str:
        """Write on from a prompt.

        Args:
            prompt: what the text starts with; "" lets the model begin by itself.
            options: those of `stream`.

        Returns:
            The new text, without the prompt.

        Raises:
            UsageError: an option is out of its range or unknown.
        """
        return self.generate_samples(prompt, num_samples=1, **options)[0]

    def generate_samples(
        self, prompt: str = "", *, num_samples: int = 4, **options: Any
    ) -> list[str]:
        """Write several texts at once: text k is what the seed + k alone would write.

        Two texts of one batch are rounded differently than each alone, so over thousands of
        characters a near tie can fall the other way.

        Args:
            prompt: what all texts start with.
            num_samples: how many.
            options: those of `stream`.

        Returns:
            The new texts, without the prompt.

        Raises:
            UsageError: an option is out of its range or unknown.
        """
        texts = [io.StringIO() for _ in range(num_samples)]
        for step in self.stream_samples(prompt, num_samples=num_samples, **options):
            for text, pieces in zip(texts, step, strict=True):
                text.writelines(pieces)
        return [text.getvalue() for text in texts]

    def stream(self, prompt: str = "", **options: Any) -> Iterator[Piece]:
        """Write on from a prompt, a token at a time; memory does not grow with the length.

        Args:
            prompt: what the text starts with.
            options: `max_new_tokens` (300), `seed` (None: another text each time), `stop` (strings
                that end the text and are not part of it), `rivals` (how many of the likeliest
                tokens to report with each piece; 0), and those of `SamplingOptions`.

        Yields:
            Pieces, which are strings with `probability` and `rivals`.

        Raises:
            UsageError: an option is out of its range or unknown.
        """
        steps = self.stream_samples(prompt, **options)
        return (piece for pieces in steps for piece in pieces[0])

    def stream_samples(
        self,
        prompt: str = "",
        *,
        num_samples: int = 1,
        max_new_tokens: int = 300,
        seed: int | None = None,
        stop: Sequence[str] = (),
        rivals: int = 0,
        **options: Any,
    ) -> Iterator[list[list[Piece]]]:
        """`stream` for several texts at once, stepped as one batch.

        Yields:
            For each text the pieces of this step: most often one; none while it may be writing a
            stop string, and after its end.
        """
        checked = validated(SamplingOptions, options, "sampling options")
        stop = [stop] if isinstance(stop, str) else list(stop)
        if not 1 <= num_samples <= MAX_SAMPLES:
            raise UsageError(f"num_samples must be from 1 to {MAX_SAMPLES}, got {num_samples}")
        for option, value in {"max_new_tokens": max_new_tokens, "rivals": rivals}.items():
            if value < 0:
                raise UsageError(f"{option} must not be negative, got {value}")
        if seed is not None and not 0 <= seed < MAX_SEED:
            raise UsageError(f"seed must be from 0 to {MAX_SEED - 1}, got {seed}")
        if not all(stop):
            raise UsageError("a stop string must not be empty")
        self._warn_of_unseen(prompt, "prompt")
        generators = [torch.Generator() for _ in range(num_samples)]
        for index, generator in enumerate(generators):
            if seed is None:
                generator.seed()
            else:
                generator.manual_seed(seed + index)
        return self._write(prompt, max_new_tokens, generators, stop, rivals, checked)

    def _write(
        self,
        prompt: str,
        max_new_tokens: int,
        generators: list[torch.Generator],
        stop: list[str],
        rivals: int,
        options: SamplingOptions,
    ) -> Iterator[list[list[Piece]]]:
        rows = len(generators)
        logits, state = self._read(prompt)
        logits = logits.expand(rows, -1)
        state = tuple(part.repeat_interleave(rows, dim=1) for part in state)
        stepper = make_stepper(self.model)
        recent: list[deque[int]] = [deque(maxlen=REPETITION_WINDOW) for _ in generators]
        tails = [_Tail(stop) for _ in generators]
        for written in range(max_new_tokens):
            if written:
                tokens = torch.tensor([seen[-1] for seen in recent], device=logits.device)
                logits, state = stepper.step(tokens, state)
            pieces = self._draw(logits, generators, recent, rivals, options)
            yield [tail.push(piece) for tail, piece in zip(tails, pieces, strict=True)]
            if all(tail.ended for tail in tails):
                return
        yield [tail.held for tail in tails]

    def _warn_of_unseen(self, text: str, what: str) -> None:
        if unseen := self.unseen(text):
            shown = ", ".join(map(show_character, unseen))
            warnings.warn(
                f"the model has never seen these characters of the {what}: {shown}",
                UnseenCharactersWarning,
                stacklevel=3,
            )

    @torch.inference_mode()
    def _read(self, prompt: str) -> tuple[Tensor, State]:
        """Logits (vocab_size,) after the prompt, and the state."""
        text = self.tokenizer.start + _unix_lines(prompt)
        state = self.model.initial_state(1)
        for chunk in self.tokenizer.encode(text).split(PROMPT_CHUNK):
            scores, state = self.model(chunk[None].to(module_device(self.model)), state)
        return scores[0, -1], state

    @torch.inference_mode()
    def _draw(
        self,
        logits: Tensor,
        generators: list[torch.Generator],
        recent: list[deque[int]],
        rivals: int,
        options: SamplingOptions,
    ) -> list[Piece]:
        """The next piece of each text, from logits (rows, vocab_size)."""
        logits = logits.cpu().double()  # in two steps: MPS has no float64
        own = logits.softmax(1)
        if self.tokenizer.unknown_id is not None:
            logits = logits.index_fill(1, torch.tensor([self.tokenizer.unknown_id]), -torch.inf)
        tokens = draw(next_token_probabilities(logits, options, recent), generators)
        best = own.topk(min(rivals, own.shape[1]))
        names, pieces = self.tokenizer.characters, []
        for seen, token, probability, *likeliest in zip(
            recent,
            tokens.tolist(),
            own.gather(1, tokens[:, None])[:, 0].tolist(),
            best.values.tolist(),
            best.indices.tolist(),
            strict=True,
        ):
            seen.append(token)
            ranked = tuple((names[i], p) for p, i in zip(*likeliest, strict=True))
            pieces.append(Piece(names[token], probability, ranked))
        return pieces


class _Tail:
    """Holds back the end of a text while it may turn out to be a stop string."""

    def __init__(self, stop: list[str]) -> None:
        self.stop = stop
        self.held: list[Piece] = []
        self.ended = False

    def push(self, piece: Piece) -> list[Piece]:
        """Take one character; returns those that are certain to belong to the text."""
        if self.ended:
            return []
        self.held.append(piece)
        text = "".join(self.held)
        found = [len(stop) for stop in self.stop if text.endswith(stop)]
        self.ended = bool(found)
        keep = max(found) if found else self._possible_start(text)
        released, self.held = self.held[: len(text) - keep], self.held[len(text) - keep :]
        if self.ended:
            self.held = []
        return released

    def _possible_start(self, text: str) -> int:
        """Length of the longest end of `text` that begins a stop string."""
        lengths = range(min(len(text), max(map(len, self.stop), default=0)), 0, -1)
        starts = (n for n in lengths if any(stop.startswith(text[-n:]) for stop in self.stop))
        return next(starts, 0)


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n")
