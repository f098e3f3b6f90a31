"""Words of the tab 'Forecast'."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_forecast": ("Forecast", "预测"),
    # which series
    "series_examples": ("Series", "序列"),
    "example_co2": ("CO₂ in the air", "大气 CO₂"),
    "example_elnino": ("El Niño, sea temperature", "厄尔尼诺海温"),
    "example_sp500": ("S&P 500, prices", "标普 500 价格"),
    "about_co2": (
        "Carbon dioxide at Mauna Loa, parts per million, monthly, 1958 to 2001. Source: Keeling &"
        " Whorf 2004, public domain, as in statsmodels.",
        "莫纳罗亚山的二氧化碳浓度（ppm），月值，1958–2001 年。来源：Keeling & Whorf 2004，"
        "公有领域，取自 statsmodels。",
    ),
    "about_elnino": (
        "Sea surface temperature off Peru (Niño 1+2), °C, monthly, 1950 to 2010. Source: NOAA,"
        " public domain, as in statsmodels.",
        "秘鲁近海（Niño 1+2 区）海面温度（°C），月值，1950–2010 年。来源：NOAA，公有领域，"
        "取自 statsmodels。",
    ),
    "about_sp500": (
        "The S&P 500 index, daily, 2015 to 2018. Source: the data of the package arch.",
        "标普 500 指数，日线，2015–2018 年。来源：arch 软件包附带的数据。",
    ),
    "choose_series": (
        "Choose an example or upload a file first.",
        "请先选一个例子，或上传一个文件。",
    ),
    "about_upload": ("{rows} rows, {columns} columns.", "{rows} 行，{columns} 列。"),
    "upload_refused": (
        "What was chosen before is still chosen.",
        "之前所选的序列仍然有效。",
    ),
    "upload": ("Your own: csv or parquet…", "自己的文件：csv 或 parquet……"),
    "date_column": ("Dates", "日期列"),
    "value_column": ("Values", "数值列"),
    "found_by_itself": ("found by itself", "自动识别"),
    "horizon": ("Steps ahead", "预测步数"),
    "horizon_info": ("In rows of the series.", "按序列的行数计。"),
    "hide": ("Hide the end, and test", "隐藏末尾，作回测"),
    "hide_info": (
        "Forecasts the last steps as if they had not come yet, and many earlier ones, beside"
        " baselines.",
        "假装最后几步尚未发生，从那里预测；再从更早的许多时点预测，与基线比较。",
    ),
    "forecast": ("Forecast", "预测"),
    # a model of one's own
    "train_own": ("Train a model on this series", "在这个序列上训练一个模型"),
    "train_own_info": (
        "About a minute. It learns from the first 85 % of the rows; the rest tests it. It begins"
        " anew, at lengths that suit the series: the models above read more rows at a time than"
        " most files have. It is kept for you until the page starts anew.",
        "约一分钟。它从前 85 % 的行学习，其余用来检验。它从零开始，长度按序列而定："
        "上面的模型一次要读的行数，多数文件都没有。页面服务重启前为你保留。",
    ),
    "tune_own": ("Train the chosen model further on this series", "在这个序列上继续训练所选模型"),
    "tune_own_info": (
        "It begins with what that model knows and keeps its lengths, so the series has to be longer"
        " than for a new one. The same rows train and test it.",
        "从所选模型已学到的开始，长度沿用该模型，所以序列要比从零训练时长。训练与检验所用的行相同。",
    ),
    "not_tuned": (
        "Choose a model for one series first: this one cannot be trained further here.",
        "请先选一个单序列模型：这个模型不能在这里继续训练。",
    ),
    "training": ("Training…", "正在训练……"),
    "trained": (
        "Trained in {seconds} s, and chosen. Press “Forecast”.",
        "训练用时 {seconds} 秒，已选中。请按“预测”。",
    ),
    "own_model": ("Your own model", "你自己的模型"),
    "about_own": (
        "Trained on your series. The test uses only rows that it has not seen.",
        "在你的序列上训练而成。检验只用它没见过的行。",
    ),
    "own_gone": (
        "This model of yours is not kept any more: train it again.",
        "你的这个模型已不再保留，请重新训练。",
    ),
    "own_prices": (
        "For prices take the model of prices: what one price has done says nothing of where it"
        " goes, and a model of it would learn to repeat the last one.",
        "价格请用价格模型：单凭一个价格的过去，看不出它的去向；在它上面训练，"
        "模型只会学着重复最后一个值。",
    ),
    # what came of it
    "forecast_empty": (
        "Press “Forecast”, or choose another series first.",
        "按“预测”即可；也可以先换一个序列。",
    ),
    "forecasting": ("Forecasting…", "正在预测……"),
    "backtesting": ("Testing on the past…", "正在用过去的数据检验……"),
    "forecast_done": ("Done in {seconds} s.", "用时 {seconds} 秒。"),
    "legend_history": ("history", "历史"),
    "legend_median": ("median of the forecast", "预测中位数"),
    "legend_50": ("50 % lie here", "50 % 落在此带"),
    "legend_90": ("90 % lie here", "90 % 落在此带"),
    "legend_baseline": ("simple baseline", "简单基线"),
    "legend_actual": ("what came", "实际结果"),
    "chart_use": (
        "Drag over the chart to zoom in, double-click for all of it.",
        "在图上拖动可放大，双击看全部。",
    ),
    "spread": (
        "Expected size of a day's move over the next {horizon} days: {daily} % (one standard"
        " deviation; {yearly} % a year). The simple rule EWMA says {simple} %.",
        "未来 {horizon} 天，一天的波动幅度预计为 {daily} %（一个标准差；合年化 {yearly} %）。"
        "简单的 EWMA 规则给出 {simple} %。",
    ),
    "no_advice": (
        "This is not financial advice. The forecast says how large moves may be, not whether prices"
        " rise or fall.",
        "这不是投资建议。预测说的是波动可能有多大，不说涨跌方向。",
    ),
    "more_notes": ("And {count} more.", "还有 {count} 条。"),
    "notes": ("What to know of this series", "关于这个序列须知"),
    "as_table": ("The forecast as a table", "预测数值表"),
    "series_gates": ("Look at the gates while it reads this", "看它读这个序列时的门"),
    "save_csv": ("Save as .csv", "存为 .csv"),
    "column_series": ("Series", "序列"),
    "column_step": ("Step", "步"),
    "column_date": ("Date", "日期"),
    "column_actual": ("What came", "实际"),
    # the backtest
    "forecaster": ("Forecaster", "预测者"),
    "row_model": ("this model", "本模型"),
    "row_corrected": ("this model, intervals corrected", "本模型，区间经校正"),
    "baseline_repeat-last": ("last value repeated", "重复最后一个值"),
    "baseline_seasonal-naive": ("last season repeated", "重复上一季"),
    "baseline_drift": ("drift", "漂移法"),
    "baseline_theta": ("theta method", "Theta 法"),
    "baseline_random-walk": ("random walk, rolling volatility", "随机游走，滚动波动率"),
    "baseline_ewma": ("EWMA, normal", "EWMA，正态"),
    "baseline_ewma-t": ("EWMA, Student-t", "EWMA，t 分布"),
    "baseline_har": ("HAR", "HAR"),
    "coverage": ("in its {percent} %", "落在 {percent} % 区间"),
    "scores_note": (
        "Means over {origins} past forecasts. Lower is better; a share in an interval is best at"
        " its name. Intervals are corrected by earlier forecasts alone.",
        "{origins} 次过去预测的平均。越低越好；区间占比以接近其名义值为好。"
        "区间只用更早的预测来校正。",
    ),
    "lower": ("lower", "低"),
    "higher": ("higher", "高"),
    "verdict_earns": (
        "The model earns its keep on this series: over {origins} past forecasts its {measure} is"
        " {percent} % lower than that of the best baseline, “{baseline}” (p = {p}).",
        "在这个序列上，模型物有所值：{origins} 次过去预测中，它的 {measure} 比最好的基线"
        "“{baseline}”低 {percent} %（p = {p}）。",
    ),
    "verdict_unclear": (
        "Nothing shows that the model earns its keep on this series: over {origins} past forecasts"
        " its {measure} is {percent} % {direction} than that of the best baseline, “{baseline}”,"
        " which may be chance (p = {p}).",
        "没有证据表明模型在这个序列上物有所值：{origins} 次过去预测中，它的 {measure} 比最好的基线"
        "“{baseline}”{direction} {percent} %，可能只是偶然（p = {p}）。",
    ),
    "verdict_fails": (
        "The model does not earn its keep on this series: over {origins} past forecasts its"
        " {measure} is {percent} % higher than that of “{baseline}” (p = {p}). Take that instead.",
        "在这个序列上，模型不值得用：{origins} 次过去预测中，它的 {measure} 比“{baseline}”"
        "高 {percent} %（p = {p}）。不如用后者。",
    ),
    "verdict_trivial": (
        "There is nothing to forecast in this series: “{baseline}” made no error over {origins}"
        " past forecasts.",
        "这个序列没有什么可预测的：“{baseline}”在 {origins} 次过去预测中毫无误差。",
    ),
}
