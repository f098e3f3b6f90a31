"""Words of the tab 'Gates'; all that start with `gates_` go to the page's own views."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_gates": ("Gates", "门控"),
    # what is looked at
    "gates_text": ("What it reads", "让它读什么"),
    "gates_text_info": (
        "Text, symbols or numbers, as the model reads them; up to 2,000 steps. Ctrl + Enter looks.",
        "文字、符号或数字，依模型而定；最多 2,000 步。按 Ctrl + Enter 查看。",
    ),
    "gates_go": ("Look inside", "查看内部"),
    "gates_another": ("Another example", "换个例子"),
    "gates_tour": ("Three discoveries to start with:", "从三个发现开始："),
    "gates_found_line-counter": ("A unit that counts the line", "数行长的单元"),
    "gates_tale_line-counter": (
        "Nobody told this unit what a line is: the model learned nothing but to expect the next"
        " character. Yet its memory winds up letter by letter, and starts anew at each line break.",
        "没有人告诉过这个单元什么是一行：模型只学过预测下一个字符。可它的记忆随每个字母逐渐累积，到换行处"
        "重新开始。",
    ),
    "gates_found_bracket-depth": ("A unit that counts brackets", "数括号的单元"),
    "gates_tale_bracket-depth": (
        "The model must say which bracket is to be closed next. The memory of this unit counts how"
        " many are open: a step one way for each that opens, a step back for each that closes.",
        "模型要说出接下来该闭合哪种括号。这个单元的记忆数着有几个括号还开着：每开一个进一级，每闭合一个"
        "退一级。",
    ),
    "gates_found_verse-form": ("A unit that knows the verse", "分得清五言七言的单元"),
    "gates_tale_verse-form": (
        "Verses of a Tang poem have five characters or seven, the same throughout. The memory of"
        " this unit tells the two apart, and keeps it to the end of the poem.",
        "唐诗有五言、七言之分，一首之中前后一致。这个单元的记忆分得清二者，并一直保持到诗的结尾。",
    ),
    "gates_wait": ("Reading…", "正在读……"),
    "gates_layer_number": ("layer {number}", "第 {number} 层"),
    "gates_layer_way": ("layer {number} ({way})", "第 {number} 层（{way}）"),
    "gates_forward": ("forward", "正向"),
    "gates_backward": ("backward", "反向"),
    # side by side
    "gates_pair": ("Two models side by side", "两个模型并排看"),
    "gates_pair_info": (
        "Another model reads the same; a step that is chosen in one is chosen in both.",
        "让另一个模型读同样的内容；在一边选中某一步，另一边也随之选中。",
    ),
    "gates_no_other": (
        "There is no other model here that reads the same kind of thing.",
        "这里没有别的模型读同类的内容。",
    ),
    "gates_other": ("The other model", "另一个模型"),
    "gates_compare": ("Compare", "比较"),
    # a unit held still
    "gates_hold": ("Hold a unit still", "让一个单元停住"),
    "gates_hold_info": (
        "Fix a gate or a state of some units at a value and let the model go on: with and without,"
        " from the same seed.",
        "把若干单元的某个门或状态固定在一个值上，让模型继续：用同一个种子，比较固定前后。",
    ),
    "gates_hold_what": ("What is held", "固定什么"),
    "gates_hold_layer": ("Layer", "层"),
    "gates_hold_units": ("Units", "单元"),
    "gates_hold_units_info": (
        "Units by number, such as 3, 17 or 40-45, or “all”; choosing one above fills it in. Steps"
        " count from the start of the text and go on in what is written.",
        "单元用编号表示，如 3, 17 或 40-45，all 表示全部；在上面选中的单元会自动填入。步数从文字"
        "开头数起，续写时接着数。",
    ),
    "gates_hold_bad_units": (
        "Units are given by number, such as 3, 17 or 40-45, or as “all”; this is “{value}”.",
        "单元用编号表示，如 3, 17 或 40-45，或 all；这里是“{value}”。",
    ),
    "gates_hold_value": ("Value", "固定值"),
    "gates_hold_from": ("From step", "从第几步"),
    "gates_hold_to": ("Up to step", "到第几步"),
    "gates_hold_end": ("the end", "末尾"),
    "gates_hold_length": ("Length", "续写长度"),
    "gates_hold_go": ("Hold and go on", "固定并继续"),
    "gates_before": ("As it is", "原样"),
    "gates_after": ("Held still", "固定之后"),
    "gates_held_same": (
        "No difference: held or not, the model goes on the same (units: {units}).",
        "没有差别：固定与否，结果都一样（单元：{units}）。",
    ),
    "gates_held_differs": (
        "The same for {same} steps, then different; the difference is marked.",
        "前 {same} 步相同，之后不同；不同之处已标出。",
    ),
    "gates_save_texts": ("Save as .txt", "存为 .txt"),
    # uploads
    "gates_upload": ("Your own weights", "自己的权重"),
    "gates_upload_info": (
        "A .safetensors file with the state dict of an nn.LSTM (or GRU, RNN): sizes are read from"
        " the shapes."
        " It is read, deleted from this machine, and forgotten after a while.",
        "包含 nn.LSTM（或 GRU、RNN）状态字典的 .safetensors 文件，大小由形状推知。文件读完即从本机"
        "删除，过一段时间便不再保留。",
    ),
    "gates_upload_button": ("Choose a file", "选择文件"),
    "gates_signal": ("It reads", "让它读"),
    "gates_signal_noise": ("noise", "噪声"),
    "gates_signal_waves": ("waves", "波"),
    "gates_signal_pulses": ("pulses", "脉冲"),
    # what can go wrong
    "gates_gone": (
        "This was put away to make room; look inside once more.",
        "为腾出空间，这次的结果已收起；请再查看一次。",
    ),
    "gates_no_answer": (
        "The server did not answer; try once more.",
        "服务器没有回应，请再试一次。",
    ),
    "gates_no_gate": (
        "There is no gate “{name}”; there are: {known}.",
        "没有“{name}”这个门；有：{known}。",
    ),
    "gates_no_layer": (
        "There is no layer {value}; they are numbered from 0 to {last}.",
        "没有第 {value} 号层；编号从 0 到 {last}。",
    ),
    "gates_no_unit": (
        "There is no unit {value} in this layer; they are numbered from 0 to {last}.",
        "这一层没有 {value} 号单元；编号从 0 到 {last}。",
    ),
    "gates_no_step": (
        "There is no step {value}; they are numbered from 0 to {last}.",
        "没有第 {value} 步；步数从 0 到 {last}。",
    ),
    "gates_no_corpus": (
        "There is no text here in this model's language to look further in.",
        "这里没有这个模型所用语言的其他文字可供查找。",
    ),
    "gates_unit_number": (
        "A unit is given by its number, such as 17; this is “{value}”.",
        "单元用编号表示，如 17；这里是“{value}”。",
    ),
    "gates_nothing": (
        "There is nothing to read: type something, or take an example.",
        "没有可读的内容：请输入，或换一个例子。",
    ),
    "gates_cut": (
        "This has {length} steps; the first {used} were read.",
        "共 {length} 步，只读了前 {used} 步。",
    ),
    "gates_unseen": (
        "The model has never seen {characters}; it reads them as unknown, or skips them.",
        "模型从未见过 {characters}，会当作未知字符读，或跳过。",
    ),
    "gates_symbols": (
        "This model reads only {known}; {shown} is none of them.",
        "这个模型只读 {known}；{shown} 不在其中。",
    ),
    "gates_numbers": (
        "This model reads numbers, some of them marked, such as 0.25 0.5* 0.1; “{word}” is none.",
        "这个模型读数字，其中几个加星号，如 0.25 0.5* 0.1；“{word}”不是数字。",
    ),
}
