"""Words of the tab 'Zoo'."""

WORDS: dict[str, tuple[str, str]] = {
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
    "inside": ("Look inside", "查看内部"),
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
}
