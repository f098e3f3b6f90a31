// What all views of the tab use: words, colours, drawings as files. The files of this folder are put
// one after the other and run for each component.

const SVG = "http://www.w3.org/2000/svg";
// Okabe & Ito's colours, told apart by nearly everybody; states have their own, below.
const HUES = {
  input: "#0072b2",
  forget: "#d55e00",
  output: "#009e73",
  cell: "#b0508a",
  c: "#b8860b",
  h: "#3d8fc4",
  n: "#7b7fd1",
  m: "#8a8580",
  tanh_c: "#8a6d3b",
};
const SPARE_HUES = ["#0072b2", "#d55e00", "#009e73", "#b0508a", "#b8860b", "#3d8fc4"];
const hueOf = (name, index = 0) => HUES[name] ?? SPARE_HUES[index % SPARE_HUES.length];
const isDark = () => document.body.classList.contains("dark") || document.documentElement.classList.contains("dark");
const isChinese = () => document.documentElement.lang.startsWith("zh");
const SIGNED = new Set(["cell", "new", "c", "h", "tanh_c"]);

const tell = (sentence, values = {}) =>
  (sentence?.[isChinese() ? "zh-CN" : "en"] ?? "").replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
const nameOf = (name) => words[`gates_name_${name}`] ?? { en: name, "zh-CN": name };

function draw(tag, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== "") made.textContent = text;
  return made;
}

// A choice of one: a row of buttons, walked by arrow keys like radio buttons.
function choice(title, entries, chosen, action) {
  const box = make("div", "choice gates-choice");
  box.setAttribute("role", "radiogroup");
  if (title) box.append(say(title, "span", "choice-title"));
  const buttons = entries.map(([value, label]) => {
    const made = say(label, "button", "");
    made.type = "button";
    made.value = value;
    made.setAttribute("role", "radio");
    made.addEventListener("click", () => { box.choose(value); action(value); });
    return made;
  });
  box.choose = (value) => buttons.forEach((each) => {
    each.setAttribute("aria-checked", each.value === String(value));
    each.setAttribute("aria-pressed", each.value === String(value));
    each.tabIndex = each.value === String(value) ? 0 : -1;
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  });
  box.append(...buttons);
  box.choose(chosen);
  return box;
}

const number = (value, digits = 2) => value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1").replace("-", "−");
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// ---- colours -----------------------------------------------------------------------------------

const mix = (a, b, t) => a.map((part, index) => part + (b[index] - part) * t);
function ramp(stops, t) {
  const place = clamp(t, 0, 1) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  return mix(stops[low], stops[low + 1], place - low);
}
// Blue, neutral, orange: a diverging scale that does not need red and green to be told apart.
const DIVERGING = [[[17, 76, 138], [96, 160, 214], [247, 246, 243], [240, 160, 80], [158, 70, 6]], [[130, 196, 255], [46, 112, 176], [30, 28, 26], [184, 94, 24], [255, 190, 120]]];
const RISING = [[[250, 250, 249], [133, 196, 188], [15, 118, 110], [4, 52, 48]], [[28, 25, 23], [17, 82, 76], [32, 166, 152], [176, 246, 236]]];
const colourAt = (share, signed) => ramp((signed ? DIVERGING : RISING)[isDark() ? 1 : 0], share);

// A colour to lie behind text: one hue for each sign, its strength the size.
function tint(value, signed, scale) {
  const share = clamp(Math.abs(value) / (scale || 1), 0, 1);
  if (!signed) return `rgb(13 148 136 / ${(share * 0.62).toFixed(3)})`;
  return value < 0 ? `rgb(37 120 200 / ${(share * 0.7).toFixed(3)})` : `rgb(230 126 20 / ${(share * 0.7).toFixed(3)})`;
}

function scaleBar(signed, scale, low, high) {
  const bar = make("span", "gates-scale");
  const strip = make("i", "");
  const shades = Array.from({ length: 9 }, (_, k) => {
    const value = signed ? (k / 4 - 1) * scale : (k / 8) * scale;
    return tint(value, signed, scale);
  });
  strip.style.background = `linear-gradient(90deg, ${shades.join(",")})`;
  bar.append(low, strip, high);
  return bar;
}

// ---- the pointer's note, and downloads -----------------------------------------------------------

const hint = make("div", "text-hint gates-hint");
element.append(hint);
function showHint(lines, x, y) {
  hint.replaceChildren(...lines.map((line) => (line instanceof Node ? line : make("div", "", line))));
  hint.classList.add("shown");
  const left = clamp(x + 14, 8, document.documentElement.clientWidth - hint.offsetWidth - 8);
  const top = y + hint.offsetHeight + 24 < innerHeight ? y + 16 : y - hint.offsetHeight - 12;
  hint.style.left = `${left}px`;
  hint.style.top = `${top}px`;
}
const hideHint = () => hint.classList.remove("shown");

// Drawings, one below the other, as a file of their own: what the page's style says goes into it.
function saveDrawings(drawings, name) {
  const sheet = draw("svg", { xmlns: SVG });
  let [width, height] = [0, 0];
  for (const drawing of drawings) {
    const copy = drawing.cloneNode(true);
    const box = drawing.viewBox.baseVal;
    for (const [key, value] of Object.entries({ y: height, width: box.width, height: box.height })) {
      copy.setAttribute(key, value);
    }
    sheet.append(copy);
    width = Math.max(width, box.width);
    height += box.height;
  }
  sheet.setAttribute("viewBox", `0 0 ${width} ${height}`);
  sheet.setAttribute("width", width);
  sheet.setAttribute("height", height);
  const style = getComputedStyle(drawings[0]);
  const font = style.fontFamily.replaceAll('"', "'");
  const ground = isDark() ? "#1c1917" : "#ffffff";
  sheet.setAttribute("style", `color:${style.color};font-family:${font};background:${ground}`);
  save(name, new XMLSerializer().serializeToString(sheet), "image/svg+xml");
}

const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
const csv = (rows) => rows.map((row) => row.map((cell) => (typeof cell === "string" ? quoted(cell) : cell)).join(",")).join("\n") + "\n";

// A call of the server whose later call makes an earlier one's answer worthless.
function latest(call, use) {
  let turn = 0;
  return async (...values) => {
    const mine = ++turn;
    let answer;
    try {
      answer = await call(...values);
    } catch {
      answer = { error: words.gates_no_answer };
    }
    if (mine === turn) use(answer, ...values);
  };
}
