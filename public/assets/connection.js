// The socket: it connects, comes back by itself, and matches answers with calls.

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 30_000; // ms
const RESTART_SPREAD = 3_000; // ms: after a restart not everyone comes back in the same moment
const STEADY = 5_000; // ms after which a connection counts as a good one

/** The server has closed for good: coming back by itself would end the same way. */
const FINAL = new Set([1000, 1001, 1002, 1003, 1007, 1009, 4401, 4403]);

/** Ids that no one else takes; `crypto.randomUUID` is missing on plain http. */
export function newRef() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** How long to wait before try number `tries` (from 0), in ms: growing, and never the same for all. */
export function pause(tries, code, random = Math.random) {
  if (code === 1012 && tries === 0) return random() * RESTART_SPREAD;
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
  return longest / 2 + (random() * longest) / 2;
}

export class Failed extends Error {
  /** An `error` of the server; `code` is "disconnected" where no answer can come any more. */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Connection {
  /**
   * address(): URL to connect to, asked before each try. on.event(event): one object that came down.
   * on.state({kind, retryAt, code, reason}): kind is "connecting", "open", "waiting" or "ended"; retryAt in ms since 1970.
   */
  constructor(address, on) {
    this.address = address;
    this.on = on;
    this.socket = null;
    this.calls = new Map();
    this.tries = 0;
    this.timer = 0;
  }

  connect() {
    clearTimeout(this.timer);
    if (this.socket) return;
    this.on.state({kind: "connecting"});
    const socket = new WebSocket(this.address());
    this.socket = socket;
    let steady = 0;
    socket.onopen = () => {
      steady = setTimeout(() => (this.tries = 0), STEADY);
    };
    socket.onmessage = ({data}) => {
      if (socket !== this.socket) return;
      for (const line of data.split("\n")) this.receive(JSON.parse(line));
    };
    socket.onclose = ({code, reason}) => {
      clearTimeout(steady);
      if (socket === this.socket) this.lost(code, reason);
    };
  }

  receive(event) {
    const call = event.ref && this.calls.get(event.ref);
    if (call && (event.action === "ok" || event.action === "error")) {
      this.calls.delete(event.ref);
      if (event.action === "ok") call.resolve(event);
      else call.reject(new Failed(event.code, event.message));
      return;
    }
    if (event.action === "hello") this.on.state({kind: "open"});
    this.on.event(event);
  }

  lost(code, reason) {
    this.socket = null;
    const calls = [...this.calls.values()];
    this.calls.clear();
    if (FINAL.has(code)) {
      this.on.state({kind: "ended", code, reason});
    } else {
      const wait = pause(this.tries++, code);
      this.on.state({kind: "waiting", retryAt: Date.now() + wait, code});
      this.timer = setTimeout(() => this.connect(), wait);
    }
    for (const call of calls) call.reject(new Failed("disconnected", "the connection was lost"));
  }

  /** Send a message; the promise is its `ok`, or a Failed. */
  call(action, fields = {}, ref = newRef()) {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new Failed("disconnected", "there is no connection"));
        return;
      }
      this.calls.set(ref, {resolve, reject});
      this.socket.send(JSON.stringify({action, ...fields, ref}));
    });
  }

  /** Leave, and stay away. */
  end() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close(1000);
  }
}
