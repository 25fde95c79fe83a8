// The connection to the server: calls and their answers, events, and whether the server is still there. The line
// below it is a socket of this tab, or goes through another tab.

import {Socket} from "./socket.js";
import {SharedSocket, canShare} from "./shared_socket.js";

const TICK = 5_000; // ms
const SLEPT = 30_000; // ms between two ticks: the machine slept
const PATIENCE = 8_000; // ms without an answer

/** A unique id; `crypto.randomUUID` is missing on plain http. */
export function newRef() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Failed extends Error {
  /** An `error` of the server; `code` is "disconnected" if no answer can come. retryAfter: ms, or undefined. Those of the server have `rule` and `until`, too. */
  constructor(code, message, retryAfter) {
    super(message);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export class Connection {
  /**
   * address(): URL to connect to, called before each attempt. on.event(event): one object from the server.
   * on.state({kind, retryAt, code, reason}): kind is "connecting", "open", "waiting" or "ended"; retryAt in ms since 1970.
   * shared: whether the tabs of this browser share one socket.
   */
  constructor(address, on, shared = canShare()) {
    this.on = on;
    this.calls = new Map(); // ref -> {action, since (ms), resolve, reject}
    this.open = false;
    this.session = 0; // counts hellos
    this.heard = 0; // ms: when the last frame arrived
    this.roundTrip = null; // ms
    const hears = {frame: (text) => this.frame(text), state: (state) => this.turn(state)};
    this.line = shared ? new SharedSocket(address, hears, newRef()) : new Socket(address, hears);
  }

  /** Whether this tab does what only one of them should do. */
  get leads() {
    return this.line.leads ?? true;
  }

  connect() {
    this.begin();
    this.line.connect();
  }

  /** Connect again, in all tabs, with the current identity. */
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

  /** Check the connection; renew the line if no answer comes. */
  async probe() {
    if (!this.open || this.probing) return;
    const {session} = this;
    const since = Date.now();
    this.probing = true;
    const timer = setTimeout(() => session === this.session && this.heard < since && this.line.renew(), PATIENCE);
    await this.call("who", {limit: 1}).catch(() => {}); // an error is an answer, too
    if (session === this.session) this.roundTrip = Date.now() - since;
    clearTimeout(timer);
    this.probing = false;
  }

  /** Disconnect, and do not reconnect. */
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
    this.on.all?.(event);
    if (event.action === "ok" || (event.action === "error" && event.ref)) {
      const call = this.calls.get(event.ref); // undefined: a call of another tab
      this.calls.delete(event.ref);
      if (event.action === "ok") call?.resolve(event);
      else call?.reject(Object.assign(new Failed(event.code, event.message, event.retry_after_ms), {rule: event.rule, until: event.until}));
      return;
    }
    if (event.action === "hello") {
      this.hang(); // calls of the connection before this one will not be answered
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

  /** Browsers notice a dead socket after minutes: probe after a sleep, and when an answer is late. */
  tick() {
    const now = Date.now();
    const [oldest] = this.calls.values();
    if (now - this.ticked > SLEPT || (oldest && now - oldest.since > PATIENCE)) this.probe();
    this.ticked = now;
  }
}
