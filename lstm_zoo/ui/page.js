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
  nameTabs();
}

// Gradio gives a tab its new name only once it was opened.
function nameTabs() {
  const names = JSON.parse(document.querySelector("[data-tabs]")?.dataset.tabs ?? "[]");
  const index = LANGUAGES.indexOf(document.documentElement.lang);
  for (const button of document.querySelectorAll(".tab-wrapper button")) {
    const text = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const name = names.find((known) => known.includes(text?.data.trim()))?.[index];
    if (name && text.data.trim() !== name) text.data = name;
  }
}
new MutationObserver(nameTabs).observe(document.documentElement, { childList: true, subtree: true });

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
const KEYS_PRESS = { "#prompt": "#write", "#review": "#classify", "#gates-text": "#gates-go" };

document.addEventListener(
  "keydown",
  (event) => {
    const writes = event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey);
    const [, button] = Object.entries(KEYS_PRESS).find(([box]) => event.target.closest(box)) ?? [];
    if (!writes || !button) return;
    event.preventDefault();
    event.stopPropagation();
    document.querySelector(`${button}:not([disabled])`)?.click();
  },
  { capture: true },
);
