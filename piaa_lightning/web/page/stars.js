// Five stars that can be clicked.

export function makeStars(element, rate) {
  const buttons = [];
  for (let count = 1; count <= 5; count++) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "★";
    button.setAttribute("aria-label", count === 1 ? "1 star" : `${count} stars`);
    button.addEventListener("click", () => rate(count));
    element.append(button);
    buttons.push(button);
  }
  return (stars) => buttons.forEach((button, place) => button.classList.toggle("on", place < (stars || 0)));
}
