// Draws the states that writing.py sends. A state holds the latest chunks of the texts, the last one
// all of them; each is drawn once, in order, so a long text costs no more to go on with than a short
// one.

const LEVELS = [500, 200, 80, 20, 5]; // thousandths: under each, the colour is one step stronger
const root = element.querySelector(".text-view");
let run = null;
let next = 0; // the chunk to draw
let cards = [];
let model = null; // that wrote them

const levelOf = (chance) => LEVELS.filter((limit) => chance < limit).length;
const percent = (chance) => (chance < 1 ? "< 0.1 %" : `${chance < 100 ? chance / 10 : Math.round(chance / 10)} %`);

// ---- one text --------------------------------------------------------------------------------

class Card {
  constructor(index, state) {
    this.prompt = state.prompt;
    this.box = make("article", "text-card");
    const head = make("header", "text-head");
    if (state.samples > 1) head.append(say(words.text, "h3"), make("span", "text-number", ` ${index + 1}`));
    head.append(button(words.copy, "copy", (made) => copy(this.text(), made)));
    this.body = make("div", "text-body");
    this.body.tabIndex = 0;
    this.body.setAttribute("role", "group");
    const start = (state.prompt_is_cut ? "… " : "") + state.prompt;
    this.line = make("div", "text-line");
    if (start) this.line.append(make("span", "prompt", start));
    this.body.append(this.line);
    this.box.append(head, this.body);
  }

  text() {
    return this.prompt + Array.from(this.body.querySelectorAll("b"), (b) => b.textContent).join("");
  }

  add([text, chance, ...rivals]) {
    const made = make("b", `sure-${levelOf(chance)}`, text);
    made.chance = chance;
    made.rivals = rivals;
    this.line.append(made);
    if (!text.endsWith("\n")) return;
    // Each line is a block of its own: the browser lays out the last one only.
    made.classList.add("newline");
    this.line = make("div", "text-line");
    this.body.append(this.line);
  }
}

// ---- what else was likely --------------------------------------------------------------------

function rivals(character) {
  const rows = [];
  for (let i = 0; i < character.rivals.length; i += 2) rows.push(character.rivals.slice(i, i + 2));
  const own = character.textContent;
  if (!rows.some(([text]) => text === own)) rows.push([own, character.chance]);
  return rows.map(([text, chance]) => rivalRow(text, chance, text === own));
}

function rivalRow(text, chance, isWritten) {
  const row = make("div", isWritten ? "rival written" : "rival");
  const bar = make("span", "rival-bar");
  bar.style.setProperty("--share", `${chance / 10}%`);
  row.append(make("span", "rival-text", visible(text)), bar, make("span", "rival-chance", percent(chance)));
  if (isWritten) row.append(say(words.written, "span", "only-read"));
  return row;
}

// ---- the frame -------------------------------------------------------------------------------

const alert = make("div", "text-alert");
alert.setAttribute("role", "alert");
const notices = make("div", "text-notices");
const status = make("span", "text-status");
const spoken = make("div", "only-read");
spoken.setAttribute("role", "status");
const list = make("div", "text-list");
const empty = say(words.empty, "p", "text-empty");
const foot = make("footer", "text-foot");
foot.append(status, button(words.save, "save", saveTexts));
root.append(alert, notices, empty, list, foot, legend(), spoken);
const hint = new Hint(root, "rivals", { parts: ".text-body b", body: ".text-body", tell: rivals });

function legend() {
  const made = make("div", "text-legend");
  const scale = make("span", "scale");
  scale.append(say(words.legend_sure));
  for (let level = 0; level <= LEVELS.length; level++) scale.append(make("b", `sure-${level}`, " "));
  scale.append(say(words.legend_guess));
  made.append(say(words.legend), scale, say(words.look, "p", "look"));
  return made;
}

async function copy(text, made) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No clipboard on a plain-http address; the older way still works there.
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  made.replaceChildren(...say(words.copied).childNodes);
  setTimeout(() => made.replaceChildren(...say(words.copy).childNodes), 1500);
}

function saveTexts() {
  const texts = cards.map((card) => card.text());
  const all = texts.length > 1 ? texts.map((text, k) => `--- ${k + 1} ---\n${text}\n`).join("\n") : texts[0];
  save(`${model}.txt`, all, "text/plain");
}

function draw() {
  const state = props.value;
  if (!state || !state.run) return;
  if (state.run !== run) {
    const started = run !== null;
    run = state.run;
    // A wait or a mistake has no texts: those of before stay.
    if (state.samples) {
      hint.look(null);
      next = 0;
      model = state.model;
      cards = Array.from({ length: state.samples }, (_, index) => new Card(index, state));
      list.replaceChildren(...cards.map((card) => card.box));
    }
    notices.replaceChildren(...state.notices.map((notice) => say(notice, "p")));
    alert.replaceChildren(...(state.error ? [say(state.error, "p")] : []));
    // On a narrow screen the text is below the controls.
    if (started && root.getBoundingClientRect().top > innerHeight * 0.7) root.scrollIntoView({ behavior: "smooth" });
  }
  for (; state.chunks[next]; next += 1) {
    cards.forEach((card, index) => JSON.parse(state.chunks[next][index]).forEach((piece) => card.add(piece)));
  }
  root.classList.toggle("is-empty", cards.length === 0);
  Object.assign(root.dataset, { run, done: state.done });
  status.replaceChildren(...say(state.status).childNodes);
  spoken.replaceChildren(...(state.done ? say(state.status).childNodes : []));
}

watch("value", draw);
draw();
