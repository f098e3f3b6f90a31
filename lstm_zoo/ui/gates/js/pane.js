// One model that has read something: the text by one unit, the heat map, the unit's curves. The
// chosen layer, gate, unit and step are kept here; each view only shows them.

class Pane {
  constructor(state, { onPick = () => {}, onStep = () => {} } = {}) {
    this.state = state;
    this.onPick = onPick;
    this.onStep = onStep;
    this.labels = JSON.parse(state.labels);
    this.said = JSON.parse(state.said);
    const start = state.start;
    this.at = { part: start.part, name: start.name, unit: start.unit, step: start.step, order: "similar" };
    this.followers = []; // panels that are told of each change
    this.box = make("section", "gates-pane");
    this.problem = make("div", "text-alert");
    this.problem.setAttribute("role", "alert");
    this.text = new Text(this.labels, { onChoose: (step) => this.pick({ step }), note: (step) => this.noteAt(step) });
    this.heat = new Heat(this.labels, { onChoose: (cell) => this.pick(cell), onView: (x, w) => this.curves.follow(x, w) });
    this.curves = new Curves(this.labels, { onChoose: (step) => this.pick({ step }) });
    this.legend = make("div", "gates-legend");
    this.caption = make("h3", "gates-title");
    this.heatFoot = make("div", "gates-legend");
    this.busy = make("span", "gates-busy");
    this.askHeat = latest((asked) => server.heat_map(asked), (answer, asked) => this.showHeat(answer, asked));
    this.askUnit = latest((asked) => server.unit_curves(asked), (answer, asked) => this.showUnit(answer, asked));
    this.lay();
    this.load();
  }

  get units() {
    return this.state.parts[this.at.part].units;
  }

  lay() {
    const notices = make("div", "text-notices");
    notices.append(...this.state.notices.map((notice) => say(notice, "p")));
    this.box.append(notices, this.problem, this.toolbar(), this.panel(this.caption, this.text.box, this.legend));
    const tools = make("div", "gates-tools");
    tools.append(
      choice(words.gates_order, [["similar", words.gates_similar], ["number", words.gates_number]], "similar", (order) => this.pick({ order })),
      button(words.gates_closer, "", () => this.heat.zoom(1.6)),
      button(words.gates_farther, "", () => this.heat.zoom(1 / 1.6)),
      button(words.gates_whole, "", () => this.heat.whole()),
      this.saves([
        ["PNG", () => this.heat.savePicture(`${this.file()}.png`)],
        ["CSV", () => this.saveTable()],
      ]),
    );
    this.heatTitle = make("h3", "gates-title");
    this.box.append(this.panel(this.heatTitle, tools, this.heat.box, this.heatFoot));
    this.curvesTitle = make("h3", "gates-title");
    const curveSaves = this.saves([
      ["SVG", () => saveDrawings([this.curves.svg], `${this.file()}.svg`)],
      ["CSV", () => save(`${this.file()}.csv`, this.curves.table(), "text/csv")],
    ]);
    this.box.append(this.panel(this.curvesTitle, curveSaves, this.curves.box));
  }

  panel(...parts) {
    const made = make("div", "gates-panel");
    made.append(...parts);
    return made;
  }

  saves(entries) {
    const made = make("span", "gates-saves");
    made.append(say(words.gates_save), ...entries.map(([kind, action]) => {
      const each = make("button", "text-button", kind);
      each.type = "button";
      each.addEventListener("click", action);
      return each;
    }));
    return made;
  }

  toolbar() {
    const bar = make("div", "gates-bar");
    if (this.state.parts.length > 1) {
      const parts = this.state.parts.map((part, index) => [String(index), part.short]);
      this.partChoice = choice(words.gates_layer, parts, String(this.at.part), (part) => this.pick({ part: Number(part) }));
      bar.append(this.partChoice);
    }
    const names = this.state.names.map((name) => [name, nameOf(name)]);
    this.nameChoice = choice(words.gates_what, names, this.at.name, (name) => this.pick({ name }));
    bar.append(this.nameChoice, this.unitField(), this.busy);
    return bar;
  }

  unitField() {
    const label = make("label", "gates-unit");
    this.field = make("input", "");
    Object.assign(this.field, { type: "number", min: 0, inputMode: "numeric" });
    this.field.addEventListener("change", () => {
      const unit = Number(this.field.value);
      const isKnown = this.field.value.trim() !== "" && Number.isInteger(unit) && unit >= 0 && unit < this.units;
      this.say(isKnown ? null : words.gates_no_unit, { value: this.field.value || "–", last: this.units - 1 });
      if (isKnown) this.pick({ unit });
    });
    label.append(say(words.gates_unit), this.field);
    return label;
  }

  // ---- what is chosen --------------------------------------------------------------------------

  // Where a unit may be of another layer, `pick` is given both.
  pick(changes) {
    const before = { ...this.at };
    Object.assign(this.at, changes);
    if (this.at.unit >= this.units) this.at.unit = 0;
    const differs = (...keys) => keys.some((key) => before[key] !== this.at[key]);
    if (differs("part", "unit")) this.loadUnit();
    else if (differs("name")) this.colour();
    if (differs("part", "name", "order")) this.loadHeat(before);
    if (differs("step")) this.onStep(this.at.step);
    if (differs("part", "name", "unit")) this.onPick(this.at);
    this.mark();
  }

  load() {
    this.loadUnit();
    this.loadHeat();
    this.mark();
  }

  loadHeat(before) {
    const { part, name, order } = this.at;
    this.busy.replaceChildren(say(words.gates_working));
    this.keepView = before && before.part === part;
    this.askHeat({ token: this.state.token, part, name, order });
  }

  loadUnit() {
    const { part, unit } = this.at;
    this.askUnit({ token: this.state.token, part, unit });
  }

  showHeat(answer) {
    this.busy.replaceChildren();
    if (answer.error) return this.say(answer.error);
    this.say(null);
    this.heat.show(answer, this.keepView);
    this.mark();
    const scale = answer.signed ? answer.scale : 1;
    const bar = heatBar(answer.signed, answer.signed ? number(-scale, 1) : "0", number(scale, answer.signed ? 1 : 0));
    const grouped = answer.group > 1 ? [say(words.gates_grouped, "span", "", { count: answer.group })] : [];
    this.heatFoot.replaceChildren(bar, ...grouped, say(words.gates_heat_help));
    this.box.dataset.drawn = `${this.at.part} ${this.at.name} ${this.at.order}`;
  }

  showUnit(answer, asked) {
    if (answer.error) return this.say(answer.error);
    this.values = answer.curves;
    this.curves.show(this.values, asked.unit);
    this.colour();
    this.mark();
    this.box.dataset.unit = `${asked.part} ${asked.unit}`;
  }

  colour() {
    const values = this.values?.[this.at.name];
    if (!values) return;
    const signed = SIGNED.has(this.at.name) || values.some((value) => value < 0);
    const scale = this.at.name === "c" ? Math.max(1e-6, ...values.map(Math.abs)) : 1;
    this.text.colour(values, signed, scale);
    const bar = scaleBar(signed, scale, signed ? number(-scale, 1) : "0", number(scale, 1));
    this.legend.replaceChildren(bar, say(words.gates_text_help));
  }

  mark() {
    const { part, unit, step, name } = this.at;
    this.field.value = unit;
    this.field.max = this.units - 1;
    this.partChoice?.choose(String(part));
    this.nameChoice.choose(name);
    this.text.choose(step);
    this.heat.choose({ step, unit });
    this.curves.choose(step);
    const values = { unit, layer: this.state.parts[part].label, gate: nameOf(name) };
    this.caption.replaceChildren(say(words.gates_caption_text, "span", "", values));
    this.heatTitle.replaceChildren(say(words.gates_caption_heat, "span", "", values));
    this.curvesTitle.replaceChildren(say(words.gates_caption_curves, "span", "", values));
    for (const follow of this.followers) follow();
  }

  noteAt(step) {
    const value = this.values?.[this.at.name]?.[step];
    const head = make("div", "");
    head.append(say(words.gates_step), ` ${step}  ${visible(this.labels[step])}`);
    const line = make("div", "gates-row");
    line.append(say(nameOf(this.at.name)), make("strong", "", value === undefined ? "–" : number(value, 3)));
    const said = this.said[step]?.map(([text, chance]) => `${visible(text)} ${Math.round(chance * 100)} %`).join("  ");
    const expects = make("div", "gates-row");
    if (said) expects.append(say(words.gates_expects), make("span", "", said));
    return said ? [head, line, expects] : [head, line];
  }

  say(sentence, values = {}) {
    this.problem.replaceChildren(...(sentence ? [say(sentence, "p", "", values)] : []));
  }

  file() {
    const { part, name, unit } = this.at;
    return `${this.state.model || "uploaded"}-${part}-${name}-${unit}`.replace(/[^\w.-]/g, "_");
  }

  async saveTable() {
    const { part, name } = this.at;
    const answer = await server.table({ token: this.state.token, part, name });
    if (answer.error) this.say(answer.error);
    else save(`${this.file()}.csv`, answer.csv, "text/csv");
  }
}

function heatBar(signed, low, high) {
  const bar = make("span", "gates-scale");
  const strip = make("i", "");
  const stops = Array.from({ length: 9 }, (_, k) => `rgb(${colourAt(k / 8, signed).map(Math.round).join(",")})`);
  strip.style.background = `linear-gradient(90deg, ${stops.join(",")})`;
  bar.append(low, strip, high);
  return bar;
}
