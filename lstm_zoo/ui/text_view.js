// Draws the states that writing.py sends. A state holds the latest chunks of the texts, the last one
// all of them; each is drawn once, in order, so a long text costs no more to go on with than a short
// one. Elements get their text by textContent, never by innerHTML.

const LEVELS = [500, 200, 80, 20, 5]; // thousandths: under each, the colour is one step stronger
const root = element.querySelector(".text-view");
const words = props.words;
let run = null;
let next = 0; // the chunk to draw
let cards = [];

function make(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function say(sentence, tag = "span", className = "") {
  const made = make(tag, className);
  for (const [language, text] of Object.entries(sentence ?? {})) {
    const part = make("span", "", text);
    part.lang = part.dataset.lang = language;
    made.append(part);
  }
  return made;
}

function button(word, className, action) {
  const made = say(word, "button", `text-button ${className}`);
  made.type = "button";
  made.addEventListener("click", () => action(made));
  return made;
}

const levelOf = (chance) => LEVELS.filter((limit) => chance < limit).length;
const percent = (chance) => (chance < 1 ? "< 0.1 %" : `${chance < 100 ? chance / 10 : Math.round(chance / 10)} %`);
const visible = (text) => text.replaceAll("\n", "↵").replaceAll(" ", "␣").replaceAll("\t", "⇥");

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

const hint = make("div", "rivals");
hint.setAttribute("role", "status");
let looked = null;

function look(character) {
  looked?.classList.remove("looked");
  looked = character;
  hint.classList.toggle("shown", Boolean(character));
  if (!character) return;
  character.classList.add("looked");
  const rows = [];
  for (let i = 0; i < character.rivals.length; i += 2) rows.push(character.rivals.slice(i, i + 2));
  const own = character.textContent;
  if (!rows.some(([text]) => text === own)) rows.push([own, character.chance]);
  hint.replaceChildren(...rows.map(([text, chance]) => rivalRow(text, chance, text === own)));
  place(character.getBoundingClientRect());
}

function rivalRow(text, chance, isWritten) {
  const row = make("div", isWritten ? "rival written" : "rival");
  const bar = make("span", "rival-bar");
  bar.style.setProperty("--share", `${chance / 10}%`);
  row.append(make("span", "rival-text", visible(text)), bar, make("span", "rival-chance", percent(chance)));
  if (isWritten) row.append(say(words.written, "span", "only-read"));
  return row;
}

function place(at) {
  const { offsetWidth: width, offsetHeight: height } = hint;
  const left = Math.min(Math.max(8, at.left - 16), document.documentElement.clientWidth - width - 8);
  const above = at.top - height - 8;
  hint.style.left = `${left}px`;
  hint.style.top = `${above > 8 ? above : at.bottom + 8}px`;
}

const characterOf = (event) => event.target.closest?.(".text-body b");
root.addEventListener("pointerover", (event) => look(characterOf(event)));
root.addEventListener("pointerleave", () => look(null));
root.addEventListener("click", (event) => look(characterOf(event)));
root.addEventListener("focusout", () => look(null));
root.addEventListener("scroll", () => look(null), { capture: true, passive: true });
root.addEventListener("keydown", (event) => {
  const body = event.target.closest(".text-body");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (event.key === "Escape") look(null);
  if (!body || !step) return;
  event.preventDefault();
  const all = body.querySelectorAll("b");
  const next = all[looked && body.contains(looked) ? [...all].indexOf(looked) + step : 0];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  // The scroll event comes a frame later and would close it again.
  requestAnimationFrame(() => requestAnimationFrame(() => look(next)));
});

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
foot.append(status, button(words.save, "save", save));
root.append(alert, notices, empty, list, foot, legend(), spoken, hint);

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

function save() {
  const texts = cards.map((card) => card.text());
  const all = texts.length > 1 ? texts.map((text, k) => `--- ${k + 1} ---\n${text}\n`).join("\n") : texts[0];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([all], { type: "text/plain" }));
  link.download = `${props.value.model}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function draw() {
  const state = props.value;
  if (!state || !state.run) return;
  if (state.run !== run) {
    const started = run !== null;
    run = state.run;
    look(null);
    next = 0;
    cards = Array.from({ length: state.samples }, (_, index) => new Card(index, state));
    list.replaceChildren(...cards.map((card) => card.box));
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
