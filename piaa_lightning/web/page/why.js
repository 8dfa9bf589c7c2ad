// Why a photograph stands where it stands, and what was rated that the sentence names.

import { get, small } from "./api.js";

const by = (id) => document.getElementById(id);
const PAUSE = 250; // who goes through photographs quickly asks for nothing

let turn = 0, timer = 0;

export function showWhy(photo, person) {
  const now = ++turn;
  clearTimeout(timer);
  by("why").classList.add("old");
  timer = setTimeout(async () => {
    try {
      const told = await get(`/photo/${photo.id}/why`, { person });
      if (now !== turn) return;
      by("why-text").textContent = told.text;
      by("why-named").replaceChildren(...told.named.map((one) => {
        const image = document.createElement("img");
        image.src = small(one);
        image.alt = image.title = `${one.name}, you gave ${one.stars}`;
        return image;
      }));
      by("why").hidden = false;
      by("why").classList.remove("old");
    } catch { by("why").hidden = true; } // whoever runs this page does not answer, which is told where it matters
  }, PAUSE);
}
