"""What the package says of models, here and on the Hub, in Chinese; see `series`."""

from __future__ import annotations

ERRORS: tuple[tuple[str, str], ...] = (
    # models here
    (
        r"there is no model '(.+)' by (\S+) on the Hub, .*; did you mean '(.+)'\?",
        "上次询问时，Hub 上 {1} 没有模型“{0}”；是不是“{2}”？",
    ),
    (
        r"there is no model '(.+)' by (\S+) on the Hub, as it was last asked.*",
        "上次询问时，Hub 上 {1} 没有模型“{0}”。",
    ),
    (r"there is no model '(.+)'; did you mean '(.+)'\?", "没有模型“{0}”；是不是“{1}”？"),
    (r"there is no model '([^']+)'.*", "没有模型“{0}”。"),
    # their files
    (r"(.+) is missing: .* is not a whole checkpoint", "缺少 {0}，模型的文件不全。"),
    (r"(.+) cannot be read: (.+)", "{0} 不能读取：{1}"),
    (r"(.+) is a link that leads out of the checkpoint: .*", "{0} 是指向模型之外的链接，不可用。"),
    (r"(.+) should be a file", "{0} 应当是文件。"),
    (r"(.+) is larger than ([\d,]+) bytes, too large .*", "{0} 超过 {1} 字节，太大，不能读。"),
    (r"(.+) is not valid JSON: (.+)", "{0} 不是有效的 JSON：{1}"),
    (
        r"(.+) is not the file that config\.json names .*?( \(these files are what .*\))?",
        "{0} 与 config.json 所记的校验和不符，可能被改动或截断，请重新获取。",
    ),
    (r"(.+) is not a whole safetensors file: .*", "{0} 不是完整的 safetensors 文件。"),
    (r"the header of (.+) should be a JSON object", "{0} 的文件头应当是 JSON 对象。"),
    (r"(.+) (?:lacks|has the surplus) tensor '(.+)'", "{0} 里的张量“{1}”与配置不符：缺少或多余。"),
    (
        r"(.+): tensor '(.+)' should be (F32 .+), is (.+)",
        "{0}：张量“{1}”应为 {2}，却是 {3}。",
    ),
    (
        r"(.+) has ([\d,]+) bytes, but the model of the config has ([\d,]+)",
        "{0} 有 {1} 字节，而配置所说的模型只有 {2} 字节。",
    ),
    (r"(.+): tensor '(.+)' has values that are not finite", "{0}：张量“{1}”含有无穷大或非数。"),
    (r"(.+): the model's outputs differ from .*", "{0}：模型的输出与所记的不符，请重新获取。"),
    (r"(\S+\.json): (.+)", "{0} 有误：{1}"),
    (r"(\S+) holds '(.+)'", "{0} 里装的却是“{1}”。"),
    # the Hub
    (
        r"the Hub has no models of \S+ by '(.+)': name another .* (\S+)",
        "Hub 上 {0} 没有本项目的模型；可用环境变量 {1} 换一个所有者。",
    ),
    (
        r"the Hub may not be asked for (\S+) while HF_HUB_OFFLINE is set",
        "设了 HF_HUB_OFFLINE，不能向 Hub 询问 {0}",
    ),
    (r"the connection to the Hub failed \((.+)\)", "连不上 Hub（{0}）"),
    (
        r"the Hub asks for a pause of (\d+) seconds \(too many requests\)",
        "Hub 请求过多，要等 {0} 秒",
    ),
    (r"the Hub asks for a pause \(too many requests\)", "Hub 请求过多，要等一等"),
    (r"the Hub has a fault of its own \((\d+)\)", "Hub 自身出了故障（{0}）"),
    (
        r"there is no (\S+) on the Hub, or it is private: check the name, .*",
        "Hub 上没有 {0}，或者它是私有的：请检查名字，或先登录。",
    ),
    (r"(\S+) has terms: accept them on (\S+), and .*", "{0} 有使用条款：请在 {1} 接受并登录。"),
    (
        r"your token may not read (\S+) \(.*\): make one that may at (\S+), .*",
        "令牌无权读取 {0}：请在 {1} 另建一个。",
    ),
    (r"the Hub refuses (\S+) \((\d+): (.*)\)", "Hub 拒绝了对 {0} 的请求（{1}：{2}）。"),
    (
        r"(.+) of (\S+) arrived damaged twice .*",
        "{1} 的 {0} 两次下载都已损坏（校验和不符），没有保留；请检查网络后再试。",
    ),
)
