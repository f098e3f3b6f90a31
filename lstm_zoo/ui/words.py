"""Every word of the page, in English and Chinese.

Labels go through Gradio's own translation (`label`). Sentences that are made while the page runs
are made in both languages at once (`sentence`, `markup`); the page shows the one it speaks, so a
visitor who switches the language needs no reload and the server need not know.
"""

from __future__ import annotations

import html
from typing import Any

import gradio as gr
from gradio.i18n import I18nData

LANGUAGES = ("en", "zh-CN")
Sentence = dict[str, str]
"""A text in each of `LANGUAGES`."""

WORDS: dict[str, tuple[str, str]] = {
    # the frame
    "tagline": (
        "Trained LSTMs to run, look into, retrain and share.",
        "训练好的 LSTM：拿来就用，看得见内部，可以再训练，也可以分享。",
    ),
    "runs_on": ("Runs on", "运行于"),
    "cpu": ("the CPU, {threads} thread{s}", "CPU，{threads} 线程"),
    "cuda": ("the GPU, {name}", "GPU，{name}"),
    "mps": ("the Apple GPU", "Apple GPU"),
    "tab_generate": ("Generate", "生成文字"),
    "tab_zoo": ("Zoo", "模型库"),
    # models
    "model": ("Model", "模型"),
    "about_model": (
        "{description} {parameters} parameters, learned from {data}.",
        "{description}{parameters} 个参数，学自 {data}。",
    ),
    "no_models": (
        "There is no model for this here yet. Download one in the tab “Zoo”, or train one and start"
        " the page again: python -m lstm_zoo train char-lstm-small.shakespeare",
        "这里还没有可用的模型。请到“模型库”页下载一个，或先训练一个，再重新启动本页："
        "python -m lstm_zoo train char-lstm-small.shakespeare",
    ),
    "broken_model": ("A model cannot be used. {error}", "有一个模型无法使用。{error}"),
    # what to write
    "prompt": ("How it starts", "开头"),
    "prompt_info": (
        "The model writes on from here, or begins by itself if this is empty. Ctrl + Enter writes.",
        "模型从这里接着写；留空则由它自己起头。按 Ctrl + Enter 开始写。",
    ),
    "examples": ("For example", "例如"),
    "write": ("Write", "开始写"),
    "stop": ("Stop", "停止"),
    "length": ("Length", "长度"),
    "length_info": ("In characters, up to 10,000.", "按字数计，最多 10,000。"),
    "temperature": ("Boldness", "大胆程度"),
    "temperature_info": (
        "Low keeps to what is likely, high takes risks; at 0 nothing is left to chance.",
        "低则稳妥，高则冒险；为 0 时完全不靠运气。",
    ),
    "samples": ("Texts", "篇数"),
    "seed": ("Seed", "随机种子"),
    "seed_info": ("The same seed gives the same text.", "种子相同，文字相同。"),
    "seed_empty": ("any", "随意"),
    # fine control
    "fine": ("Fine control", "精细控制"),
    "top_k": ("Top-k", "Top-k"),
    "top_k_info": (
        "Only the k likeliest characters; 0 is off.",
        "只从最可能的 k 个字中选；0 为关。",
    ),
    "top_p": ("Top-p", "Top-p"),
    "top_p_info": (
        "Only the likeliest that make up this share; 1 is off.",
        "只从合计占此比例的最可能的字中选；1 为关。",
    ),
    "min_p": ("Min-p", "Min-p"),
    "min_p_info": (
        "Drops what is under this share of the likeliest; 0 is off.",
        "去掉不足最可能者此比例的字；0 为关。",
    ),
    "typical_p": ("Typical", "典型采样"),
    "typical_p_info": (
        "Only characters about as surprising as is usual here; 1 is off.",
        "只留意外程度与此处平均相近的字；1 为关。",
    ),
    "repetition_penalty": ("Repetition penalty", "重复惩罚"),
    "repetition_penalty_info": (
        "Over 1 makes recent characters less likely; 1 is off.",
        "大于 1 时，刚写过的字更不容易再出现；1 为关。",
    ),
    "stop_strings": ("Stop before", "遇到即停"),
    "stop_strings_info": (
        "One a line; the text ends where the first of them would come.",
        "每行一个；写到其中任何一个之前就停下。",
    ),
    # the text
    "empty": ("The text appears here.", "文字会出现在这里。"),
    "waiting": ("One moment…", "请稍候……"),
    "figures": ("{count} characters, {speed} a second", "{count} 字，每秒 {speed} 字"),
    "text": ("Text", "文字"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "save": ("Save as .txt", "存为 .txt"),
    "legend": ("How sure the model was:", "模型有多大把握："),
    "legend_sure": ("sure", "有把握"),
    "legend_guess": ("a long shot", "很意外"),
    "look": (
        "Point at a character or tap it, or use the arrow keys, to see what else was likely.",
        "指向或点按某个字，或用方向键，可看到模型还想过哪些字。",
    ),
    "written": ("written", "写下的"),
    # the zoo
    "cards": ("Cards", "卡片"),
    "table": ("Table", "表格"),
    "task": ("Task", "任务"),
    "language": ("Language", "语言"),
    "all": ("All", "全部"),
    "data": ("Data", "数据"),
    "figure": ("Test figure", "测试成绩"),
    "parameters": ("Parameters", "参数"),
    "size": ("Size", "大小"),
    "speed_here": ("Speed here", "本机速度"),
    "licence": ("Licence", "许可"),
    "place": ("Where it is", "所在"),
    "actions": ("Actions", "操作"),
    "shipped": ("Comes with the code", "随代码附带"),
    "cached": ("Downloaded", "已下载"),
    "on_hub": ("On the Hub", "在 Hub 上"),
    "not_measured": ("not measured", "未测"),
    "how_measured": ("{unit}, {split} part: {protocol}.", "{unit}，{split}：{protocol}。"),
    "measured_by": ("Measured by", "测量命令"),
    "tokens_per_second": ("{speed} tokens/s", "每秒 {speed} 词元"),
    "use": ("Use it", "使用"),
    "card": ("Card", "说明"),
    "close": ("Close", "关闭"),
    "download": ("Download", "下载"),
    "measure": ("Measure here", "在本机测速"),
    "measure_again": ("Measure again", "重测"),
    "nothing_fits": ("No model fits.", "没有符合条件的模型。"),
    "look_on_hub": ("Look on the Hub", "到 Hub 上看看"),
    "look_on_hub_info": (
        "There may be more models by {owner} on the Hugging Face Hub. The network is asked when you"
        " press the button, not before.",
        "Hugging Face Hub 上可能还有 {owner} 的其他模型。按下按钮才会联网。",
    ),
    "asking_hub": ("Asking the Hub…", "正在询问 Hub……"),
    "reading_hub": ("Reading about {name}…", "正在读取 {name} 的介绍……"),
    "asked_hub": (
        "{owner} has {count} model{s} on the Hub; not here yet: {missing}.",
        "{owner} 在 Hub 上有 {count} 个模型，其中 {missing} 个尚未下载。",
    ),
    "downloading": (
        "Downloading {name}: {done} of about {total}",
        "正在下载 {name}：{done}，共约 {total}",
    ),
    "checking": (
        "Downloading {name}: it is all here and is being checked",
        "正在下载 {name}：已全部收到，正在校验",
    ),
    "downloaded": ("{name} is here and whole.", "{name} 已下载完成，校验无误。"),
    "measuring": ("{name} is writing for a second…", "{name} 正在试写一秒……"),
    "measured": (
        "{name} writes {speed} tokens/s, one text at a time, on {device}.",
        "{name} 每秒写 {speed} 词元（每次一篇），运行于 {device}。",
    ),
    # what can go wrong
    "hub_unreachable": (
        "The Hub cannot be asked now: {reason}. What is here works without it.",
        "现在无法访问 Hub：{reason}。这里已有的模型不受影响。",
    ),
    "unseen": (
        "The model has never seen {characters}. It writes all the same.",
        "模型从未见过 {characters}，但仍会接着写。",
    ),
    "and_more": ("{characters} and {count} more", "{characters} 等，另有 {count} 个"),
    "out_of_range": (
        "“{name}” must be from {low} to {high}; it is {value}.",
        "“{name}”须在 {low} 到 {high} 之间，现在是 {value}。",
    ),
    "not_whole": (
        "“{name}” must be a whole number; it is {value}.",
        "“{name}”须为整数，现在是 {value}。",
    ),
    "not_number": ("“{name}” must be a number.", "“{name}”须为数字。"),
    "prompt_too_long": (
        "The start has {length} characters; this page reads at most {limit}.",
        "开头有 {length} 字；本页最多读 {limit} 字。",
    ),
}

_i18n = gr.I18n(
    **{
        language: {key: texts[index] for key, texts in WORDS.items()}
        for index, language in enumerate(LANGUAGES)
    }
)


def translations() -> gr.I18n:
    """What `launch` needs to translate labels."""
    return _i18n


def label(key: str) -> I18nData:
    """The word for a component's label, info, placeholder or value."""
    if key not in WORDS:
        raise KeyError(key)
    return _i18n(key)


def sentence(key: str, **values: Any) -> Sentence:
    """A sentence in both languages.

    Args:
        key: of `WORDS`.
        values: for its braces; one that is itself a `Sentence` goes in by language.
    """
    return {
        language: WORDS[key][index].format(
            **{k: v[language] if isinstance(v, dict) else v for k, v in values.items()}
        )
        for index, language in enumerate(LANGUAGES)
    }


def same(text: str) -> Sentence:
    """A text that is not translated, such as a message of the package."""
    return dict.fromkeys(LANGUAGES, text)


def markup(texts: Sentence) -> str:
    """HTML that shows a sentence in the language of the page; the text is escaped."""
    return "".join(
        f'<span lang="{language}" data-lang="{language}">{html.escape(text)}</span>'
        for language, text in texts.items()
    )


def notice(texts: Sentence) -> str:
    """HTML that says what is wrong."""
    return f'<div class="notice" role="alert">{markup(texts)}</div>'
