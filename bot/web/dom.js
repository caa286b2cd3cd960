// Building elements. Data only ever becomes text: nothing here takes HTML.

const ICONS = {
  attach: "M8.5 12.5 14 7a3.2 3.2 0 0 1 4.5 4.5l-7.3 7.3a5 5 0 0 1-7-7L11 5",
  send: "M5 12h13M12.5 5.8 18.8 12l-6.3 6.2",
  close: "M7 7l10 10M17 7 7 17",
  down: "M12 5v13M5.8 12.5 12 18.8l6.2-6.3",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  file: "M7 3.5h7l4 4V20a.5.5 0 0 1-.5.5h-10A.5.5 0 0 1 7 20zM14 3.5V8h4",
  play: "M7 4.5v15l12.5-7.5z",
  film: "M4 6h16v12H4zM4 10h16M4 14h16M8.5 6v12M15.5 6v12",
};

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// A phone or tablet without a mouse: Enter makes a new line there, and nothing can be dropped.
export const touch = () => matchMedia("(pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;

export const byId = (id) => document.getElementById(id);

// An address may lead to the web or to this server. Anything else (javascript:, data:) is dropped.
export function safeHref(href) {
  try {
    const url = new URL(href, location.href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// Tell people who listen instead of look. Cleared first, so that the same words are said again.
export function announce(text) {
  const live = byId("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text.slice(0, 400); }, 60);
}

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
