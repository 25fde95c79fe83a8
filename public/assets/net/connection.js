// Talks with the server: calls and their answers, events, and whether anyone is there. Whether over a socket of
// this tab's or through another tab is the line's affair.

import {Socket} from "./socket.js";
import {SharedSocket, canShare} from "./shared_socket.js";

const TICK = 5_000; // ms
const SLEPT = 30_000; // ms between two ticks: the machine slept
const PATIENCE = 8_000; // ms without a sign of life while one is waited for

/** Ids that no one else takes; `crypto.randomUUID` is missing on plain http. */
export function newRef() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Failed extends Error {
  /** An `error` of the server; `code` is "disconnected" where no answer can come any more. retryAfter: ms, or nothing. */
  constructor(code, message, retryAfter) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export class Connection {
  /**
   * address(): URL to connect to, asked before each try. on.event(event): one object that came down.
   * on.state({kind, retryAt, code, reason}): kind is "connecting", "open", "waiting" or "ended"; retryAt in ms since 1970.
   * shared: whether the tabs of this browser have one socket together.
   */
  constructor(address, on, shared = canShare()) {
    this.on = on;
    this.calls = new Map(); // ref -> {action, since (ms), resolve, reject}: what is on its way
    this.open = false;
    this.session = 0; // which hello this is
    this.heard = 0; // ms: when something came last
    this.roundTrip = null; // ms
    const hears = {frame: (text) => this.frame(text), state: (state) => this.turn(state)};
    this.line = shared ? new SharedSocket(address, hears, newRef()) : new Socket(address, hears);
  }

  /** Whether this tab does what all tabs need done once. */
  get leads() {
    return this.line.leads ?? true;
  }

  connect() {
    this.begin();
    this.line.connect();
  }

  /** Connect anew, all tabs together, as whom one is now. */
  reconnect() {
    this.begin();
    this.line.reconnect();
  }

  /** Send a message; the promise is its `ok`, or a Failed. */
  call(action, fields = {}, ref = newRef()) {
    return new Promise((resolve, reject) => {
      if (!this.open) {
        reject(new Failed("disconnected", "there is no connection"));
        return;
      }
      this.calls.set(ref, {action, since: Date.now(), resolve, reject});
      this.line.send(JSON.stringify({action, ...fields, ref}));
    });
  }

  /** Ask for a sign of life; where none comes, the line is made anew. */
  async probe() {
    if (!this.open || this.probing) return;
    const {session} = this;
    const since = Date.now();
    this.probing = true;
    const timer = setTimeout(() => session === this.session && this.heard < since && this.line.renew(), PATIENCE);
    await this.call("who", {limit: 1}).catch(() => {}); // an error is a sign, too
    if (session === this.session) this.roundTrip = Date.now() - since;
    clearTimeout(timer);
    this.probing = false;
  }

  /** Leave, and stay away. */
  disconnect() {
    clearInterval(this.ticking);
    this.ticking = 0;
    this.line.disconnect();
    this.hang();
  }

  // Internal

  begin() {
    if (this.ticking) return;
    this.ticked = Date.now();
    this.ticking = setInterval(() => this.tick(), TICK);
  }

  frame(text) {
    this.heard = Date.now();
    for (const line of text.split("\n")) {
      try {
        this.receive(JSON.parse(line));
      } catch (error) {
        console.error(error); // a plugin may send anything; the other lines count
      }
    }
  }

  receive(event) {
    if (event.action === "ok" || (event.action === "error" && event.ref)) {
      const call = this.calls.get(event.ref); // none: another tab's
      this.calls.delete(event.ref);
      if (event.action === "ok") call?.resolve(event);
      else call?.reject(new Failed(event.code, event.message, event.retry_after_ms));
      return;
    }
    if (event.action === "hello") {
      this.hang(); // what was asked of a connection before this one is answered no more
      this.open = true;
      this.session++;
      this.on.state({kind: "open"});
    }
    this.on.event(event);
  }

  turn(state) {
    this.hang();
    this.on.state(state);
  }

  hang() {
    this.open = false;
    const calls = [...this.calls.values()];
    this.calls.clear();
    for (const call of calls) call.reject(new Failed("disconnected", "the connection was lost"));
  }

  /** A socket can be dead for minutes before its browser says so: look after a sleep, and when an answer is late. */
  tick() {
    const now = Date.now();
    const [oldest] = this.calls.values();
    if (now - this.ticked > SLEPT || (oldest && now - oldest.since > PATIENCE)) this.probe();
    this.ticked = now;
  }
}
