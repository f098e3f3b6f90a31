"""What checkpoints and tasks say in English, in both languages."""

from __future__ import annotations

from lstm_zoo.ui.words import LANGUAGES, Sentence

DESCRIPTIONS: dict[str, str] = {
    "char-lstm.shakespeare": "写莎士比亚风格的戏剧。",
    "char-lstm-small.shakespeare": "写莎士比亚风格的戏剧；小到几分钟就能重新训练。",
    "char-gru.shakespeare": "用 GRU 写莎士比亚；训练得和其他单元一样短。",
    "char-minlstm.shakespeare": "用 minLSTM 写莎士比亚；训练得和其他单元一样短。",
    "char-peephole.shakespeare": "用带窥视孔的 LSTM 写莎士比亚；训练得和其他单元一样短。",
    "char-slstm.shakespeare": "用 xLSTM 的 sLSTM 写莎士比亚；训练得和其他单元一样短。",
    "char-lstm.tang-poems": "仿唐人风格写古诗。",
    "word-lstm.wikitext2": "一次一个词，写 2016 年维基百科风格的英文。",
    "prob-lstm.sp500": "给出任意股票或指数未来 1 到 20 天日收益率的概率分布。",
    "seg-lstm.etth1": "预测一台变压器的负载和油温，最远到 720 小时之后。",
    "seg-lstm.ettm1": "预测一台变压器的负载和油温，每刻钟一步，最远到 180 小时之后。",
    "seg-lstm.ettm2": "预测一台变压器的负载和油温，每刻钟一步，最远到 180 小时之后。",
    "seg-lstm.exchange": "预测八种货币的汇率，最远到 720 天之后。",
    "seg-lstm.weather": "预测一地天气的 21 个量，每十分钟一步，最远到五天之后。",
    "bilstm.imdb": "判断一篇影评是褒是贬；读过的只有它学习用的影评。",
    "bilstm.sst2": "判断影评中的一句话是褒是贬；由 lm-lstm.imdb-assistant 训练而来。",
    "bilstm.hotel-zh": "判断一篇中文酒店评论是褒是贬；由 bilstm.reviews-zh 训练而来。",
    "bilstm.reviews-zh": "判断一篇中文酒店或商品评论是褒是贬。",
    "lm-lstm.imdb": "判断一篇影评是褒是贬；由 lm-lstm.imdb-assistant 和 NB-SVM 教成。",
    "lm-lstm.imdb-assistant": "判断一篇影评是褒是贬；由一个先读过许多没有标注的影评的模型教成。",
    "lm-lstm.imdb-teacher": "判断一篇影评是褒是贬；先读过许多没有标注的影评。",
    "lstm.adding": "在长序列中把做了记号的两个数相加。",
    "lstm.brackets": "判断两种括号中接下来该闭合哪一种。",
    "lstm.copy-memory": "隔一段长空白之后，把十个符号按原样再说一遍。",
    "lstm.parity": "每一步都判断到此为止 1 的个数是不是奇数。",
    "lstm.reber": "判断嵌套 Reber 文法的字符串里接下来可以出现什么。",
}
"""Chinese for the descriptions in the checkpoints; one that is not here is shown as it is."""

TERMS: dict[str, str] = {
    "Text generation": "文字生成",
    "Forecasting": "预测",
    "A small problem, solved": "求解一个小问题",
    "Sentiment classification": "情感分类",
    "IMDB": "IMDB 影评",
    "SST-2": "SST-2 影评句子",
    "ChnSentiCorp hotel reviews": "ChnSentiCorp 酒店评论",
    "ChnSentiCorp hotel and shopping reviews": "ChnSentiCorp 酒店与购物评论",
    "share of right answers": "答对的比例",
    "nats per text": "奈特/篇",
    "expected calibration error": "期望校准误差",
    "Tiny Shakespeare": "Tiny Shakespeare（莎士比亚剧本）",
    "Complete Tang Poems": "《全唐诗》",
    "WikiText-2": "WikiText-2（维基百科条目）",
    "S&P 500 stocks, 5 years": "标普 500 成分股五年行情",
    "ETTh1": "ETTh1（变压器，每小时）",
    "ETTm1": "ETTm1（变压器，每刻钟）",
    "ETTm2": "ETTm2（变压器，每刻钟）",
    "Exchange rates": "汇率",
    "Weather (Jena, 2020)": "天气（耶拿，2020 年）",
    "Adding problem": "加法问题",
    "Brackets": "括号",
    "Copy memory": "复制记忆",
    "Parity": "奇偶",
    "Embedded Reber grammar": "嵌套 Reber 文法",
    "share of wrong answers": "答错的比例",
    "mean squared error": "均方误差",
    "mean absolute error": "平均绝对误差",
    "percent": "百分比",
    "share": "比例",
    "QLIKE": "QLIKE",
    "p": "p 值",
    "nats per character": "奈特/字",
    "bits per character": "比特/字",
    "perplexity per word": "困惑度/词",
    "nats per word": "奈特/词",
    "train": "训练集",
    "validation": "验证集",
    "test": "测试集",
    "mean over all positions of consecutive windows of 256 characters, each from an empty memory"
    " (nanoGPT's protocol); the last, shorter window counts too": (
        "全文切成连续的 256 字窗口，每个窗口从空白记忆开始，对所有位置取平均（nanoGPT 的做法）；"
        "末尾较短的窗口也计入"
    ),
    "mean over all positions of one pass over the text, the memory carried from end to end": (
        "从头到尾读一遍全文，记忆一路保留，对所有位置取平均"
    ),
    "mean over all positions of one pass over the text, the memory carried from end to end; unknown"
    " words and line ends count as words (Merity et al. 2018)": (
        "从头到尾读一遍全文，记忆一路保留，对所有位置取平均；生词和换行也算作词（Merity 等 2018）"
    ),
}
"""Chinese for other English in tasks and checkpoints; what is not here is shown as it is."""

LANGUAGE_NAMES: dict[str, tuple[str, str]] = {
    "en": ("English", "英文"),
    "zh": ("Chinese", "中文"),
    "zxx": ("No language", "无语言"),
    "und": ("Unknown", "未知"),
}
"""Words for the languages of models; a code that is not here is shown as it is."""


def description(name: str, text: str) -> Sentence:
    """What a model does.

    Args:
        name: the checkpoint's.
        text: the description in it, in English.
    """
    return {"en": text, "zh-CN": DESCRIPTIONS.get(name, text)}


def term(text: str) -> Sentence:
    """A term of a task or a checkpoint, such as a unit."""
    return {"en": text, "zh-CN": TERMS.get(text, text)}


def language_name(code: str) -> Sentence:
    """The language of a model in words."""
    return dict(zip(LANGUAGES, LANGUAGE_NAMES.get(code, (code, code)), strict=True))
