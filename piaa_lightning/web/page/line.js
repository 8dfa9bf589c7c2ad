// A line in the order between what is kept and what is not: dragged, or moved by keys; what is below is rejected at once.

import { post, say } from "./api.js";

const by = (id) => document.getElementById(id);
const ORDERED = new Set(["best", "all", "unrated"]); // choices that are shown in the order

export class Line {
  constructor(grid, page, show) {
    this.grid = grid;
    this.page = page;
    this.open = false;
    this.at = 0; // photographs above it
    this.element = document.createElement("li");
    this.element.className = "line";
    this.element.innerHTML = '<button type="button" role="slider" aria-label="Keep what is above" aria-valuemin="0" aria-orientation="vertical"><span></span></button>';
    this.handle = this.element.firstElementChild;
    grid.changed = () => this.draw();
    by("open-line").addEventListener("click", () => this.toggle());
    by("line-reject").addEventListener("click", () => this.reject(show));
    this.handle.addEventListener("pointerdown", (event) => { this.handle.setPointerCapture(event.pointerId); event.preventDefault(); this.handle.focus(); });
    this.handle.addEventListener("pointermove", (event) => { if (this.handle.hasPointerCapture(event.pointerId)) this.drag(event); });
    this.handle.addEventListener("keydown", (event) => this.key(event));
  }

  get usable() { return ORDERED.has(this.page.show); }

  toggle() {
    this.open = !this.open;
    if (this.open) this.at = Math.ceil(this.grid.total / 2);
    this.draw();
    if (this.open) this.handle.focus();
  }

  move(at) {
    this.at = Math.max(0, Math.min(this.grid.photos.length, at));
    this.draw();
  }

  drag(event) {
    const tile = document.elementsFromPoint(event.clientX, event.clientY).find((one) => one.matches?.("#grid > li:not(.line)"));
    if (!tile) return;
    const { left, width } = tile.getBoundingClientRect();
    const place = this.grid.photos.findIndex((photo) => photo.id === tile.dataset.id);
    this.move(place + (event.clientX > left + width / 2 ? 1 : 0));
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(this.at + step);
    this.element.scrollIntoView({ block: "nearest" });
  }

  draw() {
    by("open-line").hidden = !this.usable || !this.grid.total;
    const shown = this.open && this.usable && this.grid.total > 0;
    by("open-line").setAttribute("aria-pressed", String(shown));
    by("line-bar").hidden = !shown;
    this.grid.photos.forEach((photo, place) => this.grid.tiles.get(photo.id)?.firstElementChild.classList.toggle("below", shown && place >= this.at && photo.mark !== "pick"));
    if (!shown) { this.element.remove(); return; }
    this.at = Math.min(this.at, this.grid.photos.length);
    this.settle();
    const below = this.grid.total - this.at;
    this.handle.setAttribute("aria-valuemax", String(this.grid.photos.length));
    this.handle.setAttribute("aria-valuenow", String(this.at));
    this.handle.setAttribute("aria-valuetext", `${this.at} above, ${below} below`);
    this.handle.firstElementChild.textContent = `↕ ${this.at} above, ${below} below`;
    by("line-reject").disabled = below === 0;
    by("line-reject").textContent = `Reject the ${below} below`;
  }

  // tiles go round the line: it would lose the pointer and the focus if it were taken out
  settle() {
    if (!this.element.isConnected) this.grid.element.append(this.element);
    const tiles = this.grid.photos.map((photo) => this.grid.tiles.get(photo.id));
    const follows = (tile) => this.element.compareDocumentPosition(tile) & Node.DOCUMENT_POSITION_FOLLOWING;
    for (const tile of tiles.slice(0, this.at)) if (follows(tile)) this.element.before(tile);
    for (const tile of tiles.slice(this.at).reverse()) if (!follows(tile)) this.element.after(tile);
  }

  async reject(show) {
    const { person, show: what } = this.page, last = this.grid.photos[this.at - 1];
    this.page.turn++;
    try {
      const told = await post("/api/line", { person, show: what, after: last ? last.id : "", count: this.grid.photos.length });
      this.open = false;
      show(told);
      say(`${told.rejected} rejected; Ctrl Z takes it back.`);
    } catch (error) { say(error.message); }
  }
}
