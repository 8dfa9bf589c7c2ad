// Bringing photographs: chosen or dropped, a few at a time, folders included.

import { post, say } from "./api.js";

const AT_ONCE = 3;

export class Uploads {
  constructor(changed) {
    this.changed = changed;
    this.waiting = [];
    this.failed = [];
    this.done = this.total = this.running = 0;
    const files = document.getElementById("files");
    files.addEventListener("change", () => { this.add([...files.files]); files.value = ""; });
    const drag = document.getElementById("drag");
    addEventListener("dragover", (event) => { event.preventDefault(); drag.hidden = false; });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) drag.hidden = true; });
    addEventListener("drop", async (event) => {
      event.preventDefault();
      drag.hidden = true;
      this.add(await dropped(event.dataTransfer));
    });
  }

  get busy() { return this.running > 0; }

  add(files) {
    this.waiting.push(...files);
    this.total += files.length;
    while (this.running < AT_ONCE && this.waiting.length) this.work();
    this.changed();
  }

  async work() {
    this.running++;
    while (this.waiting.length) {
      const file = this.waiting.shift();
      try { await post("/api/photos", file, { name: file.name }); } catch (error) { this.failed.push(error.message); }
      this.done++;
      this.changed();
    }
    this.running--;
    if (this.running) return;
    this.done = this.total = 0;
    const failed = this.failed.splice(0);
    if (failed.length === 1) say(failed[0], 12);
    else if (failed.length) say(`${failed.length} files could not be added, for instance ${failed[0]}`, 12);
    this.changed(true);
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found.filter((file) => !file.name.startsWith(".") && !/\.(xmp|txt|csv|json|html|mp4|mov|ds_store)$/i.test(file.name));
}

async function walk(entry, found) {
  if (entry.isFile) { found.push(await new Promise((done, failed) => entry.file(done, failed))); return; }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const one of some) await walk(one, found);
  }
}
