// How the heat map is moved and read: drag, Ctrl + wheel, two fingers, keys.

Heat.prototype.cellAt = function (clientX, clientY) {
  const box = this.canvas.getBoundingClientRect();
  const x = clientX - box.left - this.area.x;
  const y = clientY - box.top - this.area.y;
  if (x < 0 || y < 0 || x >= this.area.w || y >= this.area.h) return null;
  const step = Math.floor(this.view.x + (x / this.area.w) * this.view.w);
  const row = Math.floor(this.view.y + (y / this.area.h) * this.view.h);
  return { step: clamp(step, 0, this.steps - 1), row: clamp(row, 0, this.rows - 1) };
};

// Zooms about a place given as shares of the area.
Heat.prototype.zoom = function (factor, atX = 0.5, atY = 0.5) {
  const { x, y, w, h } = this.view;
  const newW = clamp(w / factor, Math.min(12, this.steps), this.steps);
  const newH = clamp(h / factor, Math.min(6, this.rows), this.rows);
  this.view = { x: x + (w - newW) * atX, y: y + (h - newH) * atY, w: newW, h: newH };
  this.keepInside();
};

Heat.prototype.keepInside = function () {
  this.view.x = clamp(this.view.x, 0, this.steps - this.view.w);
  this.view.y = clamp(this.view.y, 0, this.rows - this.view.h);
  this.paint();
};

Heat.prototype.whole = function () {
  this.view = { x: 0, y: 0, w: this.steps, h: this.rows };
  this.paint();
};

// Moves the view so that the chosen cell is in it.
Heat.prototype.reveal = function () {
  if (!this.map) return;
  const row = this.rowFor(this.chosen.unit);
  const { x, y, w, h } = this.view;
  if (this.chosen.step < x || this.chosen.step + 1 > x + w) this.view.x = this.chosen.step - w / 2;
  if (row < y || row + 1 > y + h) this.view.y = row - h / 2;
  this.keepInside();
};

Heat.prototype.listen = function () {
  const fingers = new Map();
  let moved = false;
  const canvas = this.canvas;
  canvas.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    moved = false;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!this.map || !this.area) return;
    const last = fingers.get(event.pointerId);
    if (!last) return this.point(event);
    const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
    if (!moved && Math.hypot(dx, dy) < 5) return;
    moved = true;
    hideHint();
    if (fingers.size === 1) {
      this.view.x -= (dx / this.area.w) * this.view.w;
      this.view.y -= (dy / this.area.h) * this.view.h;
      this.keepInside();
    } else {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(last[0] - other[0], last[1] - other[1]);
      const after = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
      this.zoom(after / Math.max(before, 1));
    }
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  const release = (event) => {
    if (!fingers.delete(event.pointerId) || moved || event.type === "pointercancel") return;
    const cell = this.cellAt(event.clientX, event.clientY);
    if (cell) this.onChoose({ step: cell.step, unit: this.map.order[cell.row] });
    this.point(event);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", hideHint);
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left - this.area.x) / this.area.w;
    const y = (event.clientY - box.top - this.area.y) / this.area.h;
    this.zoom(Math.exp(-event.deltaY / 250), clamp(x, 0, 1), clamp(y, 0, 1));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => {
    const box = canvas.getBoundingClientRect();
    this.zoom(2, (event.clientX - box.left - this.area.x) / this.area.w, (event.clientY - box.top) / this.area.h);
  });
  canvas.addEventListener("keydown", (event) => this.key(event));
};

Heat.prototype.point = function (event) {
  const cell = this.cellAt(event.clientX, event.clientY);
  if (!cell) return hideHint();
  const value = number(this.valueAt(cell.row, cell.step));
  const unit = this.map.order[cell.row];
  const last = this.map.order[cell.row + 1] === undefined ? unit : unit + this.map.group - 1;
  const head = make("div", "");
  head.append(say(words.gates_unit), ` ${this.map.group > 1 ? `${unit} …` : last}`);
  const step = make("div", "");
  step.append(say(words.gates_step), ` ${cell.step}  ${visible(this.labels[cell.step] ?? "")}`);
  const level = this.bytes[cell.row * this.steps + cell.step];
  const strong = make("strong", "", value);
  if (this.map.signed && (level <= 1 || level === 255)) strong.append(" ", say(words.gates_more));
  showHint([head, step, strong], event.clientX, event.clientY);
};

Heat.prototype.key = function (event) {
  if (!this.map || event.ctrlKey || event.metaKey) return;
  const { step, unit } = this.chosen;
  const row = this.rowFor(unit);
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const zooms = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 };
  if (event.key in moves) {
    const [dx, dy] = moves[event.key];
    const to = this.map.order[clamp(row + dy, 0, this.rows - 1)];
    this.onChoose({ step: clamp(step + dx, 0, this.steps - 1), unit: to });
    this.reveal();
  } else if (event.key in zooms) {
    this.zoom(zooms[event.key], (step - this.view.x) / this.view.w, (row - this.view.y) / this.view.h);
  } else if (event.key === "0" || event.key === "Escape") {
    this.whole();
  } else {
    return;
  }
  event.preventDefault();
};
