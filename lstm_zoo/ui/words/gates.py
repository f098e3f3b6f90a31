"""Words of the tab 'Gates'; those that start with `gates_` go to the page's own views."""

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
    "gates_wait": ("Reading…", "正在读……"),
    "gates_layer_number": ("layer {number}", "第 {number} 层"),
    "gates_layer_way": ("layer {number} ({way})", "第 {number} 层（{way}）"),
    "gates_forward": ("forward", "正向"),
    "gates_backward": ("backward", "反向"),
    # gates and states
    "gates_name_input": ("Input gate", "输入门"),
    "gates_name_forget": ("Forget gate", "遗忘门"),
    "gates_name_cell": ("Candidate", "候选值"),
    "gates_name_output": ("Output gate", "输出门"),
    "gates_name_c": ("Memory c", "记忆 c"),
    "gates_name_h": ("Shown h", "输出 h"),
    "gates_name_tanh_c": ("tanh c", "tanh c"),
    "gates_name_update": ("Update gate", "更新门"),
    "gates_name_new": ("Candidate", "候选值"),
    "gates_name_reset": ("Reset gate", "重置门"),
    # the views
    "gates_layer": ("Layer", "层"),
    "gates_what": ("See", "看"),
    "gates_unit": ("Unit", "单元"),
    "gates_units": ("units", "单元"),
    "gates_step": ("Step", "步"),
    "gates_order": ("Order", "排列"),
    "gates_similar": ("by likeness", "按相似"),
    "gates_number": ("by number", "按编号"),
    "gates_closer": ("Zoom in", "放大"),
    "gates_farther": ("Zoom out", "缩小"),
    "gates_whole": ("Show all", "看全部"),
    "gates_save": ("Save", "保存"),
    "gates_working": ("One moment…", "请稍候……"),
    "gates_caption_text": (
        "The text as unit {unit} of {layer} sees it: {gate}",
        "{layer}单元 {unit} 眼中的文字：{gate}",
    ),
    "gates_caption_heat": ("{gate} of all units of {layer}", "{layer}所有单元的{gate}"),
    "gates_caption_curves": (
        "Unit {unit} of {layer}, step by step",
        "{layer}单元 {unit} 的逐步变化",
    ),
    "gates_text_label": (
        "The text, coloured by the chosen unit; arrow keys move from step to step",
        "按所选单元着色的文字；用方向键逐步移动",
    ),
    "gates_text_help": (
        "Click a letter, or use the arrow keys, to choose a step.",
        "点按某个字，或用方向键，选择一步。",
    ),
    "gates_heat_label": (
        "Heat map: a row for each unit, a column for each step; arrow keys move, + and - zoom, 0"
        " shows all",
        "热图：每行一个单元，每列一步；方向键移动，+ 和 - 缩放，0 看全部",
    ),
    "gates_heat_help": (
        "Click a row to choose its unit. Drag to move; zoom with + and −, Ctrl + wheel or two"
        " fingers.",
        "点按一行即选中该单元。拖动可移动；用 + 和 −、Ctrl + 滚轮或双指缩放。",
    ),
    "gates_grouped": (
        "Each row is the mean of {count} units: there are more than a screen can show.",
        "单元多于屏幕所能显示，每行是 {count} 个单元的平均。",
    ),
    "gates_curves_label": ("Gates of unit {unit} over the steps", "单元 {unit} 各门随步数的变化"),
    # the details
    "gates_tab_cell": ("One step of the cell", "单元的一步"),
    "gates_about_cell": (
        "What the chosen unit does at the chosen step: a wire is as thick as what flows in it,"
        " orange where it is positive, blue where it is negative.",
        "所选单元在所选一步的运算：线越粗，流过的量越大；橙色为正，蓝色为负。",
    ),
    "gates_cell_label": (
        "The cell at step {step} for unit {unit}, with its numbers",
        "单元 {unit} 在第 {step} 步的运算图，附数值",
    ),
    "gates_diagram_keep": ("forget", "遗忘"),
    "gates_diagram_write": ("write", "写入"),
    "gates_diagram_show": ("show", "输出"),
    "gates_sum_kept": (
        "The forget gate keeps {kept} of the memory; {lost} is forgotten.",
        "遗忘门保留记忆的 {kept}，忘掉 {lost}。",
    ),
    "gates_sum_written": (
        "The input gate lets {share} of the candidate in; {written} is written.",
        "输入门放行候选值的 {share}，写入 {written}。",
    ),
    "gates_sum_memory": ("Both together are the new memory.", "二者相加，就是新的记忆。"),
    "gates_sum_shown": (
        "The output gate shows {share} of the squashed memory: {shown}.",
        "输出门把压缩后的记忆放出 {share}：{shown}。",
    ),
    "gates_tab_reach": ("What a prediction hangs on", "预测取决于什么"),
    "gates_about_reach": (
        "Click a letter: the darker an earlier one is, the more the prediction after the clicked"
        " one would change with it (size of the gradient, the largest taken as 1).",
        "点按某个字：前面的字颜色越深，改动它对这里之后的预测影响越大（梯度大小，最大者记为 1）。",
    ),
    "gates_reach": (
        "After step {step}, “{before}”, the model expects “{next}”. Half of what it hangs on is in"
        " the last {half} steps.",
        "第 {step} 步“{before}”之后，模型预期的是“{next}”。影响的一半来自最近 {half} 步。",
    ),
    "gates_reach_value": (
        "The answer at step {step}. Half of what it hangs on is in the last {half} steps.",
        "第 {step} 步的回答。影响的一半来自最近 {half} 步。",
    ),
    "gates_reach_once": (
        "The model answers once, for the whole. Half of what the answer hangs on is in the last"
        " {half} steps.",
        "模型对全文只作一次回答。影响的一半来自最后 {half} 步。",
    ),
    "gates_tab_saturation": ("Shut and open", "关与开"),
    "gates_about_saturation": (
        "Each dot is a unit: how often its gate is shut (under 0.1) and open (over 0.9). Units to"
        " the right never let through, units at the top always do (Karpathy et al. 2015).",
        "每点是一个单元：它的门有多常关上（低于 0.1）、打开（高于 0.9）。靠右的总关着，靠上的总开着"
        "（Karpathy 等，2015）。",
    ),
    "gates_saturation_label": ("How often the {gate} is shut and open", "{gate}关上与打开的比例"),
    "gates_saturation_note": (
        "Unit {unit}: shut {shut}, open {open}",
        "单元 {unit}：关上 {shut}，打开 {open}",
    ),
    "gates_shut": ("shut →", "关上 →"),
    "gates_open": ("↑ open", "↑ 打开"),
    "gates_tab_time": ("How long it remembers", "记得多久"),
    "gates_about_time": (
        "How many steps the memory of each unit lasts, from its forget gate on this text; units are"
        " in order, the scale is logarithmic.",
        "由遗忘门估计每个单元的记忆在这段文字上能维持多少步；单元按长短排列，纵轴为对数刻度。",
    ),
    "gates_time_title": ("Steps that a unit remembers", "单元能记住的步数"),
    "gates_time_x": ("units, from the shortest memory to the longest", "单元，从记得最短到最长"),
    "gates_time_note": ("Unit {unit}: {steps} steps", "单元 {unit}：{steps} 步"),
    "gates_tab_ranked": ("Units that track something", "有专长的单元"),
    "gates_about_ranked": (
        "Which unit of this model goes along with what a reader can name, on this text. The bar is"
        " the correlation; the mark in it is what chance reaches with the text shuffled.",
        "在这段文字上，哪个单元与读者叫得出名字的东西同步。横条是相关系数，其中的刻线是打乱文字后"
        "凭运气能达到的值。",
    ),
    "gates_feature": ("What it tracks", "追踪的内容"),
    "gates_correlation": ("Correlation, and chance", "相关系数与运气"),
    "gates_ranked_none": (
        "Nothing in this text is tracked better than by chance: give it a longer one.",
        "这段文字里没有哪个单元明显好于运气；请换长一些的。",
    ),
    "gates_stretch_help": (
        "The other way round: mark a stretch of the text above, with the pointer or Shift + arrow"
        " keys, and see which units are on there and off around it.",
        "反过来：在上面的文字里用鼠标或 Shift + 方向键选一段，看哪些单元只在那里亮起。",
    ),
    "gates_stretch": (
        "On in steps {start} to {stop}, off around them:",
        "在第 {start} 到 {stop} 步亮起、在周围熄灭的单元：",
    ),
    "gates_elsewhere": (
        "In a text of the corpus most of them are on here:",
        "在附带的另一段文字里，它们大多在这些地方亮起：",
    ),
    "gates_ranked_on": ("On", "范围"),
    "gates_this_text": ("this text", "这段文字"),
    "gates_corpus": ("a text of the corpus", "附带的文字"),
    "gates_expects": ("expects", "预期"),
    "gates_more": ("or more", "或更大"),
    "gates_stretch_none": (
        "No unit is on there and off around it.",
        "没有只在那里亮起的单元。",
    ),
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

FEATURES = {
    "position in line": "行内位置",
    "line end near": "将到行末",
    "inside quotes": "引号之内",
    "inside brackets": "括号之内",
    "bracket depth": "括号层数",
    "word start": "词的开头",
    "letter": "字母",
    "capital": "大写字母",
    "digit": "数字",
    "vowel": "元音字母",
    "speaker name": "说话人的名字",
    "punctuation next": "下一个是标点",
    "position in clause": "句内位置",
    "clause length": "句子长度",
    "rhyme position": "押韵的位置",
    "sentiment": "褒贬",
}
"""Chinese for what units may track."""
