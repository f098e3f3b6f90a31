// A box beside the letter or word that a pointer, a finger or the arrow keys have come to.

class Hint {
  // parts: selects what it tells of; body: where arrow keys walk from <b> to <b>; tell: makes
  // elements for a part, or nothing.
  constructor(root, className, { parts, body, tell }) {
    this.tell = tell;
    this.looked = null;
    this.box = make("div", `text-hint ${className}`);
    this.box.setAttribute("role", "status");
    root.append(this.box);
    const lookAt = (event) => this.look(event.target.closest?.(parts));
    const away = () => this.look(null);
    root.addEventListener("pointerover", lookAt);
    root.addEventListener("click", lookAt);
    root.addEventListener("pointerleave", away);
    root.addEventListener("focusout", away);
    root.addEventListener("scroll", () => this.hasMoved() && away(), { capture: true, passive: true });
    root.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const walked = event.target.closest(body);
      if (event.key === "Escape") away();
      if (!walked || !step) return;
      event.preventDefault();
      this.walk([...walked.querySelectorAll("b")], step);
    });
  }

  look(part) {
    this.looked?.classList.remove("looked");
    const told = part && this.tell(part);
    this.looked = told ? part : null;
    this.box.classList.toggle("shown", Boolean(told));
    if (!told) return;
    part.classList.add("looked");
    this.box.replaceChildren(...told);
    const at = (this.at = part.getBoundingClientRect());
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const left = Math.min(Math.max(8, at.left - 16), document.documentElement.clientWidth - width - 8);
    const above = at.top - height - 8;
    this.box.style.left = `${left}px`;
    this.box.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  }

  // The event of a scroll that brought the part here comes when the box lies beside it already.
  hasMoved() {
    const { left, top } = this.looked?.getBoundingClientRect() ?? {};
    return left !== this.at?.left || top !== this.at?.top;
  }

  walk(parts, step) {
    const next = parts[parts.includes(this.looked) ? parts.indexOf(this.looked) + step : 0];
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    this.look(next);
  }
}
