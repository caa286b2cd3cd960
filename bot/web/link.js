// The line to the server: opens again by itself, and asks for everything that was missed.

import { ZONE } from "./times.js";

const SILENCE_MS = 40_000; // the server beats every 15 s
const WAITS_MS = [200, 500, 1000, 2000, 4000, 8000];

export class Link {
  constructor({ onFrame, onState, onSignedOut }) {
    this.onFrame = onFrame;
    this.onState = onState;
    this.onSignedOut = onSignedOut;
    this.cursor = 0;
    this.fails = 0;
    this.unanswered = new Map(); // key → frame: sent again until it is taken or refused
    this.closed = false;
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.state !== "open") this.now();
    });
  }

  open() {
    if (this.closed) return;
    clearTimeout(this.timer);
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/chat`);
    this.socket = socket;
    socket.onopen = () => {
      this.heard();
      socket.send(JSON.stringify({ t: "hello", cursor: this.cursor, zone: ZONE, language: navigator.language }));
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      this.heard();
      this.take(JSON.parse(event.data));
    };
    socket.onclose = (event) => { if (socket === this.socket) this.lost(event.code); };
  }

  take(frame) {
    if (frame.t === "welcome") {
      this.fails = 0;
      this.cursor = frame.cursor;
      this.state = "open";
      this.onFrame(frame);
      this.onState("open");
      for (const waiting of this.unanswered.values()) this.push(waiting);
      return;
    }
    if (frame.t === "messages") this.cursor = Math.max(this.cursor, frame.cursor);
    if (frame.t === "taken" || frame.t === "refused") this.unanswered.delete(frame.key);
    if (frame.t === "bye") { this.end(frame.why); return; }
    this.onFrame(frame);
  }

  // What must arrive: kept until it is answered. The key makes a second arrival harmless.
  send(frame) {
    this.unanswered.set(frame.key, frame);
    if (this.state === "open") this.push(frame);
  }

  // What may be lost: asked for again when it is needed.
  ask(frame) {
    if (this.state === "open") this.push(frame);
  }

  push(frame) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  heard() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { this.socket.close(); this.lost(0); }, SILENCE_MS);
  }

  async lost(code) {
    clearTimeout(this.silence);
    this.socket = null;
    this.state = "lost";
    if (this.closed) return;
    if (code === 4001) { this.end("signed_out"); return; }
    this.onState("lost");
    this.fails += 1;
    if (this.fails > 1 && await this.isSignedOut()) { this.end("signed_out"); return; }
    const wait = WAITS_MS[Math.min(this.fails - 1, WAITS_MS.length - 1)];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), wait * (0.7 + 0.6 * Math.random()));
  }

  // A refused WebSocket does not say why; this does.
  async isSignedOut() {
    try {
      const answer = await fetch("/api/me");
      return answer.ok && !(await answer.json()).signed_in;
    } catch {
      return false;
    }
  }

  now() {
    if (!this.closed && !this.socket) this.open();
  }

  end(why) {
    this.closed = true;
    clearTimeout(this.silence);
    clearTimeout(this.timer);
    if (this.socket) this.socket.close();
    this.onSignedOut(why);
  }
}
