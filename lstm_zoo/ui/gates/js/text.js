// The text that was read, each step coloured; a step is chosen by pointer or arrow keys.

class Text {
  constructor(labels, { onChoose, note }) {
    this.labels = labels;
    this.onChoose = onChoose;
    this.note = note; // lines for the pointer's note at a step
    this.chosen = 0;
    this.box = make("div", "gates-text");
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", tell(words.gates_text_label));
    // Symbols stand closer than words; a text is set like one.
    const long = labels.some((label) => [...label].length > 1);
    const alphabet = new Set(labels);
    this.box.classList.add(long ? "is-words" : alphabet.size > 10 ? "is-prose" : "is-symbols");
    this.steps = labels.map((label, step) => {
      const made = make("b", "", label === "\n" ? "↵" : label);
      made.dataset.step = step;
      if (label === "\n") made.className = "newline";
      return made;
    });
    let line = null;
    this.steps.forEach((step, index) => {
      if (!line) this.box.append((line = make("div", "text-line")));
      line.append(step);
      if (long) line.append(" ");
      if (labels[index].endsWith("\n")) line = null;
    });
    this.listen();
  }

  listen() {
    const stepOf = (event) => event.target.closest?.("b")?.dataset.step;
    this.box.addEventListener("pointermove", (event) => {
      const step = stepOf(event);
      if (step === undefined) return hideHint();
      showHint(this.note(Number(step)), event.clientX, event.clientY);
    });
    this.box.addEventListener("pointerleave", hideHint);
    this.box.addEventListener("click", (event) => {
      const step = stepOf(event);
      if (step !== undefined) this.onChoose(Number(step));
    });
    this.box.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1, PageDown: 20, PageUp: -20 }[event.key];
      const edge = { Home: 0, End: this.steps.length - 1 }[event.key];
      if (move === undefined && edge === undefined) return;
      event.preventDefault();
      const from = document.getSelection().anchorNode?.parentElement;
      const anchor = event.shiftKey && this.steps.includes(from) ? from : this.steps[this.chosen];
      this.onChoose(clamp(edge ?? this.chosen + move, 0, this.steps.length - 1));
      const here = this.steps[this.chosen];
      here.scrollIntoView({ block: "nearest" });
      if (event.shiftKey) document.getSelection().setBaseAndExtent(anchor.firstChild, 0, here.firstChild, 1);
      else document.getSelection().removeAllRanges();
    });
  }

  choose(step) {
    this.steps[this.chosen]?.classList.remove("looked");
    this.chosen = step;
    this.steps[step]?.classList.add("looked");
  }

  colour(values, signed, scale) {
    this.steps.forEach((step, index) => {
      step.style.backgroundColor = values[index] === undefined ? "" : tint(values[index], signed, scale);
    });
  }
}
