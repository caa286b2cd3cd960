// Where people write: text that grows, commands behind "/", files with their progress.

import { announce, byId, icon, newKey, touch } from "./dom.js";
import { Outgoing } from "./outgoing.js";
import { Suggestions } from "./suggestions.js";
import { Upload } from "./uploads.js";
import { UploadRow } from "./upload_row.js";
import { t } from "./words.js";

const MAX_FILES = 10;

export class Composer {
  constructor({ link, thread }) {
    this.link = link;
    this.thread = thread;
    this.box = byId("box");
    if (touch()) this.box.dataset.hint = "write_touch";
    this.box.placeholder = t(this.box.dataset.hint);
    this.tray = byId("tray");
    this.hint = byId("tray-hint");
    this.rows = [];
    this.outgoing = new Map();
    this.last = "";
    this.suggestions = new Suggestions(this.box, byId("commands"), (text) => this.fill(text));
    byId("attach").append(icon("attach"));
    byId("send").append(icon("send"));
    this.listen();
    this.refresh();
  }

  listen() {
    const picker = byId("files");
    byId("attach").addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => { this.attach(picker.files); picker.value = ""; this.box.focus(); });
    byId("composer").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.box.addEventListener("input", () => { this.suggestions.update(); this.refresh(); });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length) { event.preventDefault(); this.attach(event.clipboardData.files); }
    });
  }

  key(event) {
    if (event.isComposing || this.suggestions.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !touch()) { event.preventDefault(); this.submit(); }
    if (event.key === "ArrowUp" && !this.box.value && this.last) { event.preventDefault(); this.fill(this.last); }
  }

  fill(text) {
    this.box.value = text;
    this.box.focus();
    this.box.setSelectionRange(text.length, text.length);
    this.suggestions.update();
    this.refresh();
  }

  attach(files) {
    const room = MAX_FILES - this.rows.length;
    for (const file of [...files].slice(0, room)) {
      const row = new UploadRow(new Upload(file, (upload) => this.changed(upload)), () => this.detach(row));
      this.rows.push(row);
      this.tray.append(row.node);
    }
    announce(this.rows.length === 1 ? t("uploading", { name: this.rows[0].upload.file.name })
      : t("files", { n: this.rows.length }));
    this.refresh();
    this.perhapsSend();
  }

  detach(row) {
    row.upload.stop();
    row.node.remove();
    this.rows = this.rows.filter((other) => other !== row);
    this.refresh();
    this.perhapsSend();
    this.box.focus();
  }

  changed(upload) {
    const row = this.rows.find((r) => r.upload === upload);
    if (row) {
      row.draw();
      if (upload.state !== "sending") this.refresh();
      this.perhapsSend();
    }
    for (const outgoing of this.outgoing.values()) outgoing.update(upload);
  }

  // A file that was dropped in without a word is a message by itself.
  perhapsSend() {
    const ready = this.rows.length && this.rows.every((row) => row.upload.state === "done");
    if (ready && !this.box.value.trim()) this.submit();
  }

  refresh() {
    const text = this.box.value.trim();
    this.tray.hidden = this.rows.length === 0;
    this.hint.hidden = this.rows.every((row) => row.upload.state === "failed");
    const how = text ? (touch() ? "hint_tap" : "hint_enter") : "hint_sends_itself";
    this.hint.textContent = t(this.rows.length > 1 ? `${how}_all` : how);
    byId("send").disabled = !text && this.rows.length === 0;
    this.box.style.height = "auto";
    this.rows.forEach((row) => row.draw());
    this.box.style.height = `${Math.min(this.box.scrollHeight, 200)}px`;
  }

  submit() {
    const text = this.box.value.trim();
    const uploads = this.rows.map((row) => row.upload);
    if (!text && !uploads.length) return;
    if (text) this.last = text;
    this.box.value = "";
    this.rows = [];
    this.tray.replaceChildren();
    this.suggestions.close();
    this.refresh();
    this.say(text, uploads);
  }

  say(text, uploads = []) {
    const key = newKey();
    const outgoing = new Outgoing({
      key, text, uploads,
      send: (frame) => this.link.send(frame),
      done: () => this.outgoing.delete(key),
    });
    this.outgoing.set(key, outgoing);
    this.thread.list.append(outgoing.node);
    this.thread.onEmpty(false);
    this.thread.toEnd();
  }

  // The server has it: its own copy takes the place of ours.
  arrived(messages) {
    for (const message of messages) {
      const outgoing = message.key && this.outgoing.get(message.key);
      if (!outgoing) continue;
      outgoing.gone();
      this.outgoing.delete(message.key);
    }
  }

  refused(frame) {
    this.outgoing.get(frame.key)?.refused(frame.text);
  }
}
