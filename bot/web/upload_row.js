// One file under way, as a line: name, how far, how long still, and a way to stop it.

import { el, icon } from "./dom.js";
import { left, size } from "./times.js";
import { t } from "./words.js";

export class UploadRow {
  constructor(upload, onRemove) {
    this.upload = upload;
    this.bar = el("progress", { max: 1, value: 0, "aria-label": t("upload_of", { name: upload.file.name }) });
    this.state = el("span", { class: "faint" });
    this.error = el("p", { class: "error", role: "alert", hidden: true });
    this.retry = el("button", { type: "button", class: "quiet-button", hidden: true, onclick: () => upload.again() }, t("again"));
    this.node = el("li", { class: "upload" },
      icon(/\.(srt|vtt|ass)$/i.test(upload.file.name) ? "file" : "film"),
      el("div", { class: "upload-middle" },
        el("div", { class: "upload-head" }, el("span", { class: "file-name", dir: "auto" }, upload.file.name), this.state),
        this.bar, this.error),
      this.retry,
      el("button", { type: "button", class: "icon-button small", "aria-label": t("remove_file", { name: upload.file.name }), onclick: onRemove }, icon("close")));
    this.draw();
  }

  draw() {
    const { upload } = this;
    this.bar.value = upload.share;
    this.bar.hidden = upload.state === "done" || upload.state === "failed";
    this.retry.hidden = upload.state !== "failed" || upload.file.size === 0;
    this.error.hidden = upload.state !== "failed";
    if (this.error.textContent !== upload.error) this.error.textContent = upload.error;
    this.state.textContent = {
      sending: [`${Math.round(100 * upload.share)} %`, left(upload.leftS)].filter(Boolean).join(" · "),
      waiting: t("line_lost"),
      done: size(upload.file.size),
      failed: "",
      stopped: "",
    }[upload.state];
  }
}
