// What a newcomer sees: one thing to do, a way without a video, and what else there is.

import { byId, el, touch } from "./dom.js";
import { t } from "./words.js";

const EXAMPLES = [
  ["clip", "/clip 3 under 40s"],
  ["connect", "/connect"],
  ["queue", "/queue"],
  ["help", "/help"],
];

export function drawEmpty({ commands, say, fill }) {
  const known = new Set(commands.map((command) => command.name));
  const sample = el("button", { type: "button", class: "button plain", onclick: () => say("/sample") }, t("empty_sample"));
  const list = EXAMPLES.filter(([name]) => known.has(name)).map(([name, text]) => el("li", {},
    el("button", { type: "button", class: "example", onclick: () => fill(text) }, el("code", {}, text)),
    el("span", { class: "soft" }, t(`example_${name}`))));
  byId("empty").replaceChildren(
    el("div", { class: "dropzone" },
      el("h2", {}, t(touch() ? "empty_head_touch" : "empty_head")),
      el("p", { class: "soft" }, t("empty_text")),
      el("div", { class: "button-row" },
        el("button", { type: "button", class: "button main", onclick: () => byId("files").click() }, t("empty_choose")),
        known.has("sample") ? sample : null)),
    list.length ? el("h3", {}, t("empty_ask")) : "",
    el("ul", { class: "examples" }, ...list));
}
