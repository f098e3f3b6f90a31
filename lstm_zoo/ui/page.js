// The language of the page, and the keys that write. Runs once, as a module in the page's head.

const LANGUAGES = ["en", "zh-CN"];
const fitting = (wanted) => LANGUAGES.find((known) => wanted?.slice(0, 2) === known.slice(0, 2));

// Gradio translates labels by the browser's language and has a function to change it, which it keeps
// in a module of its own; the rest of the page is in both languages, and page.css shows one.
const module = document.querySelector('link[href*="/assets/core-"]');
const gradio = module ? import(module.href) : Promise.resolve({});

async function speak(language) {
  document.documentElement.lang = language;
  (await gradio).changeLocale?.(language);
}

speak(fitting(new URLSearchParams(location.search).get("lang")) ?? fitting(navigator.language) ?? "en");

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-choose]")?.dataset.choose;
  if (!chosen) return;
  speak(chosen);
  const address = new URL(location.href);
  address.searchParams.set("lang", chosen);
  history.replaceState(history.state, "", address); // a link to the page keeps the language
});

// The text box, and the button that its keys press.
const KEYS_PRESS = [["#prompt", "#write"], ["#gates-text", "#gates-go"]];

document.addEventListener(
  "keydown",
  (event) => {
    const writes = event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey);
    const pair = writes && KEYS_PRESS.find(([box]) => event.target.closest(box));
    if (!pair) return;
    event.preventDefault();
    event.stopPropagation();
    document.querySelector(`${pair[1]}:not([disabled])`)?.click();
  },
  { capture: true },
);
