// What the views make elements with; it stands before a view's own files. What a visitor wrote gets
// into the page as text, never by innerHTML.

const words = props.words;

function make(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

// A sentence in both languages; page.css shows one. Values go into its braces.
function say(sentence, tag = "span", className = "", values = {}) {
  const made = make(tag, className);
  for (const [language, text] of Object.entries(sentence ?? {})) {
    const filled = text.replace(/\{(\w+)\}/g, (all, key) => values[key]?.[language] ?? values[key] ?? all);
    const part = make("span", "", filled);
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

const visible = (text) => text.replaceAll("\n", "↵").replaceAll(" ", "␣").replaceAll("\t", "⇥");

function save(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
