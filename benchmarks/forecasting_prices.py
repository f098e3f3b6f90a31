"""The table of the model of prices in docs/forecasting.md, from the figures of its checkpoint.

    python benchmarks/forecasting_prices.py

Nothing is measured here: `python -m lstm_zoo evaluate prob-lstm.sp500` does that.
"""

from __future__ import annotations

from forecasting_page import DENSITIES, PAGE, price_table

from lstm_zoo.files import write_block
from lstm_zoo.zoo.checkpoint import read_config
from lstm_zoo.zoo.names import WEIGHTS_DIR

BLOCK = "prices"


def main() -> None:
    config = read_config(WEIGHTS_DIR / DENSITIES[""])
    write_block(PAGE, BLOCK, price_table(config.metrics))


if __name__ == "__main__":
    main()
