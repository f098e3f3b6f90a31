"""Words of the frame, and what all tabs say."""

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
