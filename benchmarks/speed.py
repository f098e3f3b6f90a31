"""Speed beside what a user would take instead, as ratios measured in one run.

python benchmarks/speed.py [--threads 2] [--only stream,batch,loop,start]
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import torch

from lstm_zoo.language.data import LanguageBatchConfig, TextBatches
from lstm_zoo.language.model import LanguageModel, LanguageModelConfig
from lstm_zoo.language.predict import TextGenerator
from lstm_zoo.language.stepping import Stepper
from lstm_zoo.language.tokenizer import CharacterTokenizer

CHARACTERS = [chr(code) for code in range(32, 96)] + ["\n"]
HIDDEN = 512


def best_seconds(job: Callable[[], object], repeats: int = 3) -> float:
    """The shortest of several runs: what else the machine does only adds time."""
    job()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        job()
        times.append(time.perf_counter() - started)
    return min(times)


def processor() -> str:
    """The processor's name, where the system tells it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def report(title: str, unit: str, rates: dict[str, float]) -> None:
    """Print rates and their ratio to the first."""
    print(f"\n{title}")
    base = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:52}{rate:>12,.2f} {unit}  x{rate / base:.2f}")


def language_model() -> LanguageModel:
    """A 2 x 512 character model with random weights."""
    torch.manual_seed(0)
    config = LanguageModelConfig(embedding_size=64, hidden_size=HIDDEN, num_layers=2)
    return LanguageModel(config, len(CHARACTERS)).eval()


def stream() -> None:
    """One stream, a token a call."""
    model, steps = language_model(), 300
    writer = TextGenerator(model, CharacterTokenizer(CHARACTERS))
    tokens = torch.zeros(1, 1, dtype=torch.int64)

    @torch.inference_mode()
    def stepwise() -> None:
        state = model.initial_state(1)
        for _ in range(steps):
            logits, state = model(tokens, state)
            torch.multinomial(logits[0, -1].softmax(0), 1)

    @torch.inference_mode()
    def step_only() -> None:
        stepper, state = Stepper(model), model.initial_state(1)
        for _ in range(steps):
            _, state = stepper.step(tokens[0], state)

    def generate() -> None:
        writer.generate("", max_new_tokens=steps, seed=0)

    jobs = {
        "nn.LSTM called step by step, softmax, multinomial": stepwise,
        "zoo: the step alone": step_only,
        "zoo: generate (prompt, filters, probabilities)": generate,
    }
    rates = {name: steps / best_seconds(job) for name, job in jobs.items()}
    report("One stream, 2 x 512", "tokens/s", rates)


def batch() -> None:
    """Several texts at once, stepped as one batch."""
    writer = TextGenerator(language_model(), CharacterTokenizer(CHARACTERS))
    steps = 100
    rates = {}
    for samples in (1, 8, 32):
        seconds = best_seconds(
            lambda n=samples: writer.generate_samples("", num_samples=n, max_new_tokens=steps)
        )
        rates[f"zoo: {samples} texts together"] = samples * steps / seconds
    report("Texts written as one batch, 2 x 512", "tokens/s", rates)


def loop() -> None:
    """The batches of a language run, beside a DataLoader of shifted windows."""
    tokens = torch.randint(65, (500_000,))
    batches = TextBatches(tokens, LanguageBatchConfig(), epoch=0, seed=0)
    windows = [(tokens[i : i + 128], tokens[i + 1 : i + 129]) for i in range(0, 499_000, 128)]
    loader = torch.utils.data.DataLoader(windows, batch_size=64, shuffle=True)
    rates = {
        "DataLoader of shifted windows": len(loader) / best_seconds(lambda: list(loader)),
        "zoo: TextBatches": len(batches)
        / best_seconds(lambda: [batches[step] for step in range(len(batches))]),
    }
    report("Reading batches of 64 x 128", "batches/s", rates)


def start() -> None:
    """From `python app.py` to the first answer of the page."""
    bare = textwrap.dedent(
        """
        import torch, gradio
        with gradio.Blocks() as page:
            gradio.Markdown("bare")
        page.launch()
        """
    )
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(bare)
        file.flush()
        pages = {"bare Gradio page with torch imported": file.name, "zoo: app.py": "app.py"}
        rates = {name: min(_seconds_to_answer(path) for _ in "ab") for name, path in pages.items()}
    report("Start of the page", "s", rates)


def _seconds_to_answer(path: str, port: int = 7899) -> float:
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port)}
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, path], env=environment, stdout=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/"):
                    return time.perf_counter() - started
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise RuntimeError(f"{path} ended with exit code {process.returncode}")
    finally:
        process.kill()
        process.wait()


PARTS = {"stream": stream, "batch": batch, "loop": loop, "start": start}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--only", default=",".join(PARTS), help="parts, by commas")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"torch {torch.__version__}, {options.threads} threads")
    for part in options.only.split(","):
        PARTS[part]()
