// Below the three views: one step of the cell, what a prediction hangs on, all units at a glance,
// and the units that track something. Each asks the server when it is opened, not before.

class Details {
  constructor(pane) {
    this.pane = pane;
    const { token, parts } = pane.state;
    const pick = (unit) => pane.pick({ unit });
    this.cell = new CellDiagram(pane.labels);
    this.reach = new Reach(pane.labels, {
      onChoose: (step) => pane.pick({ step }),
      ask: (step) => server.reach({ token, step }),
    });
    this.saturation = new Saturation(pick);
    this.time = new TimeScales(pick);
    this.ranked = new Ranked(pane);
    this.glances = new Map();
    this.askGlance = latest((part) => server.glance({ token, part }), (answer, part) => {
      if (answer.error) return pane.say(answer.error);
      this.glances.set(part, answer);
      this.follow();
    });
    const drawing = (box, name) => [["SVG", () => saveDrawings([...box.querySelectorAll("svg")], `${name}.svg`)]];
    const rows = (made, name) => ["CSV", () => save(`${name}.csv`, csv(made.rows ?? []), "text/csv")];
    const tabs = [
      ["cell", "gates_tab_cell", "gates_about_cell", this.cell.box, [...drawing(this.cell.box, "cell"), ["CSV", () => save("unit.csv", pane.curves.table(), "text/csv")]]],
      ["reach", "gates_tab_reach", "gates_about_reach", this.reach.box, [["CSV", () => save("reach.csv", this.reach.table(), "text/csv")]]],
      ["saturation", "gates_tab_saturation", "gates_about_saturation", this.saturation.box, [...drawing(this.saturation.box, "saturation"), rows(this.saturation, "saturation")]],
      ["time", "gates_tab_time", "gates_about_time", this.time.box, [...drawing(this.time.box, "time-scales"), rows(this.time, "time-scales")]],
      ["ranked", "gates_tab_ranked", "gates_about_ranked", this.ranked.box, [rows(this.ranked, "units")]],
    ].filter(([key]) => pane.state.panels.includes(key));
    this.box = make("div", "gates-details");
    const list = make("div", "gates-tabs");
    list.setAttribute("role", "tablist");
    this.panels = new Map();
    for (const [key, word, about, box, saves] of tabs) {
      const id = `gates-${pane.state.run}-${key}`;
      const tab = say(words[word], "button", "");
      Object.assign(tab, { type: "button", id: `${id}-tab` });
      tab.dataset.tab = key;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", id);
      tab.addEventListener("click", () => this.open(key));
      const panel = make("div", "gates-panel");
      panel.id = id;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      panel.append(say(words[about], "p", "gates-about"), box, pane.saves(saves));
      list.append(tab);
      this.panels.set(key, { tab, panel });
      this.box.append(panel);
    }
    this.box.prepend(list);
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const keys = [...this.panels.keys()];
      const next = keys[(keys.indexOf(this.opened) + step + keys.length) % keys.length];
      this.open(next);
      this.panels.get(next).tab.focus();
    });
    pane.followers.push(() => this.follow());
    if (this.panels.size) this.open(this.panels.keys().next().value);
  }

  open(key) {
    this.opened = key;
    for (const [each, { tab, panel }] of this.panels) {
      tab.setAttribute("aria-selected", each === key);
      tab.tabIndex = each === key ? 0 : -1;
      panel.hidden = each !== key;
    }
    this.follow();
  }

  follow() {
    const { part, unit, step } = this.pane.at;
    if (this.opened === "cell" && this.pane.values) this.cell.show(this.pane.values, step, unit);
    if (this.opened === "reach") this.reach.choose(step);
    if (this.opened === "ranked") this.ranked.choose();
    if (this.opened !== "saturation" && this.opened !== "time") return;
    const glance = this.glances.get(part);
    if (!glance) {
      if (this.asked !== part) this.askGlance((this.asked = part));
      return;
    }
    if (this.opened === "saturation") this.saturation.show(glance.saturation, unit);
    else this.time.show(glance.time_scales, unit);
  }
}
