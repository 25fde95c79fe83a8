// One socket for all tabs of a browser: the tab that holds a lock owns it and passes on what arrives; the others
// send through it. When it closes, or does not answer, the next one takes its place.

import {Socket} from "./socket.js";
import {OURS} from "../state/storage.js";

const NAME = `${OURS}socket`; // of the lock, and of the channel between the tabs
const SILENCE = 3_000; // ms after which a leader that does not answer is replaced

/** Whether tabs can share a socket: browsers have no locks on plain http, except on localhost. */
export const canShare = () => Boolean(globalThis.navigator?.locks && globalThis.BroadcastChannel);

export class SharedSocket {
  /** Same as Socket, with a unique name of this tab. */
  constructor(address, on, tab) {
    this.on = on;
    this.tab = tab;
    this.leader = ""; // the tab whose frames this one receives
    this.air = null; // the channel between the tabs; null while this one wants no connection
    this.claim = null; // waits for the lock, and holds it
    this.socket = new Socket(address, {
      frame: (text) => {
        this.greeting ??= text.split("\n", 1)[0];
        for (const line of text.split("\n")) if (/^{"action":"(actions|renamed)"/.test(line)) this.greet(JSON.parse(line));
        this.broadcast({kind: "frame", text});
        this.on.frame(text);
      },
      state: (state) => {
        this.greeting = null;
        this.state = state;
        this.broadcast({kind: "state", state});
        this.on.state(state);
      },
    });
  }

  get leads() {
    return this.leader === this.tab;
  }

  connect() {
    if (this.leads) this.socket.connect();
    else {
      if (!this.air) this.begin();
      this.ask();
    }
  }

  send(text) {
    if (this.leads) this.socket.send(text);
    else this.broadcast({kind: "send", text});
  }

  renew() {
    if (this.leads) this.socket.renew();
    else if (this.air) this.queue(true);
  }

  /** Open a new socket in this tab; the others go on through it. */
  reconnect() {
    if (this.leads) return this.socket.reconnect();
    this.leader = ""; // which has another identity
    this.on.state({kind: "connecting"});
    if (!this.air) this.begin();
    this.queue(true);
  }

  disconnect() {
    this.claim?.end();
    this.claim = null;
    this.air?.close();
    this.air = null;
    this.leader = "";
    clearTimeout(this.silence);
    this.socket.disconnect();
  }

  // Internal

  begin() {
    this.air = new BroadcastChannel(NAME);
    this.air.onmessage = ({data}) => this.heard(data);
    this.queue(false);
  }

  /** Wait for the lock, or steal it from a tab that does not answer. */
  queue(steal) {
    this.claim?.end();
    const abort = new AbortController();
    const claim = {};
    const kept = new Promise((release) => {
      claim.end = () => {
        abort.abort();
        release();
      };
    });
    this.claim = claim;
    navigator.locks
      .request(NAME, steal ? {steal} : {signal: abort.signal}, () => {
        if (claim !== this.claim) return undefined;
        this.lead();
        return kept;
      })
      .catch(({name}) => claim === this.claim && (name === "AbortError" ? this.robbed() : this.lead()));
  }

  lead() {
    clearTimeout(this.silence);
    this.leader = this.tab;
    this.broadcast({kind: "lead"});
    this.socket.connect();
  }

  /** Another tab has stolen the lock, as this one did not answer. */
  robbed() {
    this.leader = "";
    this.socket.disconnect();
    this.queue(false);
    this.ask();
  }

  /** Include what has changed (plugins, the user's name) in the hello for tabs that open later. */
  greet(change) {
    this.greeting = JSON.stringify({...JSON.parse(this.greeting), ...change, action: "hello"});
  }

  ask() {
    this.on.state({kind: "connecting"});
    this.broadcast({kind: "ask"});
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.queue(true), SILENCE);
  }

  /** Send to all other tabs, or to one. */
  broadcast(message, to = "") {
    this.air?.postMessage({...message, from: this.tab, to});
  }

  heard({kind, from, to, text, state}) {
    if (to && to !== this.tab) return;
    if (this.leads) {
      if (kind === "send") this.socket.send(text);
      else if (kind === "ask") {
        this.broadcast({kind: "lead"}, from);
        if (this.greeting) this.broadcast({kind: "frame", text: this.greeting.replace(/}$/, ',"late":true}')}, from);
        else {
          this.broadcast({kind: "state", state: this.state}, from);
          this.socket.connect();
        }
      }
    } else if (kind === "lead") {
      clearTimeout(this.silence);
      this.leader = from;
    } else if (from === this.leader) {
      if (kind === "frame") this.on.frame(text);
      else if (kind === "state") this.on.state(state);
    }
  }
}
