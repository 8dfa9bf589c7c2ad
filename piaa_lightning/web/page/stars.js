// Five stars as one choice: a group with a name, each star with a name and a state.

export function makeStars(element, rate) {
  const buttons = [];
  element.setAttribute("role", "radiogroup");
  element.setAttribute("aria-label", "Your stars");
  for (let count = 1; count <= 5; count++) {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("role", "radio");
    button.setAttribute("aria-label", count === 1 ? "1 star" : `${count} stars`);
    button.addEventListener("click", () => { element.classList.add("still"); rate(count); });
    element.append(button);
    buttons.push(button);
  }
  // a pointer that rests there, or a finger that was there, lights nothing on the next photograph
  element.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") element.classList.remove("still"); });
  element.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
    if (!step) return;
    buttons[(buttons.indexOf(document.activeElement) + step + 5) % 5].focus();
    event.preventDefault();
    event.stopPropagation();
  });
  return (stars) => {
    element.classList.add("still");
    buttons.forEach((button, place) => {
      button.textContent = place < (stars || 0) ? "★" : "☆";
      button.classList.toggle("on", place < (stars || 0));
      button.setAttribute("aria-checked", String(place + 1 === Math.floor(stars || 0)));
      button.tabIndex = place === Math.max(0, Math.floor(stars || 1) - 1) ? 0 : -1;
    });
  };
}
