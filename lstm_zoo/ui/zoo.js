// Shows the models that zoo_cards.py wrote, as cards or as a table, filtered; a button of a model
// becomes an event of the component.

const ACTIONS = ["use", "inside", "card", "measure", "download"];
const FILTERS = ["task", "language"];
const root = element.querySelector(".zoo");
const isPhone = matchMedia("(max-width: 640px)").matches;
const chosen = { task: "", language: "", view: isPhone ? "cards" : "table" };

function show() {
  root.dataset.view = chosen.view;
  for (const button of root.querySelectorAll("[data-choice]")) {
    button.setAttribute("aria-pressed", chosen[button.dataset.choice] === button.value);
  }
  const models = [...root.querySelectorAll("[data-name]")];
  for (const model of models) {
    model.hidden = FILTERS.some((key) => chosen[key] && chosen[key] !== model.dataset[key]);
  }
  root.querySelector(".zoo-nothing").hidden = models.some((model) => !model.hidden);
}

function draw() {
  const opened = Array.from(root.querySelectorAll("details[open]"), (details) => details.dataset.key);
  const { dataset, value } = root.contains(document.activeElement) ? document.activeElement : {};
  root.innerHTML = props.value;
  for (const details of root.querySelectorAll("details")) details.open = opened.includes(details.dataset.key);
  show();
  const same = (button) => button.value === value && button.dataset.action === dataset?.action;
  [...root.querySelectorAll("[data-action]")].find((button) => button.offsetParent && same(button))?.focus();
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { choice, action } = button.dataset;
  if (choice) {
    chosen[choice] = button.value;
    show();
  } else if (ACTIONS.includes(action)) {
    trigger(action, { name: button.value });
    if (action === "use" || action === "inside") scrollTo(0, 0);
  }
});

watch("value", draw);
draw();
trigger("refresh"); // others may have downloaded models since the page was built
