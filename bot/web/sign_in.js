// From a code to a session: by itself when the address brought one, else with a calm form.

import { byId } from "./dom.js";
import { ask as fetchWorded, t } from "./words.js";

async function exchange(code) {
  const answer = await fetchWorded("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (answer.ok) return "";
  try {
    return (await answer.json()).error;
  } catch {
    return t("no_answer");
  }
}

async function signedIn() {
  try {
    return (await (await fetch("/api/me")).json()).signed_in;
  } catch {
    return false;
  }
}

// Take the code out of the address at once: it must not stay in the history or be shared by accident.
function codeOfAddress() {
  const query = new URLSearchParams(location.search);
  const found = { code: query.get("code") || "", ask: query.has("ask") };
  if (found.code) history.replaceState(null, "", location.pathname);
  return found;
}

function ask(code, words) {
  const form = byId("sign-in-form");
  const box = byId("code");
  const error = byId("sign-in-error");
  byId("sign-in").hidden = false;
  box.value = code;
  error.textContent = words;
  box.focus();
  return new Promise((done) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      const wrong = await exchange(box.value).catch(() => t("unreachable"));
      button.disabled = false;
      if (wrong) {
        error.textContent = wrong;
        box.setAttribute("aria-invalid", "true");
        box.select();
        return;
      }
      byId("sign-in").hidden = true;
      done();
    };
  });
}

// Resolves once somebody is signed in. `words` says why they are asked again.
export async function signIn(words = "") {
  const { code, ask: mustAsk } = codeOfAddress();
  if (!words && await signedIn()) return; // whoever is in stays in: a code in a link changes nothing
  if (code && !mustAsk) {
    const wrong = await exchange(code).catch(() => t("unreachable"));
    if (!wrong) return;
    await ask("", wrong);
    return;
  }
  await ask(code, words);
}
