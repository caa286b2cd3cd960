// Instants in the reader's own zone and manner, sizes and lengths in words.

import { dateLocale, locale, t } from "./words.js";

export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const CLOCK = { hour: "numeric", minute: "2-digit" };
const NEAR = { weekday: "short", day: "numeric", month: "short", ...CLOCK };
const FAR = { ...NEAR, year: "numeric" };
const FULL = { dateStyle: "full", timeStyle: "long" };
const DAY = { weekday: "long", day: "numeric", month: "long" };
const DAY_YEAR = { ...DAY, year: "numeric" };

// Making one takes longer than using it a thousand times.
const made = new Map();
function written(at, options) {
  const key = `${dateLocale()} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(dateLocale(), options));
  return made.get(key).format(at);
}

function amount(number, unit) {
  const digits = number < 10 && unit.endsWith("byte") && unit !== "byte" ? 1 : 0;
  const options = { style: "unit", unit, unitDisplay: "short", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return number.toLocaleString(locale(), options);
}

const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const daysAgo = (at) => Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);

export const clock = (at) => written(at, CLOCK);
export const full = (at) => `${written(at, FULL)} (${ZONE})`;
export const sameDay = (a, b) => midnight(a).getTime() === midnight(b).getTime();

export function moment(at) {
  return written(at, at.getFullYear() === new Date().getFullYear() ? NEAR : FAR);
}

export function day(at) {
  const ago = daysAgo(at);
  if (ago === 0) return t("today");
  if (ago === 1) return t("yesterday");
  return written(at, at.getFullYear() === new Date().getFullYear() ? DAY : DAY_YEAR);
}

export function size(bytes) {
  if (!(bytes >= 0)) return "";
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) { bytes /= 1000; step += 1; }
  return amount(bytes, units[step]);
}

export function length(seconds) {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const [number, unit] = seconds < 60 ? [Math.max(1, seconds), "second"]
    : seconds < 3600 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return t("left", { time: amount(number, unit) });
}
