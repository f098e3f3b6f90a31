"""Words of the tab 'Sentiment'."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_sentiment": ("Sentiment", "情感分析"),
    # what to judge
    "review": ("A review", "一段评论"),
    "review_info": (
        "The model says whether its writer is for or against. Ctrl + Enter asks it.",
        "模型判断作者是褒是贬。按 Ctrl + Enter 提交。",
    ),
    "classify": ("Ask the model", "让模型判断"),
    "by_language": ("By the text's language", "按文字的语言挑选"),
    "by_language_about": (
        "Chinese text goes to a model for Chinese, all other text to one for English.",
        "中文交给中文模型，其他文字交给英文模型。",
    ),
    "compare": ("Compare with", "与另一个模型对比"),
    "compare_info": ("A second model reads the same text.", "另一个模型读同样的文字。"),
    "nobody": ("No other model", "不对比"),
    "text_too_long": (
        "The text has {length} characters; this page takes at most {limit}.",
        "文字有 {length} 字；本页最多接受 {limit} 字。",
    ),
    "text_is_empty": ("Write or paste a review first.", "请先写下或粘贴一段评论。"),
    # the verdict
    "verdict_empty": (
        "The verdict appears here, and why the model thinks so.",
        "判断结果会出现在这里，还有模型这样想的理由。",
    ),
    "label_positive": ("positive", "正面"),
    "label_negative": ("negative", "负面"),
    "looking_why": ("Looking for why…", "正在查找理由……"),
    "tokens_read": ("{count} tokens read", "读了 {count} 个词元"),
    # what speaks against it
    "doubt_no_words": (
        "There is no word in this text: the answer means nothing.",
        "这段文字里没有词语，这个回答没有意义。",
    ),
    "doubt_too_short": (
        "The text has {words} of the {wanted} words that it takes at least to go by.",
        "文字太短：只有 {words} 个字词，至少要 {wanted} 个才有所依据。",
    ),
    "doubt_script": (
        "The text is written in {found} letters; the model, which has read {wanted} ones, only"
        " guesses.",
        "这段文字用的是{found}，而模型只读过{wanted}，回答只是猜测。",
    ),
    "doubt_language": (
        "The text does not look like English, the language that the model has read.",
        "这段文字不像英文，而模型只读过英文。",
    ),
    "doubt_unknown": (
        "The model does not know {percent} % of the tokens of this text.",
        "这段文字里有 {percent}% 的词元是模型不认识的。",
    ),
    "doubt_cut": (
        "Only the first {characters} characters were read: {used} of {total} tokens.",
        "只读了前 {characters} 个字：{total} 个词元中的 {used} 个。",
    ),
    "script_Latin": ("Latin", "拉丁字母"),
    "script_Chinese": ("Chinese", "汉字"),
    "script_Japanese": ("Japanese", "日文"),
    "script_Korean": ("Korean", "韩文"),
    "script_Cyrillic": ("Cyrillic", "西里尔字母"),
    "script_Greek": ("Greek", "希腊字母"),
    "script_Arabic": ("Arabic", "阿拉伯字母"),
    "script_Hebrew": ("Hebrew", "希伯来字母"),
    "script_Devanagari": ("Devanagari", "天城文"),
    "script_Thai": ("Thai", "泰文"),
    "script_other": ("other", "其他文字"),
    # why
    "why_words": ("What each word contributes", "每个词的作用"),
    "by_gradients": ("Integrated gradients", "积分梯度"),
    "by_occlusion": ("Left out", "逐词删去"),
    "by_attention": ("Attention", "注意力"),
    "by_gradients_info": (
        "The way of the log-odds from a text that says nothing to this one, shared out over its"
        " words.",
        "从“什么都没说”到这段文字，对数几率的变化分摊到每个词上，合计相符。",
    ),
    "by_occlusion_info": (
        "By how much the log-odds fall when the word is left out.",
        "删去这个词，对数几率会下降多少。",
    ),
    "by_attention_info": (
        "How much of the answer the model takes from the word, for or against.",
        "模型的回答有多少取自这个词，不分褒贬。",
    ),
    "incomplete": (
        "The contributions lack {missing} of {total} to add up: take them as rough.",
        "各项合计与总变化 {total} 相差 {missing}，只可作粗略参考。",
    ),
    "not_read": ("not read", "未读"),
    "log_odds": ("log-odds", "对数几率"),
    "left_out": ("left out", "删去时"),
    "attention_share": ("attention", "注意力"),
    "why_hint": (
        "Point at a word or tap it, or use the arrow keys, to see the figures.",
        "指向或点按某个词，或用方向键，可看到数值。",
    ),
    "opinion": ("How the opinion forms", "看法如何形成"),
    "opinion_label": (
        "Probability that it is {label}, after each word.",
        "读到每个词时，判断为{label}的概率。",
    ),
    "from_start": ("read from the start up to here", "从开头读到这里"),
    "from_end": ("read from here to the end", "从这里读到结尾"),
    "flip": ("What would turn the verdict", "怎样改动会使判断翻转"),
    "flipped": (
        "Then it would be {label}, with {percent} %.",
        "这样改，就会判断为{label}（{percent}%）。",
    ),
    "no_flip": (
        "No change of up to {count} words was found that turns it.",
        "没有找到改动不超过 {count} 个词就能使它翻转的办法。",
    ),
    "see_gates": ("Look at its gates while it reads", "看它读这段文字时的门"),
    # many texts
    "many": ("A whole file", "整个文件"),
    "csv_file": ("A csv file", "csv 文件"),
    "csv_info": (
        "Its columns are kept, the verdicts come behind them. Cells that a spreadsheet would run as"
        " formulas get an apostrophe in front.",
        "原有各列保留，判断结果写在后面。会被电子表格当成公式执行的单元格，前面会加一个撇号。",
    ),
    "csv_column": ("Column of the texts", "文字所在的列"),
    "csv_go": ("Judge all", "全部判断"),
    "csv_result": ("The result", "结果"),
    "csv_read": (
        "{rows} rows, {encoding}, cells separated by “{delimiter}”.",
        "{rows} 行，编码 {encoding}，分隔符“{delimiter}”。",
    ),
    "csv_no_file": ("Choose a csv file first.", "请先选一个 csv 文件。"),
    "csv_tab": ("tab", "制表符"),
    "csv_progress": (
        "{rows} of {total} rows, {speed} a second",
        "{total} 行中的 {rows} 行，每秒 {speed} 行",
    ),
    "csv_done": (
        "Judged by {model}: {counts}; {blank} rows without a text.",
        "由 {model} 判断：{counts}；{blank} 行没有文字。",
    ),
    "csv_count": ("{count} {label}", "{label} {count}"),
    "csv_stopped": (
        "Stopped after {rows} of {total} rows; those are in the file.",
        "已停在 {total} 行中的第 {rows} 行；此前的结果在文件里。",
    ),
    # calibration
    "reliability": ("How far its certainty can be trusted", "它的把握有多可信"),
    "reliability_about": (
        "Answers on the test part, gathered by how sure {model} was. On the line, it is as often"
        " right as it says. The expected calibration error is {error} % ({before} % before the"
        " temperature was fitted).",
        "把 {model} 在测试集上的回答按把握大小归在一起。落在斜线上，说明它说有几成把握，就有几成"
        "答对。"
        "期望校准误差为 {error}%（调整温度之前为 {before}%）。",
    ),
    "reliability_none": (
        "No reliability figures were kept for this model.",
        "这个模型没有留下校准数据。",
    ),
}
