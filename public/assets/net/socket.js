// A WebSocket that reconnects by itself.

const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 30_000; // ms
const RESTART_SPREAD = 3_000; // ms: so that not all clients reconnect at the same moment
const STEADY = 5_000; // ms after which a connection counts as a good one
const OPENING = 10_000; // ms until the first line; then the attempt has failed
const NOBODY = [502, 503, 504]; // HTTP statuses of a proxy whose server is away

/** Final close codes. All others may be made by a browser or a proxy. */
const FINAL = new Set([4400, 4401, 4403]);

/** The pause before attempt number `tries` (from 0), in ms: growing, with jitter. */
export function pause(tries, code, random = Math.random) {
  if (code === 1012 && tries === 0) return random() * RESTART_SPREAD;
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries);
  return longest / 2 + (random() * longest) / 2;
}

export class Socket {
  /**
   * address(): URL to connect to, called before each attempt. on.frame(text): a frame from the server.
   * on.state({kind, retryAt, code, reason}): kind is "connecting", "waiting" or "ended"; retryAt in ms since 1970.
   */
  constructor(address, on) {
    this.address = address;
    this.on = on;
    this.socket = null;
    this.tries = 0;
    this.timer = 0;
    this.asking = null; // an AbortController during the check over HTTP
    this.silent = false; // whether the last attempt got no answer
  }

  /** Connect now, without waiting for the pause to end. */
  connect() {
    clearTimeout(this.timer);
    if (this.socket || this.asking) return;
    this.on.state({kind: "connecting"});
    if (this.silent) this.ask();
    else this.open();
  }

  send(text) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Drop a connection that seems dead, and reconnect. */
  renew() {
    if (this.socket) this.drop(this.socket);
  }

  /** Connect again, with the current identity. */
  reconnect() {
    this.disconnect();
    this.connect();
  }

  /** Disconnect, and do not reconnect. */
  disconnect() {
    clearTimeout(this.timer);
    this.asking?.abort();
    const socket = this.socket;
    this.socket = this.asking = null;
    socket?.close(1000);
  }

  // Internal

  open() {
    this.silent = true;
    const socket = new WebSocket(this.address());
    const opening = setTimeout(() => this.drop(socket), OPENING);
    let steady = 0;
    this.socket = socket;
    socket.onmessage = ({data}) => {
      if (socket !== this.socket) return;
      if (!steady) {
        this.silent = false;
        clearTimeout(opening);
        steady = setTimeout(() => (this.tries = 0), STEADY);
      }
      this.on.frame(data);
    };
    socket.onclose = ({code, reason}) => {
      clearTimeout(opening);
      clearTimeout(steady);
      if (socket === this.socket) this.lost(code, reason);
    };
  }

  /** Open a socket if the server answers over HTTP: after failed ones, Firefox delays new sockets by up to a minute. */
  async ask() {
    const asking = (this.asking = new AbortController());
    const opening = setTimeout(() => asking.abort(), OPENING);
    const options = {cache: "no-store", redirect: "manual", signal: asking.signal};
    const {status} = await fetch(new URL("healthz", this.address().replace(/^ws/, "http")), options).catch(() => ({status: 503}));
    clearTimeout(opening);
    if (asking !== this.asking) return;
    this.asking = null;
    if (NOBODY.includes(status)) this.lost(1006, "");
    else this.open();
  }

  drop(socket) {
    if (socket !== this.socket) return;
    socket.onclose = null; // it may come a minute later
    socket.close();
    this.lost(1006, "");
  }

  lost(code, reason) {
    this.socket = null;
    if (FINAL.has(code)) {
      this.on.state({kind: "ended", code, reason});
      return;
    }
    const wait = pause(this.tries++, code);
    this.timer = setTimeout(() => this.connect(), wait);
    this.on.state({kind: "waiting", retryAt: Date.now() + wait, code});
  }
}
