// Talking to the server; every error becomes a sentence on the page.

const toasts = document.getElementById("toasts");

export class Unreachable extends Error {}

export function say(text, seconds = 7) {
  if ([...toasts.children].some((line) => line.textContent === text)) return; // told once
  // inside what is open, where it is seen and announced: everything else is inert then
  (document.querySelector("dialog[open]") || document.body).append(toasts);
  const line = document.createElement("p");
  line.textContent = text;
  toasts.append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}

async function answer(request) {
  let response, told = {};
  try { response = await request; } catch { throw new Unreachable("The program that runs this page does not answer."); }
  try { told = await response.json(); } catch { /* no JSON: the status says it */ }
  if (!response.ok) throw new Error(told.error || `The program answered ${response.status}.`);
  return told;
}

export async function get(path, parameters = {}) {
  return answer(fetch(`${path}?${new URLSearchParams(parameters)}`));
}

export async function post(path, content, parameters) {
  const query = parameters ? `?${new URLSearchParams(parameters)}` : "";
  const body = content instanceof Blob ? content : JSON.stringify(content);
  return answer(fetch(path + query, { method: "POST", headers: { "X-Piaa": "1" }, body }));
}

export function small(photo) { return `/photo/${photo.id}/small`; }
export function large(photo) { return `/photo/${photo.id}/large`; }
