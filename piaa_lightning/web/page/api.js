// Talking to the server; every error becomes a sentence on the page.

const toasts = document.getElementById("toasts");

export function say(text, seconds = 6) {
  const line = document.createElement("p");
  line.textContent = text;
  toasts.append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}

async function answer(response) {
  let told = {};
  try { told = await response.json(); } catch { /* no JSON: the status says it */ }
  if (!response.ok) throw new Error(told.error || `The server answered ${response.status}.`);
  return told;
}

export async function get(path, parameters = {}) {
  const query = new URLSearchParams(parameters);
  return answer(await fetch(`${path}?${query}`));
}

export async function post(path, content, parameters) {
  const query = parameters ? `?${new URLSearchParams(parameters)}` : "";
  const body = content instanceof Blob ? content : JSON.stringify(content);
  return answer(await fetch(path + query, { method: "POST", headers: { "X-Piaa": "1" }, body }));
}

export function small(photo) { return `/photo/${photo.id}/small`; }
export function large(photo) { return `/photo/${photo.id}/large`; }
