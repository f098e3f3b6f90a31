// A button that brings the model and the series to the tab 'Gates', once there is a forecast.

const root = element.querySelector(".gates-link");

function draw() {
  const { name, text } = props.value ?? {};
  root.replaceChildren();
  if (!text) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "text-button see-gates";
  for (const [language, word] of Object.entries(props.words.series_gates)) {
    const part = document.createElement("span");
    part.textContent = word;
    part.lang = part.dataset.lang = language;
    button.append(part);
  }
  button.addEventListener("click", () => {
    trigger("inside", { name, text });
    scrollTo(0, 0);
  });
  root.append(button);
}

watch("value", draw);
draw();
