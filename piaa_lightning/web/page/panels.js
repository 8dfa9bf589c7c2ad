// Cover, side by side, export and help.

import { get, post, say, small } from "./api.js";

const by = (id) => document.getElementById(id);

export function makePanels(page) {
  new MutationObserver(() => { // messages lie in front of what is open
    const opened = document.querySelector("dialog[open]") || document.body, toasts = by("toasts");
    if (toasts.parentElement !== opened) opened.append(toasts);
  }).observe(document.body, { subtree: true, attributeFilter: ["open"] });
  for (const button of document.querySelectorAll("dialog .close")) button.addEventListener("click", () => button.closest("dialog").close());
  for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  const cover = makeCover(page);
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
    const files = { ranking: "ranking.csv", stars: "stars.csv", sheet: "contact_sheet.html", person: "person.safetensors", card: "person.md" };
    for (const [name, file] of Object.entries(files)) by(`export-${name}`).href = `/export/${file}?${query}`;
    for (const name of ["person", "card"]) by(`export-${name}`).parentElement.hidden = !page.told.learns;
    by("export-stars").parentElement.hidden = !page.told.here;
    by("export-command").hidden = !page.told.alone || !page.told.folder;
    by("export").showModal();
  };
  by("open-cover").addEventListener("click", cover);
  by("open-compare").addEventListener("click", openCompare);
  by("open-export").addEventListener("click", openExport);
  by("open-help").addEventListener("click", () => by("help").showModal());
  by("forget").addEventListener("click", async () => {
    if (!confirm("Remove the photographs that were added here and everybody's stars of all folders? This cannot be undone.")) return;
    try { await post("/api/forget", {}); location.reload(); } catch (error) { say(error.message); }
  });
  return { c: cover, s: openCompare, "?": () => by("help").showModal() };
}

function thumbnail(photo) {
  const image = document.createElement("img");
  image.src = small(photo);
  image.alt = image.title = photo.name;
  return image;
}

function makeCover(page) {
  let asked = 0, without = [];
  const choose = async () => {
    const turn = ++asked; // an answer that was overtaken is not shown
    try {
      const chosen = await get("/api/cover", { person: page.person, count: by("cover-count").value, diversity: by("cover-diversity").value, without });
      if (turn !== asked) return;
      by("cover-grid").replaceChildren(...chosen.map((photo) => {
        const button = document.createElement("button");
        button.type = "button";
        button.style.setProperty("--ratio", Math.min(2.2, Math.max(0.6, photo.width / photo.height)));
        button.append(thumbnail(photo));
        button.setAttribute("aria-label", `Replace ${photo.name}`);
        button.addEventListener("click", () => { without = [...without, photo.id]; choose(); });
        return button;
      }));
      by("cover-none").hidden = chosen.length > 0;
      by("save-cover").hidden = !chosen.length;
      by("save-cover").href = `/export/cover.jpg?${new URLSearchParams({ photos: chosen.map((photo) => photo.id) })}`;
    } catch (error) { say(error.message); }
  };
  by("cover-count").addEventListener("input", choose);
  by("cover-diversity").addEventListener("input", choose);
  return () => { without = []; by("cover").showModal(); choose(); };
}
