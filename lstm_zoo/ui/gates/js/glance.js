// All units of a layer at a glance: how often each gate is shut or open, how long each remembers.

class Dots {
  // points: [{unit, x, y}] in the unit square after xOf and yOf; ticks: [[share, text]].
  constructor(onPick, note) {
    this.svg = draw("svg", { role: "img" });
    this.onPick = onPick;
    this.note = note;
    this.svg.addEventListener("click", (event) => {
      const near = this.nearest(event);
      if (near) this.onPick(near.unit);
    });
    this.svg.addEventListener("pointermove", (event) => {
      const near = this.nearest(event);
      if (near) showHint(this.note(near), event.clientX, event.clientY);
      else hideHint();
    });
    this.svg.addEventListener("pointerleave", hideHint);
  }

  nearest(event) {
    const box = this.svg.getBoundingClientRect();
    const ratio = this.svg.viewBox.baseVal.width / box.width;
    const [x, y] = [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
    let best = null;
    let least = 14 ** 2;
    for (const point of this.points ?? []) {
      const far = (point.left - x) ** 2 + (point.top - y) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  }

  show({ width, height, points, hue, chosen, xTicks, yTicks, title, xTitle, yTitle, label }) {
    const pad = { left: 40, right: 22, top: 26, bottom: 38 };
    const [w, h] = [width - pad.left - pad.right, height - pad.top - pad.bottom];
    this.points = points.map((point) => ({ ...point, left: pad.left + point.x * w, top: pad.top + (1 - point.y) * h }));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("aria-label", label);
    const parts = [];
    const write = (x, y, text, anchor, extra = {}) =>
      parts.push(draw("text", { x, y, "text-anchor": anchor, "font-size": 11, fill: "currentColor", "fill-opacity": 0.75, ...extra }, text));
    for (const [share, text] of yTicks) {
      const y = pad.top + (1 - share) * h;
      parts.push(draw("line", { x1: pad.left, x2: width - pad.right, y1: y, y2: y, stroke: "currentColor", "stroke-opacity": 0.12 }));
      write(pad.left - 6, y + 4, text, "end");
    }
    for (const [share, text] of xTicks) write(pad.left + share * w, height - pad.bottom + 15, text, "middle");
    write(pad.left, 14, title, "start", { "font-weight": 600, "fill-opacity": 1, "font-size": 12 });
    write(pad.left + w / 2, height - 6, xTitle, "middle");
    write(width - pad.right, 14, yTitle, "end");
    const radius = points.length > 300 ? 2.2 : 3.2;
    for (const point of this.points) {
      parts.push(draw("circle", { cx: point.left.toFixed(1), cy: point.top.toFixed(1), r: radius, fill: hue, "fill-opacity": 0.45 }));
    }
    const own = this.points.find((point) => point.unit === chosen);
    if (own) parts.push(draw("circle", { cx: own.left, cy: own.top, r: 6, fill: hue, stroke: "currentColor", "stroke-width": 2 }));
    this.svg.replaceChildren(...parts);
  }
}

class Saturation {
  constructor(onPick) {
    this.onPick = onPick;
    this.box = make("div", "gates-plots");
  }

  show(saturation, chosen) {
    const ticks = [[0, "0 %"], [0.5, "50 %"], [1, "100 %"]];
    this.box.replaceChildren(...Object.entries(saturation).map(([name, { left, right }]) => {
      const percent = (share) => `${Math.round(share * 100)} %`;
      const plot = new Dots(this.onPick, ({ unit, x, y }) => [
        tell(words.gates_saturation_note, { unit, shut: percent(x), open: percent(y) }),
      ]);
      const points = left.map((share, unit) => ({ unit, x: share, y: right[unit] }));
      plot.show({
        width: 300, height: 270, points, hue: hueOf(name), chosen, xTicks: ticks, yTicks: ticks,
        title: tell(nameOf(name)), xTitle: tell(words.gates_shut), yTitle: tell(words.gates_open),
        label: tell(words.gates_saturation_label, { gate: tell(nameOf(name)) }),
      });
      return plot.svg;
    }));
    this.rows = [["gate", "unit", "shut", "open"]];
    for (const [name, { left, right }] of Object.entries(saturation)) {
      left.forEach((share, unit) => this.rows.push([name, unit, share, right[unit]]));
    }
  }
}

class TimeScales {
  constructor(onPick) {
    this.onPick = onPick;
    this.box = make("div", "gates-plots is-wide");
  }

  show(scales, chosen) {
    const most = 10 ** Math.max(1, Math.ceil(Math.log10(Math.max(...scales, 10))));
    const yOf = (scale) => clamp(Math.log10(Math.max(scale, 0.1) / 0.1) / Math.log10(most / 0.1), 0, 1);
    const sorted = scales.map((scale, unit) => ({ unit, scale })).sort((a, b) => a.scale - b.scale);
    const plot = new Dots(this.onPick, ({ unit, scale }) => [
      tell(words.gates_time_note, { unit, steps: scale < 10 ? number(scale, 1) : Math.round(scale).toLocaleString("en") }),
    ]);
    const points = sorted.map((point, rank) => ({ ...point, x: sorted.length > 1 ? rank / (sorted.length - 1) : 0.5, y: yOf(point.scale) }));
    const yTicks = [];
    for (let steps = 0.1; steps <= most * 1.001; steps *= 10) yTicks.push([yOf(steps), steps < 1 ? "0.1" : Math.round(steps).toLocaleString("en")]);
    const narrow = this.box.clientWidth < 520;
    plot.show({
      width: narrow ? 360 : 900, height: 280, points, hue: hueOf("forget"), chosen, xTicks: [], yTicks,
      title: tell(words.gates_time_title), xTitle: tell(words.gates_time_x), yTitle: "",
      label: tell(words.gates_time_title),
    });
    this.box.replaceChildren(plot.svg);
    this.rows = [["unit", "steps"], ...scales.map((scale, unit) => [unit, scale])];
  }
}
