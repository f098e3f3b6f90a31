"""The frame of the page: header, theme, language, and one tab after the other."""

from __future__ import annotations

import html
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from lstm_zoo.language.predict import UnseenCharactersWarning
from lstm_zoo.ui.forecast import forecast_tab
from lstm_zoo.ui.gates import gates_tab
from lstm_zoo.ui.generate import generate_tab
from lstm_zoo.ui.models import describe_device
from lstm_zoo.ui.sentiment import sentiment_tab
from lstm_zoo.ui.words import label, markup, sentence, translations
from lstm_zoo.ui.zoo import zoo_tab

HERE = Path(__file__).parent
TITLE = "LSTM Zoo"
TABS: dict[str, Callable[[], tuple[str, gr.Dropdown] | tuple[str, gr.Dropdown, gr.HTML]]] = {
    "tab_generate": generate_tab,
    "tab_forecast": forecast_tab,
    "tab_sentiment": sentiment_tab,
}
"""For each tab its word and the function that lays it out; it returns the tab's task, the dropdown
in which a model is chosen, and views from which a visitor can go on to the tab 'Gates'."""
DAY = 24 * 60 * 60

SANS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
MONO = ("ui-monospace", "Consolas", "Noto Sans Mono CJK SC", "monospace")


def build_app() -> gr.Blocks:
    """The page, ready to be launched with `launch_options`."""
    # The page itself tells a visitor about such characters.
    warnings.filterwarnings("ignore", category=UnseenCharactersWarning)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(DAY, DAY)) as page:
        gr.HTML(_header(), elem_classes="masthead", apply_default_css=False)
        with gr.Tabs() as tabs:
            choosers: dict[str, tuple[str, gr.Dropdown]] = {}
            askers: list[gr.HTML] = []
            for word, lay_out in TABS.items():
                with gr.Tab(label(word), id=word):
                    made = lay_out()
                choosers[made[0]] = (word, made[1])
                askers += made[2:]
            with gr.Tab(label("tab_gates"), id="tab_gates"):
                inside = gates_tab(tabs, askers)
            with gr.Tab(label("tab_zoo"), id="tab_zoo"):
                zoo_tab(tabs, choosers, inside=("tab_gates", inside))
    return page


def launch_options() -> dict[str, Any]:
    """What `launch` needs: the look, the languages, and nothing from another host."""
    script = (HERE / "page.js").read_text("utf-8")
    return {
        "theme": _theme(),
        "css_paths": sorted(HERE.rglob("*.css"), key=lambda path: path.name != "page.css"),
        "head": f'<script type="module">{script}</script>',
        "i18n": translations(),
        "footer_links": ["api"],
        "run_history": False,
        "ssr_mode": False,
    }


def _header() -> str:
    tabs = [list(sentence(word).values()) for word in (*TABS, "tab_gates", "tab_zoo")]
    device = markup(sentence("runs_on")) + " " + markup(describe_device())
    return f"""
<header>
  <div>
    <h1>{TITLE}</h1>
    <p>{markup(sentence("tagline"))}</p>
  </div>
  <nav aria-label="Language / 语言" data-tabs="{html.escape(json.dumps(tabs))}">
    <span class="device">{device}</span>
    <button type="button" lang="en" data-choose="en">English</button>
    <button type="button" lang="zh-CN" data-choose="zh-CN">中文</button>
  </nav>
</header>"""


def _theme() -> gr.themes.Base:
    # Fonts as plain names: as objects of Gradio they would be fetched.
    theme = gr.themes.Base(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="stone",
        font=SANS,
        font_mono=MONO,
        radius_size="md",
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        block_border_width="0px",
        block_shadow="none",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_padding="*spacing_xs",
        block_label_text_weight="600",
        block_title_text_weight="600",
        block_info_text_size="*text_sm",
        input_background_fill="white",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_width="1px",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_border_color="transparent",
        button_primary_border_color_dark="transparent",
        button_primary_text_color="white",
        slider_color="*primary_600",
        checkbox_background_color_selected="*primary_600",
        checkbox_background_color_selected_dark="*primary_600",
        color_accent="*primary_700",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_200",
    )
