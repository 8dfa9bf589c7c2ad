// Cover, side by side, export, help, and the row of people.

import { get, post, say, small } from "./api.js";

const by = (id) => document.getElementById(id);

export function makePanels(page) {
  for (const button of document.querySelectorAll("dialog .close")) button.addEventListener("click", () => button.closest("dialog").close());
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  const thumbnail = (photo) => {
    const image = document.createElement("img");
    image.src = small(photo);
    image.alt = image.title = photo.name;
    return image;
  };
  let asked = 0;
  const cover = async () => {
    const turn = ++asked; // an answer that was overtaken is not shown
    try {
      const chosen = await get("/api/cover", { person: page.person, count: by("cover-count").value, diversity: by("cover-diversity").value });
      if (turn === asked) by("cover-grid").replaceChildren(...chosen.map(thumbnail));
    } catch (error) { say(error.message); }
  };
  by("cover-count").addEventListener("input", cover);
  by("cover-diversity").addEventListener("input", cover);
  const openCover = () => { by("cover").showModal(); cover(); };
  const openCompare = async () => {
    try {
      const columns = await get("/api/compare");
      by("columns").replaceChildren(...columns.map((column) => {
        const section = document.createElement("section");
        const name = document.createElement("h3");
        name.textContent = column.name;
        section.append(name, ...column.items.map(thumbnail));
        return section;
      }));
      by("compare").showModal();
    } catch (error) { say(error.message); }
  };
  const openExport = () => {
    const query = new URLSearchParams({ person: page.person });
    const files = { ranking: "ranking.csv", sheet: "contact_sheet.html", person: "person.safetensors", card: "person.md" };
    for (const [name, file] of Object.entries(files)) by(`export-${name}`).href = `/export/${file}?${query}`;
    for (const name of ["person", "card"]) by(`export-${name}`).parentElement.hidden = !page.told.learns;
    by("export").showModal();
  };
  by("open-cover").addEventListener("click", openCover);
  by("open-compare").addEventListener("click", openCompare);
  by("open-export").addEventListener("click", openExport);
  by("open-help").addEventListener("click", () => by("help").showModal());
  by("forget").addEventListener("click", async () => {
    if (!confirm("Remove the photographs that you brought and everybody's ratings of this session?")) return;
    try { await post("/api/forget", {}); location.reload(); } catch (error) { say(error.message); }
  });
  return { c: openCover, s: openCompare, "?": () => by("help").showModal() };
}

export function showPeople(people, person, choose, added) {
  const nav = by("people");
  if (nav.querySelector("form")) return; // somebody is typing a name
  const buttons = people.map((one) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.name;
    button.setAttribute("aria-pressed", String(one.name === person));
    button.setAttribute("aria-label", `${one.name}, ${one.rated} rated`);
    const rated = document.createElement("small");
    rated.textContent = one.rated;
    button.append(rated);
    button.addEventListener("click", () => choose(one.name));
    return button;
  });
  const add = document.createElement("button");
  add.type = "button";
  add.className = "quiet";
  add.textContent = "+ person";
  add.addEventListener("click", () => {
    const form = document.createElement("form");
    const input = document.createElement("input");
    input.setAttribute("aria-label", "Name");
    input.placeholder = "Name";
    input.maxLength = 40;
    form.append(input);
    add.replaceWith(form);
    input.focus();
    let over = false; // removing the form blurs it, too
    const stop = () => { if (over) return false; over = true; form.remove(); return true; };
    input.addEventListener("blur", () => { if (stop()) choose(person); });
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") input.blur(); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (!stop()) return;
      try { added(name ? (await post("/api/people", { name })).person : person); } catch (error) { say(error.message); choose(person); }
    });
  });
  nav.replaceChildren(...buttons, add);
}
