// The page's own words, in the reader's language. The server puts them into the page, and sends
// others when somebody chooses another language; they come from core/i18n/locales.

const ISOLATE = ["\u2068", "\u2069"]; // what runs the other way must not turn the sentence around

let known = {};
let plural = null;

function learnt(found) {
  known = found;
  document.documentElement.lang = found.language;
  document.documentElement.dir = found.dir;
  plural = new Intl.PluralRules(found.language);
}

// Our own digits in every language: hours are typed with them, and commands carry them.
export const locale = () => `${known.language}-u-nu-latn`;

// The region of the reader's browser counts while its language is ours: 12 hours here, 24 there.
export function dateLocale() {
  const own = navigator.language || "";
  return own.split("-")[0] === known.language.split("-")[0] ? `${own}-u-nu-latn` : locale();
}

export function t(key, facts = {}) {
  const found = known.words[key];
  const sentence = typeof found === "string" ? found : found[plural.select(facts.n)] ?? found.other;
  return sentence.replace(/\{(\w+)\}/g, (_, name) => {
    const fact = facts[name];
    if (typeof fact === "number") return fact.toLocaleString(locale());
    return known.dir === "rtl" ? `${ISOLATE[0]}${fact}${ISOLATE[1]}` : fact;
  });
}

// What stands in index.html, under `root`.
export function reword(root = document) {
  for (const node of root.querySelectorAll("[data-words]")) node.textContent = t(node.dataset.words);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = t(node.dataset.hint);
}

// True when it is another language than before.
export function learn(found) {
  if (found.language === known.language) return false;
  learnt(found);
  reword();
  return true;
}

// A fetch whose answer is in the language of the page.
export function ask(path, options = {}) {
  return fetch(path, { ...options, headers: { ...options.headers, "Accept-Language": known.language } });
}

export const spoken = () => known.language;

learnt(JSON.parse(document.querySelector("meta[name=words]").content));
reword();
