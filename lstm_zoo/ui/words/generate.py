"""Words of the tab 'Generate'."""

WORDS: dict[str, tuple[str, str]] = {
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
    "length_info": ("In characters or words, up to 10,000.", "按字或词计，最多 10,000。"),
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
}
