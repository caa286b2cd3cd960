// The conversation: every message once, in order, whatever the order they came in.

import { announce, byId, el, icon } from "./dom.js";
import { MessageView, plain } from "./message.js";
import { sameDay } from "./times.js";
import { t } from "./words.js";

const NEAR_BOTTOM_PX = 90;
const JOINED_MS = 120_000;

export class Thread {
  constructor({ press, fresh, older, onEmpty }) {
    this.acts = { press, fresh };
    this.onEmpty = onEmpty;
    this.views = new Map();
    this.unread = 0;
    this.list = byId("thread");
    this.scroller = byId("scroll");
    this.jump = byId("jump");
    this.olderButton = byId("older");
    this.jump.append(icon("down"), el("span"));
    this.jump.addEventListener("click", () => { this.toEnd(); byId("box").focus(); });
    this.olderButton.addEventListener("click", () => older(this.oldest()));
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.pinned = true;
    const sizes = new ResizeObserver(() => { if (this.pinned) this.toEnd(); });
    sizes.observe(this.scroller);
    sizes.observe(this.list.parentElement);
    setInterval(() => this.arrange(), 60_000); // at midnight "Today" becomes "Yesterday"
  }

  oldest() { return Math.min(...this.views.keys()); }

  get size() { return this.views.size; }

  welcome(frame) {
    if (frame.reset) {
      this.views.clear();
      for (const node of this.list.querySelectorAll("li[data-id]")) node.remove();
      this.olderButton.hidden = !frame.more;
    }
    this.take(frame.messages, { say: !frame.reset });
    if (frame.reset && this.views.size) this.toEnd();
  }

  take(messages, { say = true } = {}) {
    const fresh = messages.filter((message) => this.put(message));
    this.arrange();
    this.onEmpty(this.views.size === 0);
    const heard = fresh.filter((m) => m.from === "bot" && !m.quiet);
    if (say && heard.length) announce(heard.map((m) => plain(m.text)).join("\n"));
    if (this.pinned && !document.hidden) this.toEnd();
    else if (say) this.count(heard.length);
  }

  // True for a message that was not there before.
  put(message) {
    const view = this.views.get(message.id);
    if (view && view.data.version > message.version) return false;
    if (message.removed) {
      if (view) view.node.remove();
      this.views.delete(message.id);
      return false;
    }
    if (view) { view.update(message); return false; }
    const made = new MessageView(message, this.acts);
    this.views.set(message.id, made);
    const later = [...this.list.querySelectorAll("li[data-id]")].find((li) => Number(li.dataset.id) > message.id);
    this.list.insertBefore(made.node, later || this.list.querySelector("li.pending"));
    return true;
  }

  older(frame) {
    const height = this.scroller.scrollHeight;
    frame.messages.forEach((message) => this.put(message));
    this.olderButton.hidden = !frame.more;
    this.arrange();
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
  }

  arrange() {
    let before = null;
    const views = [...this.list.querySelectorAll("li[data-id]")].map((li) => this.views.get(Number(li.dataset.id)));
    views.forEach((view, index) => {
      const next = views[index + 1];
      const joined = Boolean(next && next.data.from === view.data.from && next.at - view.at < JOINED_MS
        && sameDay(next.at, view.at));
      view.place({ newDay: !before || !sameDay(before.at, view.at), joined });
      before = view;
    });
  }

  // Another language: times, labels and days are written anew, players go on.
  reword() {
    for (const view of this.views.values()) view.reword();
    this.arrange();
    this.count(0);
  }

  count(more) {
    this.unread += more;
    if (!this.unread) return;
    this.jump.hidden = false;
    this.jump.querySelector("span").textContent = t("new", { n: this.unread });
    this.jump.setAttribute("aria-label", t("new_go", { n: this.unread }));
    if (document.hidden) document.title = `(${this.unread}) Clipdesk`;
  }

  scrolled() {
    // A turned phone scrolls by itself: that is not somebody who wants to read further up.
    const size = `${this.scroller.scrollHeight}x${this.scroller.clientHeight}`;
    const resized = size !== this.sizeWas;
    this.sizeWas = size;
    if (this.pinned && resized) { this.toEnd(); return; }
    const below = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
    this.pinned = below < NEAR_BOTTOM_PX;
    if (this.pinned) { this.seen(); return; }
    if (!this.unread) {
      this.jump.hidden = below < this.scroller.clientHeight;
      this.jump.querySelector("span").textContent = "";
      this.jump.setAttribute("aria-label", t("go_latest"));
    }
  }

  seen() {
    if (document.hidden) return;
    this.unread = 0;
    this.jump.hidden = true;
    document.title = "Clipdesk";
  }

  toEnd() {
    if (!this.list.childElementCount) return; // the first page is read from its top
    this.pinned = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.seen();
  }
}
