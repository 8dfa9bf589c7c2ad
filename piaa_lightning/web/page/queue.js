// What was said and is not kept yet: it waits here, over a reload too, until the program answers.

import { post, say, Unreachable } from "./api.js";

const KEY = "waiting", PAUSE = 1500;

export class Queue {
  constructor(what, told, lost) {
    this.what = what; // what the page shows, so that the answer fits it
    this.told = told;
    this.lost = lost; // hears how many answers wait for the program; 0 once it answers again
    this.items = JSON.parse(sessionStorage.getItem(KEY) || "[]");
    this.sending = null;
    if (this.items.length) this.flush();
  }

  add(item) {
    this.items.push(item);
    this.keep();
    return this.flush();
  }

  has(id) { return this.items.some((item) => item.photo === id); }

  keep() { sessionStorage.setItem(KEY, JSON.stringify(this.items)); }

  flush() {
    this.sending ??= this.send().finally(() => { this.sending = null; });
    return this.sending;
  }

  async send() {
    while (this.items.length) {
      try {
        const told = await post("/api/rate", { ...this.items[0], ...this.what() });
        this.items.shift();
        this.keep();
        this.lost(0);
        if (!this.items.length) this.told(told);
      } catch (error) {
        if (error instanceof Unreachable) {
          this.lost(this.items.length);
          setTimeout(() => this.flush(), PAUSE);
          return;
        }
        this.items.shift();
        this.keep();
        say(error.message);
      }
    }
  }
}
