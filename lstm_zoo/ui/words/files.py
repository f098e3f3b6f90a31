"""What the package says of tables of reviews and of uploaded weights, in Chinese; see `series`."""

from __future__ import annotations

ERRORS: tuple[tuple[str, str], ...] = (
    # tables
    (r"(.+) is empty", "{0} 是空的。"),
    (r"(.+) is a spreadsheet or a zip file: .*", "{0} 是电子表格或 zip 文件，请另存为 csv。"),
    (
        r"(.+) is not UTF-8, UTF-16 or GB18030 \(.*\): .*",
        "{0} 不是 UTF-8、UTF-16 或 GB18030 文本，请另存为 UTF-8。",
    ),
    (r"(.+) has no first row that names its columns", "{0} 没有写明列名的首行。"),
    (r"(.+) has no column '(.*?)'(?:[:;(,].*|)", "{0} 没有“{1}”列。"),
    (r"(.+) has (\d+) columns '(.*)': rename .*", "{0} 有 {1} 列都叫“{2}”，请只留一列用这个名字。"),
    (
        r"(.+), line (\d+): the row has (\d+) cells, the first one (\d+); .*",
        "{0} 第 {1} 行有 {2} 格，首行只有 {3} 格；含分隔符的文字要放在引号里。",
    ),
    (
        r"(.+), line (\d+): a quotation mark opens a cell that is never closed",
        "{0} 第 {1} 行有一处引号没有配对。",
    ),
    (
        r"(.+), line (\d+): a cell goes on after its closing quotation mark; .*",
        "{0} 第 {1} 行在引号结束后还有文字；格内的引号请写两遍。",
    ),
    # weights
    (
        r"the file holds no weights of an LSTM, a GRU or an RNN of PyTorch, .*: it holds (.*)",
        "文件里没有 PyTorch 的 LSTM、GRU 或 RNN 权重（名字形如“weight_ih_l0”）；里面有：{0}",
    ),
    (
        r"the file holds several recurrent layers: .*, of (.*)",
        "文件里有几个循环层（{0}），请只存其中一个。",
    ),
    (r"the file is larger than ([\d,]+) bytes, .*", "文件超过 {0} 字节，太大，不能读。"),
    (
        r"the file is a pickle, .*",
        "文件是 torch.save 写的 pickle，其中可能藏有代码；请用 safetensors.torch.save_file 保存。",
    ),
    (r"the file is not a whole safetensors file.*", "文件不是完整的 safetensors 文件。"),
    (r"tensor '(.+)' is (\S+): weights are floats", "张量“{0}”的类型是 {1}，权重应为浮点数。"),
    (r"tensor '(.+)' is empty: its shape is (.+)", "张量“{0}”是空的，形状为 {1}。"),
    (r"tensor '(.+)' should be a matrix, is (.+)", "张量“{0}”应为矩阵，形状却是 {1}。"),
    (r"tensor '(.+)' should be of shape (.+), is (.+)", "张量“{0}”的形状应为 {1}，却是 {2}。"),
    (r"tensor '(.+)' has values that are not finite .*", "张量“{0}”含有无穷大或非数。"),
    (
        r"tensor 'weight_hh_l0' has (\d+) rows for (\d+) units: .*",
        "张量“weight_hh_l0”有 {0} 行，而单元有 {1} 个：LSTM 的行数是单元数的 4 倍，"
        "GRU 是 3 倍，RNN 相等；带投影的 LSTM 还须有“weight_hr_l0”。",
    ),
    (r"the file lacks tensor '(.+)'", "文件缺少张量“{0}”。"),
    (r"the file has tensor '(.+)', which .*", "文件多出张量“{0}”，这样的层没有它。"),
)
