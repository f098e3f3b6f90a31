"""The page: one file a tab, over the package's public calls."""

import lstm_zoo.ui.zero_gpu  # noqa: F401  before any module of the page imports Gradio
