// One key for everything that is done often.

const MARKS = { x: "reject", p: "pick", u: "" };

export function listenToKeys({ page, look, panels, rateAsked, skip, step }) {
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, textarea, select") || event.altKey) return;
    const opened = document.querySelector("dialog[open]");
    if (opened && opened.id !== "look") return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (key === "z" || key === "y") { step(key === "y" || event.shiftKey ? "redo" : "undo"); event.preventDefault(); }
      return;
    }
    if (event.repeat && !key.startsWith("Arrow")) { // a key that is held says nothing twice
      if (/^[0-9xpu]$/.test(key) || key === "Enter") event.preventDefault();
      return;
    }
    const stars = Number.parseInt(key, 10);
    if (stars >= 1 && stars <= 5) { if (look.open) look.give({ stars }); else rateAsked({ stars }); }
    else if (key === "0" && look.open) look.give({ stars: null });
    else if (key in MARKS && look.open) look.give({ mark: MARKS[key] });
    else if (key === "x" || key === "p") rateAsked({ mark: MARKS[key] });
    else if (key === "Backspace") step("undo");
    else if (key === "ArrowRight") { if (look.open) look.step(1); else skip(1); }
    else if (key === "ArrowLeft") { if (look.open) look.step(-1); else skip(-1); }
    else if (look.open && look.keys[key]) look.keys[key]();
    else if (key === "Enter" && !look.open && !event.target.closest("button, a, label") && page.told?.ask.length) look.show(page.told.ask[page.place]);
    else if (!look.open && panels[key]) panels[key]();
    else return;
    event.preventDefault();
  });
}
