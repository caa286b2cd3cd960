// Instants in the reader's own zone and manner, sizes and lengths in words.

const LANGUAGE = navigator.language || "en";
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const format = (options) => {
  try {
    return new Intl.DateTimeFormat(LANGUAGE, options);
  } catch {
    return new Intl.DateTimeFormat("en", options);
  }
};
const CLOCK = format({ hour: "numeric", minute: "2-digit" });
const NEAR = format({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const FAR = format({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" });
const FULL = format({ dateStyle: "full", timeStyle: "long" });
const DAY = format({ weekday: "long", day: "numeric", month: "long" });
const DAY_YEAR = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });

const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const daysAgo = (at) => Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);

export const clock = (at) => CLOCK.format(at);
export const full = (at) => `${FULL.format(at)} (${ZONE})`;
export const sameDay = (a, b) => midnight(a).getTime() === midnight(b).getTime();

export function moment(at) {
  return (at.getFullYear() === new Date().getFullYear() ? NEAR : FAR).format(at);
}

export function day(at) {
  const ago = daysAgo(at);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  return (at.getFullYear() === new Date().getFullYear() ? DAY : DAY_YEAR).format(at);
}

export function size(bytes) {
  if (!(bytes >= 0)) return "";
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) { bytes /= 1000; step += 1; }
  return `${bytes >= 10 || step === 0 ? Math.round(bytes) : bytes.toFixed(1)} ${units[step]}`;
}

export function length(seconds) {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}
