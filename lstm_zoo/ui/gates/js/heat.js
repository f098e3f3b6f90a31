// A heat map of one gate: a row for each unit, a column for each step. The bytes are painted once
// into an image of their own size; what is seen of it is copied from there, so moving costs little.

const GUTTER = 46;
const FOOT = 20;
const MOST_HEIGHT = 340;

class Heat {
  constructor(labels, { onChoose, onView }) {
    this.labels = labels;
    this.onChoose = onChoose;
    this.onView = onView; // told which steps are seen
    this.map = null;
    this.view = { x: 0, y: 0, w: 1, h: 1 }; // in steps and rows
    this.chosen = { step: 0, unit: 0 };
    this.box = make("div", "gates-heat");
    this.canvas = make("canvas", "");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", tell(words.gates_heat_label));
    this.box.append(this.canvas);
    this.image = make("canvas");
    new ResizeObserver(() => this.paint()).observe(this.box);
    this.listen();
  }

  show(map, keepView) {
    const before = this.map;
    this.map = map;
    this.bytes = Uint8Array.from(atob(map.data), (character) => character.charCodeAt(0));
    this.rows = map.order.length;
    this.steps = map.steps;
    this.rowOf = new Map(map.order.map((unit, row) => [unit, row]));
    const levels = new Uint32Array(256);
    for (let level = 0; level < 256; level++) {
      const share = map.signed ? (level - 1) / 254 : level / 255;
      const [r, g, b] = colourAt(share, map.signed).map(Math.round);
      levels[level] = (255 << 24) | (b << 16) | (g << 8) | r;
    }
    this.image.width = this.steps;
    this.image.height = this.rows;
    const context = this.image.getContext("2d");
    const picture = context.createImageData(this.steps, this.rows);
    const pixels = new Uint32Array(picture.data.buffer);
    for (let k = 0; k < pixels.length; k++) pixels[k] = levels[this.bytes[k]];
    context.putImageData(picture, 0, 0);
    const fits = before && before.steps === map.steps && before.order.length === this.rows;
    if (!keepView || !fits) this.view = { x: 0, y: 0, w: this.steps, h: this.rows };
    this.paint();
  }

  valueAt(row, step) {
    const level = this.bytes[row * this.steps + step];
    return this.map.signed ? ((level - 128) / 127) * this.map.scale : level / 255;
  }

  choose({ step, unit }) {
    this.chosen = { step, unit };
    this.paint();
  }

  // The row of a unit; in a group of units, the group's.
  rowFor(unit) {
    return this.rowOf.get(unit) ?? (this.map.group > 1 ? -1 : 0);
  }

  paint() {
    if (!this.map || !this.box.clientWidth) return;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    const ratio = devicePixelRatio || 1;
    const width = this.box.clientWidth;
    const height = clamp(this.rows * 8, 110, MOST_HEIGHT) + FOOT;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.height = `${height}px`;
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const area = (this.area = { x: GUTTER, y: 0, w: width - GUTTER, h: height - FOOT });
    const { x, y, w, h } = this.view;
    // Smoothed where many cells share a pixel, sharp where a cell has several.
    context.imageSmoothingEnabled = area.w / w < 1 || area.h / h < 1;
    context.drawImage(this.image, x, y, w, h, area.x, area.y, area.w, area.h);
    this.paintAxes(context, area);
    this.paintChosen(context, area);
    this.onView(x, w);
  }

  paintAxes(context, area) {
    const style = getComputedStyle(this.box);
    context.fillStyle = style.color;
    context.font = `11px ${style.fontFamily}`;
    context.textBaseline = "middle";
    context.textAlign = "right";
    const tall = area.h / this.view.h;
    const every = Math.max(1, Math.ceil(14 / tall));
    for (let row = Math.ceil(this.view.y); row < this.view.y + this.view.h; row++) {
      if (tall < 4 || row % every) continue;
      context.fillText(this.map.order[row], GUTTER - 6, area.y + (row + 0.5 - this.view.y) * tall);
    }
    if (tall < 4) {
      context.fillText(this.map.order.length * this.map.group, GUTTER - 6, area.h / 2 - 8);
      context.fillText(tell(words.gates_units), GUTTER - 6, area.h / 2 + 8);
    }
    context.textAlign = "center";
    const wide = area.w / this.view.w;
    const longest = this.labels.some((label) => label.length > 1) ? 40 : 9;
    const showsLabels = wide >= longest;
    const gap = showsLabels ? 1 : niceStep(60 / wide);
    for (let step = Math.ceil(this.view.x / gap) * gap; step < this.view.x + this.view.w; step += gap) {
      const at = area.x + (step + 0.5 - this.view.x) * wide;
      const text = showsLabels ? visible(this.labels[step] ?? "") : step;
      if (at < area.x + area.w) context.fillText(text, at, area.h + FOOT / 2 + 1);
    }
  }

  paintChosen(context, area) {
    const wide = area.w / this.view.w;
    const tall = area.h / this.view.h;
    const row = this.rowFor(this.chosen.unit);
    const top = area.y + (row - this.view.y) * tall;
    const left = area.x + (this.chosen.step - this.view.x) * wide;
    context.save();
    context.beginPath();
    context.rect(area.x, area.y - 1, area.w, area.h + 2);
    context.clip();
    context.strokeStyle = isDark() ? "#fafaf9" : "#1c1917";
    context.lineWidth = 1;
    context.globalAlpha = 0.85;
    context.strokeRect(area.x - 1, Math.round(top) - 0.5, area.w + 2, Math.max(tall, 2) + 1);
    context.globalAlpha = 0.45;
    context.strokeRect(Math.round(left) - 0.5, area.y - 1, Math.max(wide, 1) + 1, area.h + 2);
    context.restore();
    if (row < 0) return;
    context.fillStyle = getComputedStyle(this.box).getPropertyValue("--color-accent");
    context.beginPath();
    const y = clamp(top + tall / 2, area.y, area.y + area.h);
    context.moveTo(area.x - 1, y);
    context.lineTo(area.x - 6, y - 4);
    context.lineTo(area.x - 6, y + 4);
    context.fill();
  }

  async savePicture(name) {
    this.canvas.toBlob((blob) => save(name, blob));
  }
}

function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((k) => k * power).find((k) => k >= least) ?? 10 * power;
}
