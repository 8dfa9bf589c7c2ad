// The row of people, and what can be done with each: rename, remove, bring stars along.

import { post, say } from "./api.js";

const by = (id) => document.getElementById(id);

export function makePeople(page, choose) {
  const act = async (content) => {
    try {
      const { person } = await post("/api/people", { person: page.person, ...content });
      by("person").close();
      choose(person);
    } catch (error) { say(error.message); }
  };
  const bring = async (name, content) => {
    try {
      const { told } = await post("/api/import", content, { person: page.person, name });
      by("person").close();
      say(told, 12);
      choose(page.person);
    } catch (error) { say(error.message, 12); }
  };
  by("rename").addEventListener("submit", (event) => { event.preventDefault(); act({ do: "rename", name: by("new-name").value }); });
  by("remove-person").addEventListener("click", () => {
    const rated = page.told.rated;
    if (confirm(`Remove ${page.person} and ${rated === 1 ? "one star rating" : `${rated} star ratings`} of all folders?`)) act({ do: "remove" });
  });
  by("bring").addEventListener("click", () => by("brought").click());
  by("brought").addEventListener("change", async () => {
    const [file] = by("brought").files;
    if (file) await bring(file.name, file);
    by("brought").value = "";
  });
  by("bring-stars").addEventListener("click", () => bring("stars", new Blob()));

  const open = () => {
    by("person-name").textContent = page.person;
    by("person-facts").textContent = `${page.told.rated} photographs with stars, ${page.told.here} of them here. They count in every folder.`;
    by("new-name").value = page.person;
    by("remove-person").textContent = `Remove ${page.person}`;
    by("bring-stars").hidden = !page.told.folder;
    by("person").showModal();
  };

  return (told) => showPeople(told, choose, open);
}

function showPeople({ people, person }, choose, open) {
  const nav = by("people");
  if (nav.querySelector("form")) return; // somebody is typing a name
  const buttons = people.flatMap((one) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.name;
    button.setAttribute("aria-pressed", String(one.name === person));
    button.setAttribute("aria-label", `${one.name}, ${one.rated} rated`);
    const rated = document.createElement("small");
    rated.textContent = one.rated;
    button.append(rated);
    button.addEventListener("click", () => choose(one.name));
    if (one.name !== person) return [button];
    const more = document.createElement("button");
    more.type = "button";
    more.className = "quiet";
    more.id = "open-person";
    more.textContent = "⋯";
    more.setAttribute("aria-label", `${one.name}: rename, remove, bring stars along`);
    more.addEventListener("click", open);
    return [button, more];
  });
  const add = document.createElement("button");
  add.type = "button";
  add.className = "quiet";
  add.textContent = "+ person";
  add.addEventListener("click", () => typeName(add, person, choose));
  nav.replaceChildren(...buttons, add);
}

function typeName(add, person, choose) {
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
    try { choose(name ? (await post("/api/people", { name })).person : person); } catch (error) { say(error.message); choose(person); }
  });
}
