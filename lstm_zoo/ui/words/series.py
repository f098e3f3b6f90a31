"""What the package says of a series and of what is asked of it, in Chinese.

Patterns of the sentences, and what they are in Chinese, with what the pattern found; a sentence
that fits none is shown in English.
"""

from __future__ import annotations

NOTES: tuple[tuple[str, str], ...] = (
    (r"The rows were not in the order of time: they were sorted\.", "各行未按时间排列，已重排。"),
    (
        r"(\d+) rows had the date of another: the last of each was kept\.",
        "有 {0} 行日期重复，各留最后一行。",
    ),
    (
        r"The time between rows is irregular: each row was taken as one step\.",
        "行与行的时间间隔不规则，每行按一步计。",
    ),
    (
        r"Some dates lie off the regular step: each row was taken as one step\.",
        "有些日期不在规则的步点上，每行按一步计。",
    ),
    (
        r"(\d+) rows were missing, the first on (.+?)(?: 00:00:00)?: they were filled with the last"
        r" values before them\.",
        "缺 {0} 行，第一处在 {1}，已用之前最后的值填上。",
    ),
    (
        r"The first (\d+) rows were left out: some of their values are missing\.",
        "开头 {0} 行有缺值，已略去。",
    ),
    (
        r"(\d+) values were missing, at most (\d+) in a row: each is the last one before it\.",
        "缺 {0} 个值，最多连缺 {1} 个，均取之前最后的值。",
    ),
    (r"The dates were read with the day before the month\.", "日期按“日在月前”读取。"),
    (r"The column '(.+)' holds text: it was left out\.", "“{0}”列是文字，已略去。"),
    (
        r"The column '(.+)' was read without currency signs and commas between thousands:"
        r" '(.+)' is (.+)\.",
        "“{0}”列已去掉货币符号和千位逗号：“{1}”读作 {2}。",
    ),
    (
        r"The model was trained on steps of '(.+)', these are of '(.+)'\.",
        "模型在步长 {0} 的数据上训练，这里的步长是 {1}。",
    ),
    (
        r"The model reads (\d+) rows, the series has (\d+): .*",
        "模型要读 {0} 行，序列只有 {1} 行；更早的视为等于第一个值。",
    ),
    (
        r"(.+): how much it moves from step to step \((.+)\) lies outside .*\((.+) to (.+)\)\.",
        "{0}：逐步变动的幅度（{1}）超出训练时所见（{2} 至 {3}）。",
    ),
    (
        r"(.+): how far its extremes lie from the mean \((.+)\) lies outside .*\((.+) to (.+)\)\.",
        "{0}：极值偏离均值的程度（{1}）超出训练时所见（{2} 至 {3}）。",
    ),
    (
        r"(.+): how often it does not move \((.+)\) lies outside .*\((.+) to (.+)\)\.",
        "{0}：静止不动的比例（{1}）超出训练时所见（{2} 至 {3}）。",
    ),
    (
        r"(.+): how far it ends from where it began \((.+)\) lies outside .*\((.+) to (.+)\)\.",
        "{0}：首尾相差的程度（{1}）超出训练时所见（{2} 至 {3}）。",
    ),
    (
        r"The price changes by a factor of (.+) in one step ?\(?([^)]*)\)?: if that is a split,"
        r" (multiply|divide) the prices before it by this\.",
        "价格一步变动 {0} 倍（{1}）：若是拆股，请先按此倍数调整之前的价格。",
    ),
)

ERRORS: tuple[tuple[str, str], ...] = (
    # the file
    (
        r"(.+) is a zip archive, not a csv: unpack it first",
        "{0} 是 zip 压缩包，不是 csv，请先解压。",
    ),
    (
        r"(.+) has (\d+) MB, at most (\d+) are read: .*",
        "{0} 有 {1} MB，最多读 {2} MB，请只留有用的行与列。",
    ),
    (
        r"(.+) is neither csv nor parquet: it has .*",
        "{0} 不是 csv，也不是 parquet：里面有非文本的字节。",
    ),
    (r"(.+) cannot be read as csv or parquet: No columns to parse from file", "{0} 是空的。"),
    (r"(.+) cannot be read as csv or parquet: (.*)", "{0} 不能按 csv 或 parquet 读取：{1}"),
    # its columns and rows
    (r"(.+) has no column of numbers; its columns: (.*)", "{0} 没有数字列；它的列有：{1}"),
    (
        r"the column ['\"](.+)['\"] of (.+) holds ['\"]?(.+?)['\"]? in row (\d+), which is no"
        r" number",
        "{1} 的“{0}”列第 {3} 行是“{2}”，不是数字。",
    ),
    (r"the column ['\"](.+)['\"] of (.+) holds no number", "{1} 的“{0}”列没有数字。"),
    (
        r"(.+) holds an infinite number in column ['\"](.+)['\"], row (\d+): .*",
        "{0} 的“{1}”列第 {2} 行是无穷大；数值未知时请把格子留空。",
    ),
    (
        r"the date ['\"]?(.+?)['\"]? in row (\d+) of (.+), column ['\"](.+)['\"], is not written as"
        r" ['\"]?(.+?)['\"]? in row 1 is: .*",
        "{2} 的“{3}”列第 {1} 行的日期“{0}”与第 1 行“{4}”写法不同，"
        "请统一写法，最好写成 2024-12-31。",
    ),
    (
        r"the series has (\d+) rows of numbers: at least (\d+) needed",
        "序列只有 {0} 行数字，至少要 {1} 行。",
    ),
    (
        r"(.+) has (\d+) rows of numbers: at least (\d+) needed",
        "{0} 只有 {1} 行数字，至少要 {2} 行。",
    ),
    (
        r"the price (.+) in row (\d+)(.*) is not above zero: .*",
        "第 {1} 行{2}的价格是 {0}，不大于零：这个模型读的是价格，不是收益率或涨跌额。",
    ),
    # the steps ahead
    (
        r"this model forecasts 1 to (\d+) steps, asked for (.+)",
        "这个模型能预测 1 到 {0} 步，现在要的是 {1} 步。",
    ),
    (
        r"the horizon is from 1 to (\d+) steps for this model, got (.+)",
        "这个模型能预测 1 到 {0} 步，现在要的是 {1} 步。",
    ),
    (
        r"the series has (\d+) rows: a horizon of (\d+) leaves too few before it",
        "序列有 {0} 行，预测 {1} 步则之前剩下的太少。",
    ),
    (
        r"the series has (\d+) rows: (\d+) forecasts of (\d+) steps, (\d+) apart, take (\d+); .*",
        "序列有 {0} 行；检验要作 {1} 次 {2} 步的预测，须有 {4} 行，请减少步数。",
    ),
    # training
    (
        r"the series has (\d+) rows, too few to learn a horizon of (\d+): .* at most (\d+) steps",
        "序列有 {0} 行，不够学会预测 {1} 步，最多能学 {2} 步。",
    ),
    (
        r"the series has (\d+) rows, too few to learn a horizon of (\d+): .* no step at all",
        "序列有 {0} 行，太少，一步也学不了。",
    ),
    (
        r"the series has (\d+) rows: to start from (.+), which reads (\d+) and forecasts (\d+), it"
        r" needs (\d+)",
        "序列有 {0} 行；从 {1} 继续训练（它读 {2} 行、预测 {3} 步）至少要 {4} 行。",
    ),
    (
        r"(.+) reads (\d+) columns together, the series has (\d+): .*",
        "{0} 同时读 {1} 列，序列有 {2} 列：请取同样多的列，或训练一个新模型。",
    ),
    (
        r"(.+) reads the calendar, the series has no dates: .*",
        "{0} 要读日期，序列没有日期：请训练一个新模型。",
    ),
    (
        r"training took longer than (\d+) s and was stopped: .*",
        "训练超过 {0} 秒，已停止：请换短一些的序列，或用命令行训练。",
    ),
)
