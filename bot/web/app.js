// Sign in, then talk.

import { byId, newKey } from "./dom.js";
import { Composer } from "./composer.js";
import { drawEmpty } from "./empty.js";
import { Link } from "./link.js";
import { signIn } from "./sign_in.js";
import { Thread } from "./thread.js";
import { ask, learn, t } from "./words.js";

const pressed = new Map(); // key of a press → its message and button

function press(view, act, button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const key = newKey();
  button.setAttribute("aria-disabled", "true");
  button.classList.add("busy");
  pressed.set(key, { view, button });
  link.send({ t: "press", key, id: view.data.id, act });
}

function released(key, words) {
  const { view, button } = pressed.get(key) || {};
  if (!button) return;
  pressed.delete(key);
  button.classList.replace("busy", "pressed");
  button.removeAttribute("aria-disabled");
  setTimeout(() => button.classList.remove("pressed"), 900);
  if (words) view.tell(words);
}

// In the language of the conversation, which may be another than the browser's.
function speak({ words, commands }) {
  const changed = learn(words);
  composer.suggestions.learn(commands);
  drawEmpty({ commands, say: (text) => composer.say(text), fill: (text) => composer.fill(text) });
  if (!changed) return;
  composer.refresh();
  thread.reword();
}

function onFrame(frame) {
  if (frame.t === "welcome") {
    byId("who").textContent = frame.me.name;
    speak(frame);
    composer.arrived(frame.messages);
    thread.welcome(frame);
  } else if (frame.t === "messages") {
    composer.arrived(frame.messages);
    thread.take(frame.messages);
  } else if (frame.t === "words") {
    speak(frame);
  } else if (frame.t === "older") {
    thread.older(frame);
  } else if (frame.t === "taken") {
    released(frame.key);
  } else if (frame.t === "refused") {
    released(frame.key, frame.text);
    composer.refused(frame);
  }
}

let stripTimer = 0;
function onState(state) {
  const strip = byId("strip");
  clearTimeout(stripTimer);
  if (state === "open") { strip.hidden = true; return; }
  // A short break is nobody's business.
  stripTimer = setTimeout(() => {
    strip.textContent = t("reconnecting");
    strip.hidden = false;
  }, 700);
}

function onSignedOut(why) {
  byId("desk").hidden = true;
  signIn(t(why === "too_many" ? "too_many_tabs" : "signed_out")).then(() => location.reload());
}

const link = new Link({ onFrame, onState, onSignedOut });
const thread = new Thread({
  press,
  fresh: (id) => link.ask({ t: "fresh", id }),
  older: (before) => link.ask({ t: "older", before }),
  onEmpty: (is) => { byId("empty").hidden = !is || composer.outgoing.size > 0; },
});
const composer = new Composer({ link, thread });

function dropAnywhere() {
  const sheet = byId("drop");
  let depth = 0;
  const hasFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  const show = (on) => { sheet.hidden = !on; if (!on) depth = 0; };
  addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth += 1; show(true); } });
  addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) show(false); });
  addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(false);
    composer.attach(event.dataTransfer.files);
    byId("box").focus();
  });
}

byId("sign-out").addEventListener("click", async () => {
  await ask("/api/session", { method: "DELETE" });
  link.end("signed_out");
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && thread.pinned) thread.toEnd(); });

await signIn();
byId("desk").hidden = false;
composer.refresh();
dropAnywhere();
link.open();
byId("box").focus();
