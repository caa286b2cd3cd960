// A message of ours on its way: shown at once, with its files' progress, until the server has it.

import { el } from "./dom.js";
import { UploadRow } from "./upload_row.js";
import { t } from "./words.js";

export class Outgoing {
  // `done(outgoing)` is called when it leaves the list without having been sent.
  constructor({ key, text, uploads, send, done }) {
    Object.assign(this, { key, text, uploads, send, done });
    this.rows = uploads.map((upload) => new UploadRow(upload, () => this.drop(upload)));
    this.state = el("span", { class: "at" });
    this.note = el("p", { class: "error", role: "alert", hidden: true });
    this.tools = el("div", { class: "button-row", hidden: true },
      el("button", { type: "button", class: "button plain", onclick: () => this.again() }, t("again")),
      el("button", { type: "button", class: "button plain", onclick: () => this.remove() }, t("remove")));
    const files = el("ul", { class: "tray" }, ...this.rows.map((row) => row.node));
    this.node = el("li", { class: "message me pending" },
      el("article", { class: "bubble" },
        el("div", { class: "body" }, el("div", { class: "text" }, text ? el("p", { dir: "auto" }, text) : null,
          uploads.length ? files : null), this.note, this.tools), this.state));
    this.try();
  }

  async try() {
    this.note.hidden = true;
    this.tools.hidden = true;
    this.state.textContent = this.uploads.length ? t("sending") : "";
    this.slow = setTimeout(() => { this.state.textContent = t("sending"); }, 800);
    await Promise.all(this.uploads.map((upload) => upload.arrival));
    this.update();
    if (this.uploads.some((upload) => upload.state !== "done")) { clearTimeout(this.slow); return; }
    this.send({ t: "send", key: this.key, text: this.text, files: this.uploads.map((u) => u.id) });
  }

  update(upload) {
    const row = this.rows.find((r) => r.upload === upload);
    if (row) row.draw();
    if (this.uploads.some((u) => u.state === "failed")) this.state.textContent = t("not_sent");
  }

  // The server says why it does not take it.
  refused(words) {
    clearTimeout(this.slow);
    this.state.textContent = t("not_sent");
    this.note.textContent = words;
    this.note.hidden = false;
    this.tools.hidden = false;
  }

  again() {
    // A server that was started anew no longer knows what had arrived.
    for (const upload of this.uploads) if (upload.state === "done") upload.again();
    this.rows.forEach((row) => row.draw());
    this.try();
  }

  drop(upload) {
    upload.stop();
    this.uploads = this.uploads.filter((u) => u !== upload);
    this.rows.find((row) => row.upload === upload)?.node.remove();
    if (!this.uploads.length && !this.text) this.remove();
    else this.try();
  }

  remove() {
    clearTimeout(this.slow);
    this.uploads.forEach((upload) => upload.stop());
    this.node.remove();
    this.done(this);
  }

  gone() {
    clearTimeout(this.slow);
    this.node.remove();
  }
}

