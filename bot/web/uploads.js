// One file on its way to the server: with progress, going on after a broken line, or a clear end.

import { ask, spoken, t } from "./words.js";

const TRIES = 10;
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

class Refused extends Error {}

export class Upload {
  // `onChange` is called whenever there is something new to show.
  constructor(file, onChange) {
    this.file = file;
    this.onChange = onChange;
    this.begin();
  }

  begin() {
    this.id = null;
    this.sent = 0;
    this.state = "sending"; // sending, waiting (for the line), done, failed, stopped
    this.error = "";
    this.began = performance.now();
    this.arrival = this.run();
  }

  get share() { return this.file.size ? this.sent / this.file.size : 0; }

  get leftS() {
    const took = (performance.now() - this.began) / 1000;
    return took > 2 && this.sent > 0 ? (took / this.sent) * (this.file.size - this.sent) : NaN;
  }

  change(state) {
    if (this.state === "stopped") return;
    this.state = state;
    this.onChange(this);
  }

  async run() {
    let fails = 0;
    while (this.state !== "stopped") {
      try {
        await this.oneGo();
        this.sent = this.file.size;
        this.change("done");
        return;
      } catch (wrong) {
        if (this.state === "stopped") return;
        if (wrong instanceof Refused) { this.fail(wrong.message); return; }
        fails = this.sent > (this.sentBefore ?? 0) ? 1 : fails + 1;
        this.sentBefore = this.sent;
        if (fails > TRIES) { this.fail(t("upload_lost")); return; }
        this.change("waiting");
        await pause(Math.min(8000, 300 * 2 ** fails));
      }
    }
  }

  async oneGo() {
    if (this.id === null) {
      const begun = await this.call("POST", "/api/uploads", {
        name: this.file.name, size: this.file.size, mime: this.file.type,
      });
      this.id = begun.id;
      this.sent = 0;
    } else {
      const at = await this.call("GET", `/api/uploads/${this.id}`);
      if (at === null) { this.id = null; throw new Error("forgotten"); }
      if (at.done) return;
      this.sent = at.offset;
    }
    this.change("sending");
    await this.bytes();
  }

  async call(method, path, body) {
    const answer = await ask(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
    if (answer.status === 404) return null;
    if (answer.ok) return answer.json();
    await this.refuse(answer.status, await answer.text());
    return null;
  }

  // 4xx is an answer and not worth another try; the rest is the line or the server.
  async refuse(status, text) {
    let words = text;
    try { words = JSON.parse(text).error || text; } catch { /* plain words already */ }
    if (status >= 400 && status < 500 && ![408, 409, 429].includes(status)) throw new Refused(words);
    throw new Error(words);
  }

  // fetch cannot tell how much has been sent; XMLHttpRequest can.
  bytes() {
    return new Promise((done, failed) => {
      const from = this.sent;
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("PUT", `/api/uploads/${this.id}?offset=${from}`);
      request.setRequestHeader("Accept-Language", spoken());
      request.upload.onprogress = (event) => {
        this.sent = from + event.loaded;
        this.onChange(this);
      };
      request.onload = () => {
        if (request.status === 200 && JSON.parse(request.responseText).done) done();
        else if (request.status === 404) { this.id = null; failed(new Error("forgotten")); }
        else this.refuse(request.status, request.responseText).catch(failed);
      };
      request.onerror = () => failed(new Error("line"));
      request.onabort = () => failed(new Error("stopped"));
      request.send(this.file.slice(from));
    });
  }

  fail(words) {
    this.error = words;
    this.change("failed");
    this.forget();
  }

  again() {
    this.begin();
    this.onChange(this);
  }

  stop() {
    this.state = "stopped";
    if (this.request) this.request.abort();
    this.forget();
  }

  forget() {
    if (this.id) fetch(`/api/uploads/${this.id}`, { method: "DELETE" }).catch(() => {});
    this.id = null;
  }
}
