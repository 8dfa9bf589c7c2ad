// One photograph, large: stars, what the score looks at, crops.

import { get, large, say, small } from "./api.js";
import { makeStars } from "./stars.js";

const dialog = document.getElementById("look");
const picture = document.getElementById("look-picture");
const map = document.getElementById("look-map");
const box = document.getElementById("look-box");
const crops = document.getElementById("crops");
const mapButton = document.getElementById("show-map");

export class Look {
  constructor(photos, person, rate) {
    this.photos = photos; // returns the photographs in the order that is shown
    this.person = person;
    this.rate = rate;
    this.photo = null;
    this.paint = makeStars(document.getElementById("look-stars"), (stars) => this.give(stars));
    document.getElementById("previous").addEventListener("click", () => this.step(-1));
    document.getElementById("following").addEventListener("click", () => this.step(1));
    document.getElementById("show-crops").addEventListener("click", () => this.showCrops());
    mapButton.addEventListener("click", () => this.showMap());
    map.addEventListener("load", () => picture.closest(".stack").classList.remove("busy"));
    map.addEventListener("error", () => { if (!map.hidden) { say("The map could not be made."); this.hideMap(); } });
  }

  get open() { return dialog.open; }

  show(photo) {
    this.photo = photo;
    this.hideMap();
    this.hideCrops();
    picture.closest(".stack").style.setProperty("--ratio", photo.width / photo.height);
    picture.src = large(photo);
    this.refresh(photo);
    if (!dialog.open) dialog.showModal();
  }

  refresh(photo) {
    this.photo = photo;
    document.getElementById("look-name").textContent = photo.name;
    document.getElementById("look-facts").textContent =
      `Place ${photo.place}. ${photo.stars ? `You gave ${photo.stars}; by your other stars it would be ${photo.score.toFixed(1)}`
        : `Expected of you: ${photo.score.toFixed(1)} ± ${photo.uncertainty.toFixed(1)}`}. Anybody: place ${photo.generic_place}, ${photo.generic.toFixed(1)}.`;
    this.paint(photo.stars);
  }

  async give(stars) {
    await this.rate(this.photo, stars);
    const now = this.photos().find((photo) => photo.id === this.photo.id);
    this.refresh(now || { ...this.photo, stars });
  }

  step(by) {
    const photos = this.photos();
    const place = photos.findIndex((photo) => photo.id === this.photo.id);
    const next = photos[place + by];
    if (next) this.show(next);
  }

  showMap() {
    if (!map.hidden) { this.hideMap(); return; }
    box.hidden = true;
    picture.closest(".stack").classList.add("busy");
    map.src = `/photo/${this.photo.id}/map?${new URLSearchParams({ person: this.person(), t: Date.now() })}`;
    map.hidden = false;
    mapButton.setAttribute("aria-pressed", "true");
  }

  hideMap() {
    map.hidden = true;
    map.removeAttribute("src");
    picture.closest(".stack").classList.remove("busy");
    mapButton.setAttribute("aria-pressed", "false");
  }

  hideCrops() { crops.hidden = true; crops.replaceChildren(); box.hidden = true; }

  async showCrops() {
    if (!crops.hidden) { this.hideCrops(); return; }
    crops.hidden = false;
    crops.textContent = "Looking for crops …";
    const photo = this.photo;
    try {
      const found = await get(`/photo/${photo.id}/crops`, { person: this.person() });
      if (photo === this.photo || photo.id === this.photo.id) crops.replaceChildren(...found.map((crop) => this.crop(photo, crop)));
    } catch (error) { say(error.message); this.hideCrops(); }
  }

  crop(photo, crop) {
    const [left, upper, right, lower] = crop.box;
    const button = document.createElement("button");
    button.type = "button";
    button.innerHTML = '<div class="cut"><img alt=""></div><span></span>';
    const cut = button.firstElementChild, image = cut.firstElementChild;
    cut.style.aspectRatio = ((right - left) * photo.width) / ((lower - upper) * photo.height);
    image.src = small(photo);
    image.style.width = `${100 / (right - left)}%`;
    image.style.height = `${100 / (lower - upper)}%`;
    image.style.left = `${(-100 * left) / (right - left)}%`;
    image.style.top = `${(-100 * upper) / (lower - upper)}%`;
    button.lastElementChild.textContent = `${crop.shape} · ${crop.score.toFixed(1)}`;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      for (const other of crops.children) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(!on));
      this.hideMap();
      box.hidden = on;
      box.style.left = `${left * 100}%`; box.style.top = `${upper * 100}%`;
      box.style.width = `${(right - left) * 100}%`; box.style.height = `${(lower - upper) * 100}%`;
    });
    return button;
  }
}
