// What can be asked for, while somebody writes "/": a listbox the box itself drives.

import { el } from "./dom.js";

export class Suggestions {
  constructor(box, list, pick) {
    this.box = box;
    this.list = list;
    this.pick = pick;
    this.commands = [];
    this.shown = [];
    this.at = -1;
    box.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  // Somebody may have begun to write before we were told what there is.
  learn(commands) {
    this.commands = commands;
    if (document.activeElement === this.box && this.list.hidden) this.update();
  }

  update() {
    const text = this.box.value;
    const begun = /^\/(\w*)$/.exec(text);
    this.shown = begun ? this.commands.filter((c) => c.name.startsWith(begun[1].toLowerCase())) : [];
    if (!this.shown.length) { this.close(); return; }
    this.list.replaceChildren(...this.shown.map((command, index) => this.option(command, index)));
    this.list.hidden = false;
    this.box.setAttribute("aria-expanded", "true");
    this.mark(0);
  }

  option(command, index) {
    const usage = command.args.map((arg) => (arg.needed ? ` ${arg.name}` : ` [${arg.name}]`)).join("");
    return el("li", {
      id: `command-${command.name}`, role: "option", class: "command",
      onpointerdown: (event) => { event.preventDefault(); this.choose(index); },
    }, el("span", { class: "command-name" }, el("bdi", {}, `/${command.name}`), el("span", { class: "faint" }, usage)),
    el("span", { class: "command-help" }, command.help));
  }

  mark(index) {
    this.at = (index + this.shown.length) % this.shown.length;
    [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === this.at)));
    const option = this.list.children[this.at];
    this.box.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  // True when the key was for the list.
  key(event) {
    if (this.list.hidden) return false;
    const exact = this.box.value.slice(1) === this.shown[this.at]?.name;
    const does = {
      ArrowDown: () => this.mark(this.at + 1),
      ArrowUp: () => this.mark(this.at - 1),
      Escape: () => this.close(),
      Tab: () => this.choose(this.at),
      Enter: exact || event.shiftKey ? null : () => this.choose(this.at),
    }[event.key];
    if (!does) return false;
    event.preventDefault();
    does();
    return true;
  }

  choose(index) {
    const command = this.shown[index];
    this.pick(`/${command.name}${command.args.length ? " " : ""}`);
    if (!command.args.length) this.close();
  }

  close() {
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.box.removeAttribute("aria-activedescendant");
  }
}
