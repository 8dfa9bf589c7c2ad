// The page as a whole: whose order it is, what is asked next, keys.

import { get, large, post, say } from "./api.js";
import { Grid } from "./grid.js";
import { Look } from "./look.js";
import { makePanels, showPeople } from "./panels.js";
import { makeStars } from "./stars.js";
import { Uploads } from "./upload.js";

const by = (id) => document.getElementById(id);
const TEN = 10;

const page = { person: localStorage.getItem("person") || "", told: null, turn: 0, place: 0, complained: 0 };

const grid = new Grid(by("grid"), by("more"), (id) => look.show(photoOf(id)), async (start) => {
  const asked = page.told;
  try {
    const more = await get("/api/view", { person: page.person, start });
    if (asked === page.told) grid.add(more.items);
  } catch (error) { say(error.message); }
});
const look = new Look(() => grid.photos, () => page.person, rate);
const paintAsked = makeStars(by("asked-stars"), (stars) => rateAsked(stars));
const panels = makePanels(page);
const uploads = new Uploads((finished) => { showReading(); if (finished) refresh(); else soon(); });

function photoOf(id) { return grid.photos.find((photo) => photo.id === id) || page.told.ask.find((photo) => photo.id === id); }

function show(told) {
  page.told = told;
  page.person = told.person;
  page.place = 0;
  localStorage.setItem("person", told.person);
  showPeople(told.people, told.person, choose, choose);
  by("empty").hidden = told.total > 0 || told.reading.done < told.reading.total || uploads.busy;
  by("ask").hidden = by("order").hidden = told.total === 0;
  const whose = told.learns ? (told.person === "me" ? "your" : `${told.person}’s`) : "everybody’s";
  by("order-title").textContent = `${told.total} photographs in ${whose} order${told.learns ? "" : ", so far"}`;
  grid.show(told.items, told.total);
  by("steps").replaceChildren(...Array.from({ length: TEN }, (_, place) => {
    const step = document.createElement("i");
    step.classList.toggle("on", place < told.rated);
    return step;
  }));
  showAsked();
  showReading();
}

function showAsked() {
  const { ask, rated } = page.told;
  const photo = ask[page.place];
  by("all-rated").hidden = Boolean(ask.length);
  for (const id of ["skip", "asked-stars"]) by(id).hidden = !photo;
  by("asked").closest(".frame").hidden = !photo;
  if (photo) {
    const picture = by("asked-picture");
    if (picture.dataset.id !== photo.id) { picture.src = large(photo); picture.dataset.id = photo.id; }
    picture.alt = photo.name;
    paintAsked(0);
    const next = ask[page.place + 1];
    if (next) new Image().src = large(next); // so that it is there at once
  }
  by("ask-text").textContent = rated < TEN ? `${rated} of ${TEN} rated. This one would tell most.` : `${rated} rated. More make it surer.`;
}

function showReading() {
  const reading = page.told?.reading || { done: 0, total: 0 };
  const sending = uploads.busy ? uploads : null;
  const { done, total } = sending || reading;
  by("reading").hidden = done >= total;
  by("bar").max = total || 1;
  by("bar").value = done;
  by("reading-text").textContent = `${sending ? "Adding" : "Reading"} photographs: ${done} of ${total}`;
  if (reading.done < reading.total) soon();
}

let timer = 0;
function soon() { if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, 900); }

async function refresh() {
  const turn = page.turn;
  try {
    const told = await get("/api/view", { person: page.person });
    if (turn !== page.turn) return; // overtaken by a rating, or by another person
    if (told.skipped.length > page.complained) {
      const fresh = told.skipped.slice(page.complained);
      say(fresh.length === 1 ? `Skipped ${fresh[0].name}: ${fresh[0].reason}` : `Skipped ${fresh.length} files, for instance ${fresh[0].name}: ${fresh[0].reason}`);
      page.complained = told.skipped.length;
    }
    by("note").hidden = !told.prior.note;
    by("note").textContent = told.prior.note;
    by("about").textContent = `Scores start from what was learnt from ${told.prior.data}. Photographs and ratings stay on the machine that runs this page.`;
    const same = page.told && told.total === page.told.total && told.person === page.told.person && told.rated === page.told.rated;
    if (same) { page.told.reading = told.reading; showReading(); if (!told.total) show(told); } else show(told);
  } catch (error) { say(error.message); }
}

function choose(person) { page.turn++; page.person = person; page.told = null; refresh(); }

async function rate(photo, stars) {
  const turn = ++page.turn;
  try {
    const told = await post("/api/rate", { person: page.person, photo: photo.id, stars });
    if (turn === page.turn) show(told);
  } catch (error) { say(error.message); }
}

async function rateAsked(stars) {
  const photo = page.told?.ask[page.place];
  if (!photo) return;
  if (page.told.ask[page.place + 1]) { page.place++; showAsked(); } // who is fast need not wait for the answer
  await rate(photo, stars);
}

function skip(by_) {
  const count = page.told?.ask.length || 0;
  if (!count) return;
  page.place = (page.place + by_ + count) % count;
  showAsked();
}

by("skip").addEventListener("click", () => skip(1));
by("asked").addEventListener("click", () => look.show(page.told.ask[page.place]));

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
  const opened = document.querySelector("dialog[open]");
  if (opened && opened.id !== "look") return;
  const stars = Number.parseInt(event.key, 10);
  if (stars >= 1 && stars <= 5) { if (look.open) look.give(stars); else rateAsked(stars); }
  else if (event.key === "0" && look.open) look.give(null);
  else if (event.key === "ArrowRight") { if (look.open) look.step(1); else skip(1); }
  else if (event.key === "ArrowLeft") { if (look.open) look.step(-1); else skip(-1); }
  else if (event.key === "m" && look.open) look.showMap();
  else if (event.key === "Enter" && !look.open && !event.target.closest("button, a, label") && page.told?.ask.length) look.show(page.told.ask[page.place]);
  else if (!look.open && panels[event.key]) panels[event.key]();
  else return;
  event.preventDefault();
});

refresh();
