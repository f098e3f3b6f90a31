// Which units track something that a reader can name, with their evidence beside chance; and, the
// other way round, which units are on in a chosen stretch of the text.

class Ranked {
  constructor(pane) {
    this.pane = pane;
    this.box = make("div", "gates-ranked");
    this.list = make("div", "");
    this.stretch = make("div", "gates-stretch");
    this.box.append(this.list, this.stretch);
    this.rows = [["feature", "layer", "unit", "correlation", "chance"]];
    this.ask = latest((corpus) => server.ranked({ token: pane.state.token, corpus }), (answer) => this.show(answer));
    const places = [["", words.gates_this_text], ["corpus", words.gates_corpus]];
    this.box.prepend(choice(words.gates_ranked_on, places, "", (place) => this.load(place === "corpus")));
    this.askStretch = latest((asked) => server.stretch(asked), (answer) => this.showStretch(answer));
    for (const end of ["pointerup", "keyup"]) {
      pane.text.box.addEventListener(end, () => setTimeout(() => this.noteSelection()));
    }
  }

  choose() {
    if (!this.asked) this.load(false);
    const { part, unit } = this.pane.at;
    for (const made of this.box.querySelectorAll("[data-unit]")) {
      made.setAttribute("aria-pressed", made.dataset.unit === `${part} ${unit}`);
    }
  }

  load(corpus) {
    this.asked = true;
    this.list.replaceChildren(say(words.gates_working));
    this.ask(corpus);
  }

  unitButton({ part, unit }) {
    const made = make("button", "gates-pill");
    made.type = "button";
    made.dataset.unit = `${part} ${unit}`;
    made.append(say(this.pane.state.parts[part].label), ` · ${unit}`);
    made.addEventListener("click", () => {
      this.pane.pick({ part, unit, name: this.pane.state.names.includes("c") ? "c" : this.pane.at.name });
      this.pane.text.box.scrollIntoView({ behavior: "smooth", block: "center" });
    });
    return made;
  }

  show(answer) {
    if (answer.error) {
      this.list.replaceChildren(say(answer.error));
      return;
    }
    this.rows = [["feature", "layer", "unit", "correlation", "chance"]];
    const table = make("table", "gates-table");
    const head = make("tr");
    for (const word of ["gates_feature", "gates_unit", "gates_correlation"]) {
      const cell = say(words[word], "th");
      cell.scope = "col";
      head.append(cell);
    }
    table.append(head);
    for (const entry of answer.units) {
      const row = make("tr");
      const bar = make("span", "gates-evidence");
      bar.style.setProperty("--share", `${Math.abs(entry.score) * 100}%`);
      bar.style.setProperty("--chance", `${Math.abs(entry.chance) * 100}%`);
      const figure = make("td", "");
      figure.append(bar, make("span", "gates-figure", number(entry.score)));
      const unit = make("td", "");
      unit.append(this.unitButton(entry));
      row.append(say(entry.feature, "td"), unit, figure);
      table.append(row);
      this.rows.push([entry.feature.en, entry.part, entry.unit, entry.score, entry.chance]);
    }
    const none = answer.units.length ? [] : [say(words.gates_ranked_none, "p")];
    this.list.replaceChildren(...(answer.units.length ? [table] : none), say(words.gates_stretch_help, "p", "gates-about"));
    this.choose();
  }

  // A stretch of the text that is selected as in any text, by pointer or Shift + arrows.
  noteSelection() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const inside = this.pane.text.box;
    if (!inside.contains(selection.anchorNode) || !inside.contains(selection.focusNode)) return;
    const stepOf = (node) => Number((node.nodeType === 3 ? node.parentElement : node).closest("b")?.dataset.step);
    const ends = [stepOf(selection.anchorNode), stepOf(selection.focusNode)].sort((a, b) => a - b);
    if (ends.some(Number.isNaN)) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.askStretch({ token: this.pane.state.token, start: ends[0], stop: ends[1] + 1 }), 350);
  }

  showStretch(answer) {
    if (answer.error) {
      this.stretch.replaceChildren(say(answer.error));
      return;
    }
    const said = say(words.gates_stretch, "p", "", { start: answer.start, stop: answer.stop - 1 });
    const units = make("div", "gates-pills");
    units.append(...answer.units.map((entry) => this.unitButton(entry)));
    const places = answer.elsewhere.map(([before, text, after]) => {
      const line = make("p", "gates-excerpt");
      line.append(`…${before}`, make("mark", "", text), `${after}…`);
      return line;
    });
    if (places.length) places.unshift(say(words.gates_elsewhere, "p"));
    this.stretch.replaceChildren(answer.units.length ? said : say(words.gates_stretch_none, "p"), units, ...places);
    this.choose();
  }
}
