// One photograph, large: stars, what the score looks at, crops.

import { get, large, say, small } from "./api.js";
import { makeStars } from "./stars.js";
import { showWhy } from "./why.js";

const dialog = document.getElementById("look");
const picture = document.getElementById("look-picture");
const map = document.getElementById("look-map");
const box = document.getElementById("look-box");
const crops = document.getElementById("crops");
const mapButton = document.getElementById("show-map");

const frame = document.querySelector(".look-frame");
const by = (id) => document.getElementById(id);
const BACK = 40; // photographs before one that is far down, which are loaded with it

export class Look {
  constructor(grid, person, say_, removed, showGroup) {
    this.grid = grid;
    this.person = person;
    this.say_ = say_; // keeps what is said of a photograph
    this.photo = null;
    this.row = []; // the order as it was when this was opened: arrows go through it, whatever is said meanwhile
    this.goOn = localStorage.getItem("go on") === "yes";
    this.paint = makeStars(by("look-stars"), (stars) => this.give({ stars }));
    this.keys = { m: () => this.showMap(), z: () => this.zoom(), f: () => this.fullScreen(), a: () => this.switchGoOn(), g: () => by("look-group").click() };
    by("previous").addEventListener("click", () => this.step(-1));
    by("following").addEventListener("click", () => this.step(1));
    by("show-crops").addEventListener("click", () => this.showCrops());
    by("look-pick").addEventListener("click", () => this.give({ mark: this.photo.mark === "pick" ? "" : "pick" }));
    by("look-reject").addEventListener("click", () => this.give({ mark: this.photo.mark === "reject" ? "" : "reject" }));
    by("look-remove").addEventListener("click", async () => { await removed(this.photo); dialog.close(); });
    by("look-group").addEventListener("click", () => { if (this.photo.group > 1) { dialog.close(); showGroup(this.photo); } });
    by("zoom").addEventListener("click", () => this.zoom());
    by("full").addEventListener("click", () => this.fullScreen());
    by("go-on").addEventListener("click", () => this.switchGoOn());
    by("go-on").setAttribute("aria-pressed", String(this.goOn));
    dialog.addEventListener("close", () => { if (document.fullscreenElement) document.exitFullscreen(); });
    mapButton.addEventListener("click", () => this.showMap());
    map.addEventListener("load", () => picture.closest(".stack").classList.remove("busy"));
    map.addEventListener("error", () => { if (!map.hidden) { say("The map could not be made."); this.hideMap(); } });
  }

  get open() { return dialog.open; }

  show(photo) {
    if (!dialog.open) this.row = this.grid.photos.slice();
    this.photo = photo;
    this.hideMap();
    this.hideCrops();
    this.unzoom();
    picture.closest(".stack").style.setProperty("--ratio", photo.width / photo.height);
    picture.src = large(photo);
    picture.alt = photo.name;
    this.refresh(photo);
    if (!dialog.open) dialog.showModal();
    const next = this.row[this.row.findIndex((one) => one.id === photo.id) + 1];
    if (next) new Image().src = large(next);
  }

  refresh(photo) {
    this.photo = photo;
    by("look-name").textContent = photo.name;
    const said = photo.stars ? `You gave ${photo.stars}; by your other stars it would be ${photo.score.toFixed(1)}` : `Expected of you: ${photo.score.toFixed(1)} ± ${photo.uncertainty.toFixed(1)}`;
    by("look-facts").textContent = `Place ${photo.place}. ${said}. Anybody: place ${photo.generic_place}, ${photo.generic.toFixed(1)}.`;
    by("look-pick").setAttribute("aria-pressed", String(photo.mark === "pick"));
    by("look-reject").setAttribute("aria-pressed", String(photo.mark === "reject"));
    by("look-remove").hidden = !photo.added;
    by("look-group").hidden = photo.group < 2;
    by("look-group").textContent = photo.group === 2 ? "1 more like this" : `${photo.group - 1} more like this`;
    this.paint(photo.stars);
    showWhy(photo, this.person());
  }

  refreshFrom(told) {
    if (!dialog.open) return;
    const fresh = new Map([...told.ask, ...told.items].map((photo) => [photo.id, photo]));
    this.row = this.row.map((photo) => fresh.get(photo.id) || photo);
    if (fresh.has(this.photo.id)) this.refresh(fresh.get(this.photo.id));
  }

  give(change) {
    const said = { ...this.photo, ...change };
    this.row = this.row.map((photo) => (photo.id === said.id ? said : photo));
    this.refresh(said);
    this.say_(said, change);
    if (this.goOn && (change.stars || change.mark)) this.step(1);
  }

  async step(by_) {
    const now = this.photo;
    if (!this.row.some((photo) => photo.id === now.id)) await this.load(Math.max(0, now.place - 1 - BACK));
    const place = this.row.findIndex((photo) => photo.id === now.id);
    if (place + by_ >= this.row.length) await this.load(this.row.length, this.row);
    if (this.photo.id === now.id && this.row[place + by_]) this.show(this.row[place + by_]);
  }

  async load(start, before = []) {
    try {
      const { items } = await get("/api/view", { person: this.person(), start });
      const known = new Set(before.map((photo) => photo.id));
      this.row = [...before, ...items.filter((photo) => !known.has(photo.id))];
    } catch (error) { say(error.message); }
  }

  switchGoOn() {
    this.goOn = !this.goOn;
    localStorage.setItem("go on", this.goOn ? "yes" : "no");
    by("go-on").setAttribute("aria-pressed", String(this.goOn));
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else dialog.requestFullscreen?.().catch(() => say("This browser shows no full screen here."));
  }

  zoom() {
    if (frame.classList.contains("zoomed")) { this.unzoom(); return; }
    this.hideMap();
    box.hidden = true;
    frame.style.setProperty("--wide", `${this.photo.width / devicePixelRatio}px`);
    frame.classList.add("zoomed");
    by("zoom").setAttribute("aria-pressed", "true");
    picture.src = `/photo/${this.photo.id}/whole`;
    frame.scrollTo((frame.scrollWidth - frame.clientWidth) / 2, (frame.scrollHeight - frame.clientHeight) / 2);
  }

  unzoom() {
    if (!frame.classList.contains("zoomed")) return;
    frame.classList.remove("zoomed");
    by("zoom").setAttribute("aria-pressed", "false");
    if (this.photo) picture.src = large(this.photo);
  }

  showMap() {
    if (!map.hidden) { this.hideMap(); return; }
    box.hidden = true;
    this.unzoom();
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
      if (photo.id !== this.photo.id) return;
      const word = document.createElement("p");
      word.className = "dim";
      word.textContent = found.better ? "Compared with the whole:" : "No crop is better than the whole:";
      crops.replaceChildren(word, ...found.crops.map((crop) => this.crop(photo, crop, crop.score - found.whole)));
    } catch (error) { say(error.message); this.hideCrops(); }
  }

  crop(photo, crop, better) {
    const [left, upper, right, lower] = crop.box;
    const item = document.createElement("div"), button = document.createElement("button"), save = document.createElement("a");
    button.type = "button";
    button.innerHTML = '<div class="cut"><img alt=""></div><span></span>';
    const cut = button.firstElementChild, image = cut.firstElementChild;
    cut.style.aspectRatio = ((right - left) * photo.width) / ((lower - upper) * photo.height);
    image.src = small(photo);
    image.style.width = `${100 / (right - left)}%`;
    image.style.height = `${100 / (lower - upper)}%`;
    image.style.left = `${(-100 * left) / (right - left)}%`;
    image.style.top = `${(-100 * upper) / (lower - upper)}%`;
    button.lastElementChild.textContent = `${crop.shape} · ${better < 0 ? "−" : "+"}${Math.abs(better).toFixed(1)}`;
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      for (const other of crops.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
      button.setAttribute("aria-pressed", String(!on));
      this.hideMap();
      this.unzoom();
      box.hidden = on;
      box.style.left = `${left * 100}%`; box.style.top = `${upper * 100}%`;
      box.style.width = `${(right - left) * 100}%`; box.style.height = `${(lower - upper) * 100}%`;
    });
    save.href = `/photo/${photo.id}/cut?${new URLSearchParams({ shape: crop.shape, box: crop.box })}`;
    save.download = "";
    save.textContent = "Save";
    save.setAttribute("aria-label", `Save the crop ${crop.shape}`);
    item.append(button, save);
    return item;
  }
}
