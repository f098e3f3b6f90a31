// Which earlier letters a prediction hangs on: the text again, tinted by the size of the gradient.

class Reach {
  constructor(labels, { onChoose, ask }) {
    this.labels = labels;
    this.box = make("div", "gates-reach");
    this.told = make("p", "gates-told");
    this.text = new Text(labels, {
      onChoose,
      note: (step) => {
        const size = this.sizes?.[step];
        return [`${step}  ${visible(labels[step])}`, size === undefined ? "–" : number(size, 3)];
      },
    });
    this.box.append(this.told, this.text.box);
    this.ask = latest(ask, (answer, step) => this.show(answer, step));
  }

  choose(step) {
    this.text.choose(step);
    if (this.asked === step) return;
    this.asked = step;
    this.told.replaceChildren(say(words.gates_working));
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(step), 150);
  }

  show(answer, step) {
    if (answer.error) {
      this.told.replaceChildren(say(answer.error));
      return;
    }
    this.sizes = answer.sizes;
    this.text.colour(this.sizes, false, 1);
    const values = { step, before: visible(this.labels[step]), next: answer.next, half: answer.half };
    const said = answer.once ? words.gates_reach_once : answer.next === null ? words.gates_reach_value : words.gates_reach;
    this.told.replaceChildren(say(said, "span", "", values));
  }

  table() {
    return csv([["step", "label", "gradient"], ...this.labels.map((label, step) => [step, label, this.sizes?.[step] ?? ""])]);
  }
}
