// All gates and states of one unit over the text, in strips that share the heat map's steps.

class Curves {
  constructor(labels, { onChoose }) {
    this.labels = labels;
    this.onChoose = onChoose;
    this.box = make("div", "gates-curves");
    this.legend = make("div", "gates-legend");
    this.svg = draw("svg", { role: "img" });
    this.box.append(this.svg, this.legend);
    this.range = { x: 0, w: labels.length };
    this.step = 0;
    new ResizeObserver(() => this.paint()).observe(this.box);
    this.svg.addEventListener("click", (event) => {
      const step = this.stepAt(event.clientX);
      if (step !== null) this.onChoose(step);
    });
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", hideHint);
  }

  show(curves, unit) {
    this.curves = curves;
    this.unit = unit;
    const names = Object.keys(curves).filter((name) => name !== "tanh_c");
    const within = (name) => curves[name].every((value) => Math.abs(value) <= 1.0001);
    const gates = names.filter((name) => !SIGNED.has(name) && curves[name].every((value) => value >= 0 && value <= 1));
    const shown = names.filter((name) => SIGNED.has(name) && name !== "c" && within(name));
    const memory = names.filter((name) => !gates.includes(name) && !shown.includes(name));
    this.strips = [
      { names: gates, low: 0, high: 1 },
      { names: memory, ...extent(memory.flatMap((name) => curves[name])) },
      { names: shown, low: -1, high: 1 },
    ].filter((strip) => strip.names.length);
    this.legend.replaceChildren(...names.map((name, index) => {
      const entry = make("span", "gates-key");
      const mark = make("i");
      mark.style.background = hueOf(name, index);
      entry.append(mark, say(nameOf(name)));
      return entry;
    }));
    this.paint();
  }

  follow(x, w) {
    if (this.range.x === x && this.range.w === w) return;
    this.range = { x, w };
    this.paint();
  }

  choose(step) {
    this.step = step;
    const mark = this.svg.querySelector(".now");
    if (!mark) return;
    const at = this.xOf(step + 0.5);
    mark.setAttribute("x1", at);
    mark.setAttribute("x2", at);
    mark.style.display = at >= GUTTER && at <= this.width ? "" : "none";
  }

  xOf(step) {
    return GUTTER + ((step - this.range.x) / this.range.w) * (this.width - GUTTER);
  }

  stepAt(clientX) {
    if (!this.curves) return null;
    const x = clientX - this.svg.getBoundingClientRect().left - GUTTER;
    const step = Math.floor(this.range.x + (x / (this.width - GUTTER)) * this.range.w);
    return x < 0 || step < 0 || step >= this.labels.length ? null : step;
  }

  point(event) {
    const step = this.stepAt(event.clientX);
    if (step === null) return hideHint();
    const head = make("div", "");
    head.append(say(words.gates_step), ` ${step}  ${visible(this.labels[step])}`);
    const lines = Object.entries(this.curves).map(([name, values]) => {
      const line = make("div", "gates-row");
      line.append(say(nameOf(name)), make("span", "", number(values[step])));
      return line;
    });
    showHint([head, ...lines], event.clientX, event.clientY);
  }

  paint() {
    if (!this.strips || !this.box.clientWidth) return;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    const tall = 74;
    const gap = 12;
    this.width = this.box.clientWidth;
    const height = this.strips.length * (tall + gap);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
    this.svg.setAttribute("height", height);
    this.svg.setAttribute("aria-label", tell(words.gates_curves_label, { unit: this.unit }));
    const parts = [];
    this.strips.forEach((strip, index) => {
      const top = index * (tall + gap) + 4;
      const yOf = (value) => top + ((strip.high - value) / (strip.high - strip.low)) * (tall - 4);
      for (const value of [strip.high, strip.low < 0 && strip.high > 0 ? 0 : null, strip.low]) {
        if (value === null) continue;
        const y = yOf(value);
        parts.push(
          draw("line", { x1: GUTTER, x2: this.width, y1: y, y2: y, stroke: "currentColor", "stroke-opacity": value === 0 ? 0.35 : 0.13 }),
          draw("text", { x: GUTTER - 6, y: y + 4, "text-anchor": "end", "font-size": 11, fill: "currentColor", "fill-opacity": 0.7 }, number(value, Number.isInteger(value) ? 0 : 1)),
        );
      }
      strip.names.forEach((name) => {
        const hue = hueOf(name, Object.keys(this.curves).indexOf(name));
        parts.push(draw("path", { d: this.line(this.curves[name], yOf), fill: "none", stroke: hue, "stroke-width": 1.6, "stroke-linejoin": "round" }));
      });
    });
    parts.push(draw("line", { class: "now", y1: 0, y2: height, stroke: "currentColor", "stroke-opacity": 0.55, "stroke-dasharray": "3 3" }));
    this.svg.replaceChildren(...parts);
    this.choose(this.step);
  }

  line(values, yOf) {
    const first = clamp(Math.floor(this.range.x) - 1, 0, values.length - 1);
    const last = clamp(Math.ceil(this.range.x + this.range.w) + 1, 0, values.length);
    const points = [];
    for (let step = first; step < last; step++) {
      const x = this.xOf(step + 0.5);
      if (x >= GUTTER - 1 && x <= this.width + 1) points.push(`${x.toFixed(1)},${yOf(values[step]).toFixed(1)}`);
    }
    return `M${points.join("L")}`;
  }

  table() {
    const names = Object.keys(this.curves);
    return csv([["step", "label", ...names], ...this.labels.map((label, step) => [step, label, ...names.map((name) => this.curves[name][step])])]);
  }
}

// Round ends of an axis that holds zero.
function extent(values) {
  const most = Math.max(1, ...values.map(Math.abs));
  const low = values.some((value) => value < 0) ? -niceEnd(most) : 0;
  return { low, high: niceEnd(most) };
}
const niceEnd = (value) => (value <= 1 ? 1 : value <= 2 ? 2 : Math.ceil(value));
