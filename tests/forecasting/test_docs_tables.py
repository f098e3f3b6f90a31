"""docs/forecasting.md says what was measured: its tables, and the commands that write them."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lstm_zoo.errors import UsageError
from lstm_zoo.files import read_block, write_block
from lstm_zoo.training.recipe import read_recipe, recipe_names
from lstm_zoo.zoo.checkpoint import CONFIG, read_config
from lstm_zoo.zoo.names import WEIGHTS_DIR

ROOT = Path(__file__).parent.parent.parent
NAME = "seg-lstm.etth1"
needs_model = pytest.mark.skipif(not (WEIGHTS_DIR / NAME).is_dir(), reason=f"{NAME} is not shipped")
needs_prices = pytest.mark.skipif(
    not (WEIGHTS_DIR / "prob-lstm.sp500").is_dir(), reason="prob-lstm.sp500 is not shipped"
)


def module(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module(name)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    return module("forecasting_page", monkeypatch)


@pytest.fixture
def seeds(monkeypatch: pytest.MonkeyPatch) -> Any:
    return module("forecasting_seeds", monkeypatch)


@pytest.fixture
def put_run() -> Callable[..., Path]:
    """A function that makes a folder look like that of a finished run of `NAME`."""

    def put(folder: Path, recipe: dict[str, Any], add: float = 0.0) -> Path:
        document = json.loads((WEIGHTS_DIR / NAME / CONFIG).read_text("utf-8"))
        document["recipe"] = recipe
        for metric in document["metrics"].values():
            metric["value"] += add
        folder.mkdir(parents=True)
        (folder / CONFIG).write_text(json.dumps(document), "utf-8")
        return folder

    return put


def recipe_of(*overrides: str) -> dict[str, Any]:
    return read_recipe(NAME, overrides)[0].model_dump(mode="json")


def test_a_block_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("a\n<!-- one: x -->\n1\n<!-- /one -->\n<!-- two: y -->\n<!-- /two -->\nb\n")
    write_block(path, "two", "| \\1 |\nlast")
    write_block(path, "one", "new")
    expected = "a\n<!-- one: x -->\nnew\n<!-- /one -->\n<!-- two: y -->\n| \\1 |\nlast\n"
    assert path.read_text() == expected + "<!-- /two -->\nb\n"
    assert read_block(path, "two") == "| \\1 |\nlast"
    with pytest.raises(UsageError, match=r"a\.md has no <!-- three: "):
        write_block(path, "three", "new")


def test_the_page_has_the_tables_of_the_stored_figures(page: Any) -> None:
    long_horizon = page.long_horizon_tables(page.stored(page.LONG_HORIZON), published(page))
    said = read_block(page.PAGE, "long-horizon")
    assert said == long_horizon, "run: python benchmarks/forecasting_seeds.py --only-table"
    ladder = page.ladder_table(page.stored(page.LADDER))
    said = read_block(page.PAGE, "ladder")
    assert said == ladder, "run: python benchmarks/forecasting_ladder.py"


@needs_prices
def test_the_page_has_the_figures_of_the_model_of_prices(page: Any) -> None:
    metrics = read_config(WEIGHTS_DIR / "prob-lstm.sp500").metrics
    said = read_block(page.PAGE, "prices")
    assert said == page.price_table(metrics), "run: python benchmarks/forecasting_prices.py"
    lines = said.splitlines()
    assert [line.count("|") for line in lines if line.startswith("|")] == [13] * 8
    garch = next(line for line in lines if "GARCH" in line)
    assert f"| {metrics['crps_garch_t'].value:.4f} |" in garch
    assert f"| {metrics['p_garch_t'].value:.3f} |" in garch
    assert lines[-1].endswith(metrics["crps"].protocol.partition("; ")[2] + ".")


def published(page: Any) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = page.stored(page.PUBLISHED)
    return rows


def test_published_figures_are_of_our_data_and_their_papers_are_on_the_page(page: Any) -> None:
    text = page.PAGE.read_text("utf-8")
    for row in published(page):
        assert row["name"] in recipe_names()
        for source in row["source"].split(";"):
            first, _, year = source.strip().partition(" et al. ")
            if year:
                assert first in text.split("<!-- /long-horizon -->")[1]
                assert year in text


@needs_model
def test_seeds_become_a_mean_and_a_spread_beside_baselines_and_papers(
    page: Any, seeds: Any, put_run: Callable[..., Path], tmp_path: Path
) -> None:
    rows: list[dict[str, str]] = []
    for seed, add in ((1, 0.01), (0, 0.0), (2, 0.02)):
        folder = put_run(tmp_path / str(seed), recipe_of(f"training.seed={seed}"), add)
        rows = seeds.merged(rows, seeds.seed_row(read_config(folder)))
    assert [row["seed"] for row in rows] == ["0", "1", "2"]
    metrics = read_config(WEIGHTS_DIR / NAME).metrics
    table = page.long_horizon_tables(rows, published(page)).splitlines()
    assert table[0] == "### ETTh1"
    own = table[4].split(" | ")
    assert own[0] == f"| **`{NAME}`**, 3 seeds, 2 min each"
    assert own[3] == f"{metrics['mse_96'].value + 0.01:.4f} ± 0.0100"
    assert own[7] == f"{metrics['error'].value + 0.01:.4f} ± 0.0100"
    maes = [metrics[f"mae_{horizon}"].value for horizon in page.HORIZONS]
    assert own[8] == f"{sum(maes) / 4 + 0.01:.4f} ± 0.0100 |"
    # Baselines have no seed: those of the first.
    assert table[5].split(" | ")[3] == f"{metrics['linear_mse_96'].value:.4f}"
    assert table[6].split(" | ")[7] == f"{metrics['error_repeat_last'].value:.4f}"
    assert "| SegRNN (GRU of 512); Lin et al. 2023 | 720 |  | 0.351 | 0.392 |" in table[7]
    assert table[7].endswith(" | 0.466 | 0.408 |  |")
    assert {line.count("|") for line in table[2:]} == {10}


@needs_model
def test_seeds_of_another_recipe_are_not_averaged(
    seeds: Any, put_run: Callable[..., Path], tmp_path: Path
) -> None:
    folders = [
        put_run(tmp_path / str(number), recipe_of(*overrides))
        for number, overrides in enumerate(
            (["training.seed=0"], ["training.seed=1"], ["training.seed=1", "training.epochs=9"])
        )
    ]
    first, second, other = (seeds.seed_row(read_config(folder)) for folder in folders)
    elsewhere = first | {"name": "seg-lstm.weather"}
    rows = seeds.merged(seeds.merged([elsewhere], first), second)
    assert rows == [first, second, elsewhere]
    assert seeds.merged(rows, other) == [other, elsewhere]


@needs_model
def test_runs_that_are_there_are_read_and_the_others_trained(
    seeds: Any, put_run: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_run(tmp_path / "seed-1" / NAME / "checkpoint", recipe_of("training.seed=1"))
    asked = []

    def train(name: str, overrides: list[str], runs_dir: Path, **_: Any) -> tuple[Path, Any]:
        asked.append((name, *overrides, runs_dir.name))
        folder = put_run(runs_dir / name / "checkpoint", recipe_of(*overrides))
        return folder, read_config(folder)

    monkeypatch.setattr(seeds, "train", train)
    assert len(list(seeds.configs([NAME], tmp_path, None, only_read=True))) == 1
    assert asked == []
    found = list(seeds.configs([NAME], tmp_path, None, only_read=False))
    assert [config.recipe["training"]["seed"] for config in found] == [0, 1, 2]
    assert asked == [(NAME, f"training.seed={seed}", f"seed-{seed}") for seed in (0, 2)]
    wrong = tmp_path / "seed-2" / NAME / "checkpoint" / CONFIG
    wrong.write_text(wrong.read_text().replace('"seed": 2', '"seed": 4'))
    with pytest.raises(UsageError, match="has another seed than 2"):
        list(seeds.configs([NAME], tmp_path, None, only_read=True))


def test_every_recipe_of_long_horizons_is_measured(seeds: Any) -> None:
    assert set(seeds.NAMES) == {name for name in recipe_names() if name.startswith("seg-lstm.")}


@needs_model
def test_rungs_that_are_there_are_read_if_they_are_of_this_recipe(
    put_run: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = module("forecasting_ladder", monkeypatch)
    overrides = ["name=rung-0.etth1", "model.hidden_size=8"]
    put_run(tmp_path / "rung-0.etth1" / "checkpoint", recipe_of(*overrides))
    asked = []
    monkeypatch.setattr(ladder, "train", lambda *args, **options: (asked.append(options), 0))
    assert ladder.trained(overrides, None, tmp_path).metrics
    assert asked == []
    ladder.trained([*overrides, "training.epochs=1"], None, tmp_path)
    assert asked[0]["overrides"] == [*overrides, "training.epochs=1"]
    config = read_config(WEIGHTS_DIR / NAME)
    rungs = [ladder.rung_row(f"rung {n}", config, ["a=2", "b=3", "a=1"]) for n in (0, 1)]
    table = module("forecasting_page", monkeypatch).ladder_table(rungs).splitlines()
    assert {line.count("|") for line in table[:4]} == {10}
    assert table[-1] == "All rungs: the recipe with `a=1 b=3`."
