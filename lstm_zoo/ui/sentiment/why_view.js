// Draws the states that judging.py sends: a card for each model.

const METHODS = ["gradients", "occlusion", "attention"];
const HEIGHT = 120; // of the curve, in pixels
const SVG = "http://www.w3.org/2000/svg";
const root = element.querySelector(".why-view");
let method = "gradients";
let run = null;

function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const percent = (chance) => `${(100 * chance).toFixed(chance > 0.995 && chance < 1 ? 2 : 1)} %`;
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

// ---- one card --------------------------------------------------------------------------------

function card(state) {
  const made = make("article", "why-card");
  made.append(make("h3", "why-model", state.model), verdict(state));
  const notices = make("div", "why-notices");
  notices.setAttribute("role", "alert");
  notices.append(...state.warnings.map((warning) => say(warning, "p")));
  made.append(notices, reasons(state));
  if (state.why) made.append(opinion(state));
  if (state.flip) made.append(flip(state.flip));
  const goInside = () => {
    trigger("inside", { name: state.model, text: state.text });
    scrollTo(0, 0);
  };
  made.append(button(words.see_gates, "see-gates", goInside));
  return made;
}

function verdict(state) {
  const made = make("div", "why-verdict");
  const told = make("p", "why-verdict-told");
  const said = say(state.labels[state.said], "strong");
  told.append(said, ` ${percent(state.probabilities[state.said])}`, say(state.read, "span", "why-small"));
  const bar = make("div", "why-verdict-bar");
  const ends = make("div", "why-verdict-ends why-small");
  state.probabilities.forEach((chance, index) => {
    const part = make("span", `side-${index}`);
    part.style.flexGrow = chance;
    bar.append(part);
    const end = make("span", "");
    end.append(say(state.labels[index]), ` ${percent(chance)}`);
    ends.append(end);
  });
  bar.setAttribute("aria-hidden", "true");
  made.append(told, bar, ends);
  return made;
}

function reasons(state) {
  const made = make("section", "");
  const known = METHODS.filter((name) => state.why?.[name]);
  const shown = known.includes(method) ? method : known[0];
  made.append(say(words.why_words, "h4"));
  if (known.length) made.append(choice(known, shown));
  const values = state.why?.[shown];
  const largest = Math.max(1e-9, ...(values ?? []).map(Math.abs));
  const body = make("div", "why-body");
  body.tabIndex = 0;
  body.setAttribute("role", "group");
  state.pieces.forEach(([gap, text], index) => {
    const token = make("b", "", text);
    if (values) {
      const share = Math.abs(values[index]) / largest;
      const side = shown === "attention" ? "neutral" : values[index] < 0 ? "against" : "for";
      token.className = share > 0.03 ? side : "";
      if (share > 0.25) token.classList.add("strong");
      token.style.setProperty("--share", share.toFixed(3));
    }
    token.figures = state.why && figures(state.why, index);
    body.append(gap, token);
  });
  body.append(make("span", "why-small", state.rest));
  if (state.is_cut) body.append(say(words.not_read, "span", "why-small why-cut"));
  made.append(body);
  if (values) made.append(legend(state, shown));
  if (values && shown === "gradients" && state.why.missing) made.append(say(state.why.missing, "p", "why-small"));
  return made;
}

function choice(known, shown) {
  const made = make("div", "why-choice");
  for (const name of known) {
    const choose = () => {
      method = name;
      draw();
      root.querySelector(".why-choice [aria-pressed=true]")?.focus();
    };
    const chosen = button(words[`by_${name}`], "", choose);
    chosen.setAttribute("aria-pressed", name === shown);
    made.append(chosen);
  }
  return made;
}

function legend(state, shown) {
  const made = make("div", "why-legend why-small");
  made.append(say(words[`by_${shown}_info`], "p"));
  if (shown === "attention") return made;
  const scale = make("span", "scale");
  const other = state.labels.length === 2 ? state.labels[0] : null;
  if (other) scale.append(say(other));
  for (const [side, share] of [["against", 1], ["against", 0.5], ["", 0], ["for", 0.5], ["for", 1]]) {
    const swatch = make("b", `${side} ${share > 0.25 ? "strong" : ""}`, " ");
    swatch.style.setProperty("--share", share);
    scale.append(swatch);
  }
  scale.append(say(state.why.label));
  made.append(scale, say(words.why_hint, "span"));
  return made;
}

function figures(why, index) {
  const rows = [[words.log_odds, signed(why.gradients[index])], [words.left_out, signed(why.occlusion[index])]];
  if (why.attention) rows.push([words.attention_share, percent(why.attention[index])]);
  return rows;
}

// The curve stands over the text itself, each point over its word; both scroll together.
function opinion(state) {
  const { why } = state;
  const [tokens, fromStart, fromEnd] = why.opinion;
  const made = make("section", "");
  const strip = make("div", "opinion");
  strip.tabIndex = 0;
  const inner = make("div", "opinion-inner");
  const line = make("div", "opinion-text");
  const spans = state.pieces.map(([, text]) => make("span", "", text));
  line.append(...spans);
  const chart = svg("svg", { height: HEIGHT, role: "img" });
  chart.setAttribute("aria-label", words.opinion[document.documentElement.lang] ?? words.opinion.en);
  inner.append(chart, line);
  strip.append(inner);
  tokens.forEach((token, k) => {
    spans[token].figures = [[words.from_start, percent(fromStart[k])], [words.from_end, percent(fromEnd[k])]];
  });
  const plot = () => {
    const width = line.scrollWidth;
    if (!width) return;
    chart.setAttribute("width", width);
    const y = (chance) => 6 + (HEIGHT - 12) * (1 - chance);
    const x = (token) => spans[token].offsetLeft + spans[token].offsetWidth / 2;
    const path = (chances) => chances.map((chance, k) => `${k ? "L" : "M"}${x(tokens[k]).toFixed(1)} ${y(chance).toFixed(1)}`).join("");
    const dots = fromStart.map((chance, k) => svg("circle", { class: "from-start", cx: x(tokens[k]), cy: y(chance), r: 2.5 }));
    chart.replaceChildren(
      ...[0, 0.5, 1].map((chance) => svg("line", { class: chance === 0.5 ? "even" : "edge", x1: 0, x2: width, y1: y(chance), y2: y(chance) })),
      svg("path", { class: "from-end", d: path(fromEnd) }),
      svg("path", { class: "from-start", d: path(fromStart) }),
      ...dots,
    );
  };
  new ResizeObserver(plot).observe(line);
  const key = make("p", "why-small opinion-key");
  const entry = (line, word) => {
    const made = make("span", "opinion-entry");
    made.append(make("i", line), say(word));
    return made;
  };
  key.append(say(why.opinion_label), entry("from-start", words.from_start), entry("from-end", words.from_end));
  made.append(say(words.opinion, "h4"), key, strip);
  return made;
}

function flip({ parts, told }) {
  const made = make("section", "");
  made.append(say(words.flip, "h4"));
  if (parts.length) {
    const body = make("p", "flip-body");
    for (const [kind, text] of parts) {
      body.append(kind ? make(kind === "old" ? "del" : "ins", "", text) : text);
      if (kind === "old") body.append(" ");
    }
    made.append(body);
  }
  made.append(say(told, "p", "why-small"));
  return made;
}

// ---- figures of a word -----------------------------------------------------------------------

const PARTS = ".why-body b, .opinion-text span";

function told({ figures, textContent }) {
  const rows = figures?.map(([word, value]) => make("div", "", say(word), make("span", "", value)));
  return rows && [make("strong", "", textContent), ...rows];
}

// ---- the frame -------------------------------------------------------------------------------

const alert = make("div", "text-alert");
alert.setAttribute("role", "alert");
const list = make("div", "why-list");
const empty = say(words.verdict_empty, "p", "text-empty");
const status = make("p", "why-small why-status");
status.setAttribute("role", "status");
root.append(alert, empty, list, status);
const hint = new Hint(root, "why-hint", { parts: PARTS, body: ".why-body", tell: told });

// The cards are drawn again as more becomes known: what was scrolled, focused and looked at stays.
function wayBack() {
  const boxes = () => [...list.children].map((each) => [...each.querySelectorAll(".why-body, .opinion")]);
  const places = boxes().map((row) => row.map((box) => [box.scrollLeft, box.scrollTop, box === document.activeElement]));
  const looked = [...list.querySelectorAll(PARTS)].indexOf(hint.looked);
  return () => {
    boxes().forEach((row, k) => row.forEach((box, j) => {
      const [left, top, focused] = places[k]?.[j] ?? [0, 0, false];
      box.scrollTo(left, top);
      if (focused) box.focus({ preventScroll: true });
    }));
    hint.look(list.querySelectorAll(PARTS)[looked]);
  };
}

function draw() {
  const state = props.value;
  if (!state || !state.run) return;
  const cards = JSON.parse(state.cards);
  alert.replaceChildren(...(state.error ? [say(state.error, "p")] : []));
  const goBack = state.run === run ? wayBack() : () => hint.look(null);
  list.replaceChildren(...cards.map(card));
  goBack();
  root.classList.toggle("is-empty", cards.length === 0 && !state.error);
  Object.assign(root.dataset, { run: state.run, done: state.done });
  status.replaceChildren(...say(state.status).childNodes);
  // On a narrow screen the verdict is below the controls.
  const isNew = run !== null && state.run !== run;
  run = state.run;
  if (isNew && root.getBoundingClientRect().top > innerHeight * 0.7) root.scrollIntoView({ behavior: "smooth" });
}

watch("value", draw);
draw();
