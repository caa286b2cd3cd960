// One message: text runs, progress, player, buttons. Changed in place, without restarting a player
// or losing the focus of a button.

import { el, icon, safeHref } from "./dom.js";
import { clock, day, full, length, moment, size } from "./times.js";
import { t } from "./words.js";

function run(part) {
  if (part.when) {
    const at = new Date(part.when);
    return el("time", { datetime: part.when, title: full(at) }, moment(at));
  }
  const href = part.href ? safeHref(part.href) : null;
  if (href) {
    const here = new URL(href).origin === location.origin && !part.href.includes("/media/");
    return el("a", { href, rel: "noopener noreferrer", target: here ? null : "_blank" }, part.text);
  }
  if (part.style === "bold") return el("strong", {}, part.text);
  if (part.style === "code") return el("code", {}, part.text);
  return document.createTextNode(part.text);
}

// A paragraph runs the way its own words do: somebody may have written in several languages.
export const paragraphs = (text, dir = "auto") => text.map((runs) => el("p", { dir }, ...runs.map(run)));

export const plain = (text) => text.map((runs) => runs.map((r) => r.text).join("")).join("\n");

const path = (url) => (url ? url.split("?")[0] : "");

export class MessageView {
  // `acts`: press(message, act, button), fresh(id)
  constructor(data, acts) {
    this.acts = acts;
    this.day = el("h2", { class: "day", hidden: true });
    this.media = el("div", { class: "media", hidden: true });
    this.text = el("div", { class: "text" });
    this.buttons = el("div", { class: "buttons" });
    this.note = el("p", { class: "error", role: "alert", hidden: true });
    this.time = el("time", { class: "at" });
    this.body = el("div", { class: "body" }, this.text, this.buttons, this.note);
    this.bubble = el("article", { class: "bubble" }, this.media, this.body, this.time);
    this.node = el("li", { class: `message ${data.from}`, data: { id: data.id } }, this.day, this.bubble);
    this.update(data);
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.at = new Date(data.at);
    this.time.dateTime = data.at;
    this.stamp();
    this.text.lang = data.language || "";
    this.text.replaceChildren(...paragraphs(data.text, data.dir), ...this.files(data.files || []), ...this.progress(data));
    this.drawMedia(before);
    this.drawButtons();
  }

  stamp() {
    this.time.textContent = clock(this.at);
    this.time.title = full(this.at);
    const who = this.data.from === "me" ? t("you") : "Clipdesk";
    this.bubble.setAttribute("aria-label", t("said_at", { who, time: clock(this.at) }));
  }

  // Another language: what the page itself says of this message.
  reword() {
    this.stamp();
    this.media.querySelector("a.download")?.replaceWith(this.download(this.data.media));
    this.media.querySelector(".play")?.setAttribute("aria-label", this.playLabel());
  }

  playLabel() {
    return t("play", { name: this.data.alt || this.data.media.name });
  }

  files(files) {
    return files.map((file) => el("p", { class: "file" }, icon("file"),
      el("span", { class: "file-name", dir: "auto" }, file.name), el("span", { class: "faint" }, size(file.size))));
  }

  progress(data) {
    if (data.progress === null || data.progress === undefined) return [];
    return [el("progress", { max: 100, value: data.progress, "aria-label": t("progress") })];
  }

  drawMedia(before) {
    const media = this.data.media;
    this.bubble.classList.toggle("with-media", Boolean(media));
    this.bubble.classList.toggle("clip", Boolean(media && media.kind === "video" && media.height > media.width));
    this.media.hidden = !media;
    if (!media) { this.media.replaceChildren(); return; }
    if (before && before.media && path(before.media.url) === path(media.url)) {
      this.freshen(media);
      return;
    }
    const drawn = { video: () => this.video(media), picture: () => this.picture(media) }[media.kind];
    this.media.replaceChildren(...(drawn ? [drawn()] : []), this.download(media));
  }

  // The same file with a newer link: only what has stopped working is touched.
  freshen(media) {
    const player = this.media.querySelector("video");
    if (player && player.error) { player.src = media.url; player.load(); }
    const link = this.media.querySelector("a.download");
    if (link) link.href = media.download;
  }

  video(media) {
    const player = el("video", {
      playsinline: true, preload: media.cover ? "none" : "metadata", src: media.url,
      poster: media.cover, width: media.width || null, height: media.height || null,
      "aria-label": this.data.alt || media.name,
    });
    const badge = el("span", { class: "badge", "aria-hidden": "true" }, media.duration ? length(media.duration) : "");
    const start = el("button", { type: "button", class: "play", "aria-label": this.playLabel(),
      onclick: () => { player.play(); player.focus(); } }, icon("play"));
    player.addEventListener("play", () => {
      player.controls = true;
      frame.classList.add("begun");
      badge.hidden = start.hidden = true;
      for (const other of document.querySelectorAll("video")) if (other !== player) other.pause();
    });
    // A link lasts two days; a page may be open for longer.
    player.addEventListener("error", () => {
      if (this.asked) return;
      this.asked = true;
      this.acts.fresh(this.data.id);
    });
    const frame = el("div", { class: "player" }, player, badge, start);
    if (media.width && media.height) frame.style.aspectRatio = `${media.width} / ${media.height}`;
    return frame;
  }

  picture(media) {
    return el("a", { class: "picture", href: media.url, target: "_blank", rel: "noopener" },
      el("img", { src: media.url, alt: this.data.alt || media.name, loading: "lazy",
        width: media.width || null, height: media.height || null }));
  }

  download(media) {
    return el("a", { class: "download", href: media.download, download: media.name, "aria-label": t("download_name", { name: media.name }) },
      icon("download"), el("span", {}, media.size ? t("download_size", { size: size(media.size) }) : t("download")));
  }

  drawButtons() {
    const rows = this.data.buttons || [];
    const focused = this.buttons.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    const kept = new Map([...this.buttons.querySelectorAll("button")].map((b) => [b.dataset.act, b]));
    this.buttons.replaceChildren(...rows.map((row) => el("div", { class: "button-row", role: "group" },
      ...row.map((button) => this.button(button, kept.get(button.act))))));
    this.buttons.hidden = rows.length === 0;
    if (focused) this.find(focused)?.focus({ preventScroll: true });
  }

  button(button, before) {
    const style = `button ${button.style}`;
    if (button.url) {
      const href = safeHref(button.url);
      return el("a", { class: style, href, target: "_blank", rel: "noopener" }, button.label);
    }
    if (before && before.textContent === button.label && before.className === style) return before;
    return el("button", {
      type: "button", class: style, data: { act: button.act },
      onclick: (event) => this.acts.press(this, button.act, event.currentTarget),
    }, button.label);
  }

  find(act) {
    return [...this.buttons.querySelectorAll("button")].find((b) => b.dataset.act === act);
  }

  // Say something under the buttons, such as why a press was refused.
  tell(words) {
    this.note.textContent = words;
    this.note.hidden = false;
    clearTimeout(this.quieting);
    this.quieting = setTimeout(() => { this.note.hidden = true; }, 12_000);
  }

  // Where it stands among the others: a new day gets a heading, a quick sequence one time.
  place({ newDay, joined }) {
    this.day.hidden = !newDay;
    if (newDay) this.day.textContent = day(this.at);
    this.node.classList.toggle("joined", joined);
  }
}
