// One unit at one step, as a diagram and equation by equation: what was kept, written and shown.

// What the output gate shows of the memory: its tanh, or it divided by a normaliser n.
const BY_TANH = { knot: "tanh", formula: "tanh c", word: "gates_sum_shown" };
const BY_NORMALISER = { knot: "÷ n", formula: "c / n", word: "gates_sum_shown_n" };

class CellDiagram {
  constructor(labels) {
    this.labels = labels;
    this.box = make("div", "gates-cell");
    this.svg = draw("svg", { viewBox: "0 0 720 300", role: "img" });
    this.frame = make("div", "gates-scroll");
    this.frame.append(this.svg);
    this.sums = make("ol", "gates-sums");
    this.box.append(this.frame, this.sums);
  }

  // Numbers of one step; null where the cell is no LSTM.
  numbers(curves, step) {
    const at = (name) => curves[name]?.[step];
    const [i, f, g, o, c, h] = ["input", "forget", "cell", "output", "c", "h"].map(at);
    if ([i, f, g, o, c, h].some((value) => value === undefined)) return null;
    const squash = curves.tanh_c ? BY_TANH : curves.n ? BY_NORMALISER : null;
    if (!squash) return null;
    const squashed = at("tanh_c") ?? c / at("n");
    const before = step > 0 ? curves.c[step - 1] : 0;
    const shownBefore = step > 0 ? curves.h[step - 1] : 0;
    return { i, f, g, o, c, h, before, shownBefore, kept: f * before, written: i * g, squashed, squash };
  }

  show(curves, step, unit) {
    const n = this.numbers(curves, step);
    this.frame.hidden = !n;
    if (!n) {
      this.sums.replaceChildren(...Object.entries(curves).map(([name, values]) => {
        const line = make("li");
        line.append(say(nameOf(name)), ` = ${number(values[step], 3)}`);
        return line;
      }));
      return;
    }
    this.svg.setAttribute("aria-label", tell(words.gates_cell_label, { unit, step }));
    this.svg.replaceChildren(...this.parts(n, step));
    const v = (value) => number(value, 3);
    const line = (word, formula, values) => {
      const made = make("li");
      made.append(say(words[word], "span", "gates-said", values), make("code", "", formula));
      return made;
    };
    const percent = (value) => `${Math.round(value * 100)} %`;
    this.sums.replaceChildren(
      line("gates_sum_kept", `f × c₋₁ = ${v(n.f)} × ${v(n.before)} = ${v(n.kept)}`, { kept: percent(n.f), lost: v(n.before - n.kept) }),
      line("gates_sum_written", `i × g = ${v(n.i)} × ${v(n.g)} = ${v(n.written)}`, { share: percent(n.i), written: v(n.written) }),
      line("gates_sum_memory", `c = ${v(n.kept)} ${n.written < 0 ? "−" : "+"} ${v(Math.abs(n.written))} = ${v(n.c)}`, {}),
      line(n.squash.word, `h = o × ${n.squash.formula} = ${v(n.o)} × ${v(n.squashed)} = ${v(n.h)}`, { share: percent(n.o), shown: v(n.h) }),
    );
  }

  parts(n, step) {
    const parts = [];
    const rail = 70;
    // A wire is as thick as what flows in it, and coloured by its sign.
    const wire = (value, path, end) => {
      const [r, g, b] = value < 0 ? [37, 120, 200] : [222, 116, 14];
      const width = 1.5 + 9 * Math.min(Math.abs(value) / 2, 1);
      parts.push(draw("path", { d: path, fill: "none", stroke: `rgb(${r},${g},${b})`, "stroke-width": width.toFixed(1), "stroke-opacity": 0.75, "stroke-linecap": "round" }));
      if (end) parts.push(draw("path", { d: end, fill: `rgb(${r},${g},${b})` }));
    };
    const thin = (path) => parts.push(draw("path", { d: path, fill: "none", stroke: "currentColor", "stroke-opacity": 0.35, "stroke-width": 1.4 }));
    const write = (x, y, text, size = 14, anchor = "middle", weight = 400) =>
      parts.push(draw("text", { x, y, "font-size": size, "text-anchor": anchor, "font-weight": weight, fill: "currentColor" }, text));
    const knot = (x, y, sign) => {
      parts.push(draw("circle", { cx: x, cy: y, r: 16, fill: isDark() ? "#292524" : "#ffffff", stroke: "currentColor", "stroke-opacity": 0.55, "stroke-width": 1.5 }));
      write(x, y + 6, sign, 18, "middle", 600);
    };
    const arrow = (x, y) => `M${x} ${y - 6}l10 6l-10 6z`;
    const v = (value) => number(value);

    // the four gates: a level shows how open each is
    const gates = [["forget", n.f, 200], ["input", n.i, 300], ["cell", n.g, 380], ["output", n.o, 520]];
    parts.push(draw("path", { d: "M96 262H520", stroke: "currentColor", "stroke-opacity": 0.35, "stroke-width": 1.4, fill: "none" }));
    for (const [name, value, x] of gates) {
      thin(`M${x} 262V232`);
      const signed = name === "cell";
      const level = signed ? Math.abs(value) * 24 : value * 48;
      const y = signed ? (value < 0 ? 202 : 202 - level) : 226 - level;
      parts.push(
        draw("rect", { x: x - 27, y: 178, width: 54, height: 48, rx: 8, fill: hueOf(name), "fill-opacity": 0.13, stroke: hueOf(name), "stroke-width": 1.5 }),
        draw("rect", { x: x - 27, y, width: 54, height: Math.max(level, 0.5), rx: 4, fill: hueOf(name), "fill-opacity": 0.5 }),
      );
      write(x, 200, { forget: "f", input: "i", cell: "g", output: "o" }[name], 14, "middle", 700);
      write(x, 218, v(value), 13);
    }

    // the memory's line, from left to right
    wire(n.before, `M60 ${rail}H184`);
    wire(n.kept, `M216 ${rail}H324`);
    wire(n.c, `M356 ${rail}H650`, arrow(650, rail));
    thin(`M200 178V86`);
    thin(`M300 178V150H324`);
    thin(`M380 178V150H356`);
    wire(n.written, `M340 134V86`);
    wire(n.squashed, `M440 ${rail}V118`);
    wire(n.squashed, `M440 118V150H504`);
    thin(`M520 178V166`);
    wire(n.h, `M536 150H650`, arrow(650, 150));
    knot(200, rail, "×");
    knot(340, rail, "+");
    knot(340, 150, "×");
    knot(520, 150, "×");
    parts.push(draw("rect", { x: 414, y: 98, width: 52, height: 26, rx: 13, fill: isDark() ? "#292524" : "#ffffff", stroke: "currentColor", "stroke-opacity": 0.55 }));
    write(440, 116, n.squash.knot, 13);

    const bold = (x, y, text, anchor = "middle") => write(x, y, text, 14, anchor, 600);
    bold(52, rail - 6, "c₋₁", "end");
    write(52, rail + 14, v(n.before), 14, "end");
    bold(668, rail - 6, "c", "start");
    write(668, rail + 14, v(n.c), 14, "start");
    bold(668, 144, "h", "start");
    write(668, 164, v(n.h), 14, "start");
    write(268, rail - 14, v(n.kept));
    write(352, 116, v(n.written), 14, "start");
    write(478, 142, v(n.squashed), 13);
    const label = visible(this.labels[step] ?? "");
    write(88, 258, `x = ${label.length > 8 ? `${label.slice(0, 7)}…` : label}`, 14, "end", 600);
    write(88, 278, `h₋₁ = ${v(n.shownBefore)}`, 14, "end");
    const said = (x, y, word) => write(x, y, tell(words[word]), 12);
    said(200, 38, "gates_diagram_keep");
    said(340, 38, "gates_diagram_write");
    said(520, 124, "gates_diagram_show");
    return parts;
  }
}
