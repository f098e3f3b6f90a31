// What the component shows: one pane with its details, or two panes side by side.

const root = element.querySelector(".gates-view");
const messages = make("div", "gates-messages");
let run = null;

// Told to the controls below, once a visitor stops for a moment.
let stopping;
function picked(choice) {
  clearTimeout(stopping);
  stopping = setTimeout(() => trigger("picked", choice), 300);
}

function show() {
  const state = props.value;
  if (!state || state.run === run) return;
  run = state.run;
  hideHint();
  root.dataset.run = run;
  root.dataset.done = state.done;
  const parts = [];
  if (state.error) {
    const alert = say(state.error, "p");
    const box = make("div", "text-alert");
    box.setAttribute("role", "alert");
    box.append(alert);
    parts.push(box);
  }
  if (state.status) {
    const status = say(state.status, "p", "gates-empty");
    status.setAttribute("role", "status");
    parts.push(status);
  }
  messages.replaceChildren(...parts);
  // A mistake, or a wait, takes nothing away of what a visitor looks at.
  if (!state.panes?.length && root.panes?.length) return;
  const told = [];
  const panes = (state.panes ?? []).map(
    (each, index) =>
      new Pane(each, {
        onPick: ({ part, name, unit }) => picked({ name, unit, layer: each.parts[part].layer }),
        // The same step is looked at in both.
        onStep: (step) => panes.forEach((other, k) => k !== index && step < other.labels.length && other.pick({ step })),
      }),
  );
  if (panes.length === 1) {
    if (state.told) told.push(say(state.told, "p", "gates-told"));
    panes[0].box.append(new Details(panes[0]).box);
  }
  if (panes.length === 1) picked({ ...panes[0].at, layer: panes[0].state.parts[panes[0].at.part].layer });
  const grid = make("div", panes.length > 1 ? "gates-pair" : "");
  panes.forEach((pane, index) => {
    if (panes.length > 1) pane.box.prepend(make("h3", "gates-model", state.panes[index].model));
    grid.append(pane.box);
  });
  root.replaceChildren(messages, ...told, grid);
  root.panes = panes; // for whoever looks into the page
}

watch("value", show);
show();

// What is shown first is read when a visitor first comes to see it.
if (props.begins) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    trigger("begin");
  });
  seen.observe(element);
}
