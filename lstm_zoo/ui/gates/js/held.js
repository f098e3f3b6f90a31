// A continuation before and after a unit was held still, the difference marked.

const box = element.querySelector(".gates-held");
let shownRun = null;

function passage(title, prompt, text, same) {
  const card = make("article", "text-card");
  const head = make("header", "text-head");
  head.append(say(title, "h3"));
  const body = make("div", "text-body");
  body.tabIndex = 0;
  const marked = make("mark", "", text.slice(same));
  body.append(make("span", "prompt", prompt), make("span", "", text.slice(0, same)), marked);
  card.append(head, body);
  return card;
}

function showHeld() {
  const state = props.value;
  if (!state || state.run === shownRun) return;
  shownRun = state.run;
  box.dataset.run = state.run;
  box.dataset.done = state.done;
  const parts = [];
  if (state.error) {
    const alert = make("div", "text-alert");
    alert.setAttribute("role", "alert");
    alert.append(say(state.error, "p"));
    parts.push(alert);
  }
  if (state.status) {
    const status = say(state.status, "p", "gates-told");
    status.setAttribute("role", "status");
    parts.push(status);
  }
  if (state.before !== undefined) {
    const pair = make("div", "text-list");
    pair.append(
      passage(words.gates_before, state.prompt, state.before, state.same),
      passage(words.gates_after, state.prompt, state.after, state.same),
    );
    const both = () => `${tell(words.gates_before)}\n${state.prompt}${state.before}\n\n${tell(words.gates_after)}\n${state.prompt}${state.after}\n`;
    parts.push(pair, button(words.gates_save_texts, "", () => save("held.txt", both(), "text/plain")));
  }
  box.replaceChildren(...parts);
}

watch("value", showHeld);
showHeld();
