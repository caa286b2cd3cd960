// What a newcomer sees: one thing to do, a way without a video, and what else there is.

import { byId, el, touch } from "./dom.js";

const EXAMPLES = [
  ["clip", "/clip 3 under 40s", "with a video: how many clips, how long"],
  ["connect", "/connect", "an account to post to; a practice one is ready"],
  ["queue", "/queue", "what goes out, and when"],
  ["help", "/help", "everything else"],
];

export function drawEmpty({ commands, say, fill }) {
  const known = new Set(commands.map((command) => command.name));
  const sample = el("button", { type: "button", class: "button plain", onclick: () => say("/sample") }, "Make a sample video");
  const list = EXAMPLES.filter(([name]) => known.has(name)).map(([, text, what]) => el("li", {},
    el("button", { type: "button", class: "example", onclick: () => fill(text) }, el("code", {}, text)),
    el("span", { class: "soft" }, what)));
  byId("empty").replaceChildren(
    el("div", { class: "dropzone" },
      el("h2", {}, touch() ? "Send a video" : "Drop a video here"),
      el("p", { class: "soft" }, "Its best moments come back as finished vertical clips: framed on whoever speaks, captioned, levelled. You choose when they are posted."),
      el("div", { class: "button-row" },
        el("button", { type: "button", class: "button main", onclick: () => byId("files").click() }, "Choose a video"),
        known.has("sample") ? sample : null)),
    list.length ? el("h3", {}, "Or ask for something") : "",
    el("ul", { class: "examples" }, ...list));
}
