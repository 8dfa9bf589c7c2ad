// The page as a whole: whose order it is, what is asked next, and what was said.

import { get, large, post, say, Unreachable } from "./api.js";
import { Grid } from "./grid.js";
import { listenToKeys } from "./keys.js";
import { Line } from "./line.js";
import { Look } from "./look.js";
import { makePanels } from "./panels.js";
import { makePeople } from "./people.js";
import { Queue } from "./queue.js";
import { makeStars } from "./stars.js";
import { Uploads } from "./upload.js";

const by = (id) => document.getElementById(id);
const TEN = 10, EVERY = 2000;

const page = { person: localStorage.getItem("person") || "", show: "best", told: null, turn: 0, place: 0, complained: 0, version: "" };

const grid = new Grid(by("grid"), by("more"), (id) => look.show(photoOf(id)), async (start) => {
  const asked = page.told;
  try {
    const more = await get("/api/view", { person: page.person, start, show: page.show });
    if (asked === page.told) grid.add(more.items);
  } catch (error) { say(error.message); }
});
const queue = new Queue(() => ({ count: grid.photos.length, show: page.show }), (told) => { if (told.person === page.person) show(told); }, (count) => {
  by("lost").hidden = !count;
  by("lost").textContent = `The program that runs this page does not answer. ${count === 1 ? "One answer waits" : `${count} answers wait`} here and will be kept as soon as it is started again.`;
});
const look = new Look(grid, () => page.person, (photo, change) => say_(photo, change), removed, (photo) => choose_(`group ${photo.id}`, `like ${photo.name.split("/").pop()}`));
const paintAsked = makeStars(by("asked-stars"), (stars) => rateAsked({ stars }));
const line = new Line(grid, page, show);
const panels = { ...makePanels(page), l: () => { if (line.usable && grid.total) line.toggle(); } };
const showPeople = makePeople(page, choose);
const uploads = new Uploads((finished) => { showReading(); if (finished) refresh(); else soon(); });

function photoOf(id) { return grid.photos.find((photo) => photo.id === id) || page.told.ask.find((photo) => photo.id === id); }

function show(told) {
  const before = page.told, asked = before && before.person === told.person ? before.ask[page.place] : null;
  page.told = told;
  page.person = told.person;
  page.version = told.version.join();
  localStorage.setItem("person", told.person);
  // what is looked at stays until it is answered: a key must not mean another photograph
  told.ask = told.ask.filter((photo) => !queue.has(photo.id));
  page.place = 0;
  if (asked && !queue.has(asked.id) && !asked.answered) told.ask = [asked, ...told.ask.filter((photo) => photo.id !== asked.id)];
  showPeople(told);
  by("empty").hidden = told.total > 0 || told.reading.done < told.reading.total || uploads.busy;
  by("ask").hidden = by("order").hidden = told.total === 0;
  const whose = told.learns ? (told.person === "me" ? "your" : `${told.person}’s`) : "everybody’s";
  by("order-title").textContent = `${told.total} photographs in ${whose} order${told.learns ? "" : ", so far"}`;
  by("none-shown").hidden = told.shown > 0;
  grid.show(told.items, told.shown);
  look.refreshFrom(told);
  by("undo").disabled = !told.undo;
  by("redo").disabled = !told.redo;
  by("steps").replaceChildren(...Array.from({ length: TEN }, (_, place) => {
    const step = document.createElement("i");
    step.classList.toggle("on", place < told.rated);
    return step;
  }));
  showAsked();
  showReading();
}

function showAsked() {
  const { ask, rated, here, total, unseen } = page.told;
  const photo = ask[page.place];
  by("all-rated").hidden = Boolean(ask.length) || !total;
  for (const id of ["skip", "reject", "asked-stars"]) by(id).hidden = !photo;
  by("asked").closest(".frame").hidden = !photo;
  if (photo) {
    const picture = by("asked-picture");
    if (picture.dataset.id !== photo.id) {
      picture.src = large(photo);
      picture.dataset.id = photo.id;
      paintAsked(0);
    }
    picture.alt = photo.name;
    const next = ask[page.place + 1];
    if (next) new Image().src = large(next); // so that it is there at once
  }
  const elsewhere = rated > here ? `, ${here} of them here` : "";
  by("ask-text").textContent = (rated < TEN ? `${rated} of ${TEN} rated${elsewhere}. This one would tell most.` : `${rated} rated${elsewhere}. More make it surer.`)
    + (unseen ? ` ${unseen} are of photographs that this model has not seen.` : "");
}

function showReading() {
  const reading = page.told?.reading || { done: 0, total: 0, trouble: "" };
  const sending = uploads.busy ? uploads : null;
  const { done, total } = sending || reading;
  by("reading").hidden = done >= total && !reading.trouble;
  by("bar").hidden = done >= total;
  by("bar").max = total || 1;
  by("bar").value = done;
  by("reading-text").textContent = reading.trouble || `${sending ? "Adding" : "Reading"} photographs: ${done} of ${total}`;
  if (reading.done < reading.total) soon();
}

let timer = 0;
function soon() { if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, 900); }

async function refresh() {
  const turn = page.turn;
  try {
    const told = await get("/api/view", { person: page.person, show: page.show, count: grid.photos.length });
    if (turn !== page.turn) return; // overtaken by an answer, or by another person
    complain(told.skipped);
    by("note").hidden = !told.prior.note || told.learns;
    by("note").textContent = told.prior.note;
    by("about").textContent = `Scores start from what was learnt from ${told.prior.data}. Photographs and ratings stay on the machine that runs this page.`;
    const same = page.told && told.version.join() === page.version && told.person === page.told.person && told.show === page.told.show;
    if (same && told.total) { page.told.reading = told.reading; showReading(); } else show(told);
  } catch (error) { if (!(error instanceof Unreachable)) say(error.message); else if (!page.told) { say(error.message); soon(); } }
}

function complain(skipped) {
  const fresh = skipped.slice(page.complained);
  page.complained = skipped.length;
  if (fresh.length === 1) say(`Skipped ${fresh[0].name}: ${fresh[0].reason}`);
  else if (fresh.length) say(`Skipped ${fresh.length} files, for instance ${fresh[0].name}: ${fresh[0].reason}`);
}

// what another window, another program or a changed folder brings
setInterval(async () => {
  if (document.hidden || !page.told || queue.sending || uploads.busy) return;
  try {
    const now = await get("/api/version");
    if (now.slice(0, -2).join() !== page.version) refresh();
  } catch { /* told where something is asked for */ }
}, EVERY);

function choose(person) { page.turn++; page.person = person; page.told = null; refresh(); }

function say_(photo, change) {
  page.turn++;
  return queue.add({ person: page.person, photo: photo.id, ...change });
}

function rateAsked(change) {
  const photo = page.told?.ask[page.place];
  if (!photo) return;
  photo.answered = true;
  const sent = say_(photo, change);
  page.told.ask = page.told.ask.filter((one) => one !== photo);
  page.place = 0;
  showAsked(); // who is fast need not wait for the answer
  return sent;
}

function skip(by_) {
  const count = page.told?.ask.length || 0;
  if (!count) return;
  page.place = (page.place + by_ + count) % count;
  showAsked();
}

async function step(way) {
  if (!(way === "undo" ? page.told?.undo : page.told?.redo)) return;
  page.turn++;
  await queue.flush();
  try {
    const told = await post("/api/undo", { person: page.person, way, count: grid.photos.length, show: page.show });
    show(told);
    const [id] = told.changed, photo = id && photoOf(id);
    if (photo) {
      say(`${way === "undo" ? "Taken back" : "Done again"}: ${photo.name}${photo.stars ? `, ${photo.stars} ★` : ""}${photo.mark ? `, ${photo.mark}` : ""}${told.steps > 1 ? `, and ${told.steps - 1} more` : ""}.`);
      document.querySelector(`[data-id="${id}"] .tile`)?.classList.add("changed");
    }
  } catch (error) { say(error.message); }
}

function choose_(show, name) {
  page.turn++;
  page.show = show;
  grid.photos = [];
  const what = by("show-what"), old = what.querySelector("[value^=group]");
  if (old && old.value !== show) old.remove();
  if (name && !what.querySelector("[value^=group]")) what.append(new Option(name, show));
  what.value = show;
  refresh();
}

async function removed(photo) {
  try { await post("/api/remove", { photo: photo.id }); await refresh(); } catch (error) { say(error.message); }
}

by("skip").addEventListener("click", () => skip(1));
by("reject").addEventListener("click", () => rateAsked({ mark: "reject" }));
by("asked").addEventListener("click", () => look.show(page.told.ask[page.place]));
by("undo").addEventListener("click", () => step("undo"));
by("redo").addEventListener("click", () => step("redo"));
by("show-what").addEventListener("change", (event) => choose_(event.target.value));
for (const id of ["add", "choose"]) by(id).addEventListener("click", () => by("files").click());

listenToKeys({ page, look, panels, rateAsked, skip, step });
refresh();
