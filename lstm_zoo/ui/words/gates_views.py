"""Words of the views of the tab 'Gates'."""

WORDS: dict[str, tuple[str, str]] = {
    # gates and states
    "gates_name_input": ("Input gate", "输入门"),
    "gates_name_forget": ("Forget gate", "遗忘门"),
    "gates_name_cell": ("Candidate", "候选值"),
    "gates_name_output": ("Output gate", "输出门"),
    "gates_name_c": ("Memory c", "记忆 c"),
    "gates_name_h": ("Shown h", "输出 h"),
    "gates_name_n": ("Normaliser n", "归一化量 n"),
    "gates_name_m": ("Stabiliser m", "稳定量 m"),
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
    "gates_sum_shown_n": (
        "The output gate shows {share} of the memory divided by its normaliser: {shown}.",
        "输出门把记忆与归一化量之比放出 {share}：{shown}。",
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
