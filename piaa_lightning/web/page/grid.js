// The order of all photographs as tiles that move to their new places.

import { small } from "./api.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const MOVING = 80; // tiles that are animated; those far below are not seen

export class Grid {
  constructor(element, more, look, wantMore) {
    this.element = element;
    this.look = look;
    this.tiles = new Map();
    this.photos = [];
    this.total = 0;
    this.changed = () => {}; // called whenever other tiles are there
    new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting) && this.photos.length < this.total) wantMore(this.photos.length);
    }, { rootMargin: "800px" }).observe(more);
  }

  show(photos, total) {
    const before = this.places();
    this.photos = photos;
    this.total = total;
    const kept = new Set(photos.map((photo) => photo.id));
    for (const [id, tile] of this.tiles) if (!kept.has(id)) { tile.remove(); this.tiles.delete(id); }
    this.element.append(...photos.map((photo) => this.tile(photo)));
    this.changed();
    this.move(before);
  }

  add(photos) {
    const fresh = photos.filter((photo) => !this.tiles.has(photo.id));
    this.photos.push(...fresh);
    this.element.append(...fresh.map((photo) => this.tile(photo)));
    this.changed();
  }

  tile(photo) {
    let item = this.tiles.get(photo.id);
    if (!item) {
      item = document.createElement("li");
      item.innerHTML = `<button type="button" class="tile"><div class="picture"><img alt="" loading="lazy" decoding="async">
        <span class="place"></span><span class="given"></span><span class="group"></span></div><div class="scale"><i class="usual"></i><i class="guess"></i><i class="mine"></i></div>
        <div class="words"><span></span><span></span></div></button>`;
      item.querySelector("img").src = small(photo);
      item.firstElementChild.addEventListener("click", () => this.look(photo.id));
      item.dataset.id = photo.id;
      this.tiles.set(photo.id, item);
    }
    fill(item, photo);
    return item;
  }

  places() {
    const found = new Map();
    if (still.matches) return found;
    for (const photo of this.photos.slice(0, MOVING)) {
      const tile = this.tiles.get(photo.id);
      if (tile) found.set(photo.id, tile.getBoundingClientRect());
    }
    return found;
  }

  move(before) {
    for (const photo of this.photos.slice(0, MOVING)) {
      const from = before.get(photo.id);
      if (!from) continue;
      const tile = this.tiles.get(photo.id);
      const to = tile.getBoundingClientRect();
      const x = from.left - to.left, y = from.top - to.top;
      if (x || y) tile.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: 450, easing: "cubic-bezier(.2,.7,.2,1)" });
    }
  }
}

function fill(item, photo) {
  const share = (score) => `${Math.max(0, Math.min(1, (score - 1) / 4)) * 100}%`;
  item.querySelector(".place").textContent = photo.place;
  const given = item.querySelector(".given");
  const mark = { pick: "⚑", reject: "✕" }[photo.mark] || "";
  given.textContent = `${mark}${"★".repeat(Math.floor(photo.stars || 0))}${photo.stars % 1 ? "½" : ""}`;
  given.hidden = !given.textContent;
  const group = item.querySelector(".group");
  group.hidden = photo.group < 2;
  group.textContent = `+${photo.group - 1}`;
  item.firstElementChild.classList.toggle("rejected", photo.mark === "reject");
  item.querySelector("i.mine").style.left = share(photo.stars);
  item.querySelector("i.mine").hidden = !photo.stars;
  item.querySelector("i.guess").style.left = share(photo.score);
  item.querySelector("i.usual").style.left = share(photo.generic);
  const [name, moved] = item.querySelectorAll(".words span");
  name.textContent = photo.name.split("/").pop();
  const up = photo.generic_place - photo.place;
  moved.textContent = up > 0 ? `▲ ${up}` : up < 0 ? `▼ ${-up}` : "";
  moved.className = up > 0 ? "up" : "down";
  const alike = photo.group > 1 ? `, and ${photo.group - 1} more like it` : "";
  const marked = { pick: ", picked", reject: ", rejected" }[photo.mark] || "";
  const mine = photo.stars ? `you gave ${photo.stars}, expected ${photo.score}` : `expected of you ${photo.score}`;
  item.firstElementChild.setAttribute("aria-label",
    `Place ${photo.place}: ${photo.name}, ${mine}, of anybody ${photo.generic}${marked}${alike}`);
}
