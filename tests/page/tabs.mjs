// A server of a few lines, and a browser with tabs on it, for the tests of the outbox.

const assets = "../../public/assets/";
const {Chat} = await import(assets + "state/chat.js");
const {changedElsewhere: follow} = await import(assets + "state/other_tabs.js");
const {changedElsewhere, openStorage} = await import(assets + "state/storage.js");

const ANN = {id: "a", name: "Ann", role: "member"};

class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** The log of one channel. `told`: what its members were told of, in order. */
export class Server {
  constructor() {
    this.log = new Map(); // seq -> message
    this.last = 0;
    this.epoch = "e";
    this.refs = new Map(); // ref -> answer
    this.calls = [];
    this.told = [];
  }

  call(action, fields, ref) {
    if (action === "join-channel") return this.join();
    if (this.refs.has(ref)) return this.refs.get(ref);
    const {target, ...rest} = fields;
    this.calls.push([action, ...Object.values(rest).filter((value) => value !== undefined)]);
    const answer = this[action](fields, ref);
    this.refs.set(ref, answer);
    return answer;
  }

  join() {
    const messages = [...this.log.values()];
    return {channel: "general", epoch: this.epoch, seq: this.last, messages, recovered: false, more: false, users: [], count: 0};
  }

  "send-message"({message, files, reply_to}, ref) {
    const posted = {action: "send-message", target: "general", id: String(++this.last), seq: this.last, time: 1, message, sender: ANN, ref};
    if (reply_to) posted.reply_to = reply_to;
    if (files) posted.files = files.map((id) => ({id}));
    this.log.set(posted.seq, posted);
    this.told.push(posted);
    return {id: posted.id, seq: posted.seq, time: 1};
  }

  set(seq, set, what) {
    const before = this.log.get(seq);
    if (!before) throw new Refused("not-found");
    const after = before.rev ?? seq;
    const next = {...before, ...set, rev: ++this.last};
    for (const name of Object.keys(set)) if (set[name] === null) delete next[name];
    this.log.set(seq, next);
    this.told.push({action: "changed", channel: "general", about: seq, seq: this.last, after, what: [what], set});
    return {seq: this.last};
  }

  "edit-message"({seq, message, of}) {
    if (of && of !== (this.log.get(seq).text_rev ?? seq)) throw new Refused("conflict");
    return this.set(seq, {message, edited: 1, text_rev: this.last + 1}, "edited");
  }

  "delete-message"({seq}) {
    return this.set(seq, {message: "", edited: null, reactions: null, deleted: {by: "a", time: 1}}, "deleted");
  }

  react({seq, key, on}) {
    return this.set(seq, {reactions: on ? [{key, count: 1, users: ["a"]}] : null}, "reacted");
  }

  pin({seq, on}) {
    return this.set(seq, {pinned: on ? {by: "a", time: 1} : null}, "pinned");
  }
}

/** A browser with tabs that share a socket and what is stored. */
export class Browser {
  constructor(server) {
    this.server = server;
    this.kept = new Map();
    this.tabs = [];
    this.online = true;
    this.lost = false; // whether answers get lost
  }

  tab() {
    const tell = (key, newValue) => {
      for (const other of this.tabs) if (other !== tab) follow(other, changedElsewhere({key, newValue}));
    };
    const {kept} = this;
    const place = {
      get length() { return kept.size; }, key: (at) => [...kept.keys()][at], getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => (kept.set(key, value), tell(key, value)), removeItem: (key) => kept.delete(key) && tell(key, null),
    };
    const tab = new Chat(openStorage(place), "http://localhost/", () => {}, false);
    tab.session.user = ANN;
    tab.wire = 2;
    tab.epoch = this.server.epoch;
    tab.powers = ["pin"];
    const browser = this;
    tab.connection = {
      session: 1, leads: !this.tabs.length, get open() { return browser.online; },
      call: async (action, fields, ref) => {
        await null;
        if (!browser.online) throw new Refused("disconnected");
        const answer = browser.server.call(action, fields, ref);
        if (browser.lost) throw new Refused("disconnected");
        return answer;
      },
    };
    const channel = tab.know("general");
    channel.join({epoch: "e", seq: 0, messages: [], recovered: false, more: false, users: [], count: 0});
    channel.receive([...this.server.log.values()]);
    channel.known = this.server.last;
    this.tabs.push(tab);
    return [tab, channel];
  }

  /** Lose the connection, or have it again. */
  turn(online) {
    this.online = online;
    for (const tab of this.tabs) {
      const channel = tab.know("general");
      channel.joined = online;
      channel.sending = null;
      if (online) tab.outbox.send(channel);
    }
  }

  /** Connect to a server with another history, of messages with these texts. */
  async replace(epoch, messages) {
    const {server} = this;
    Object.assign(server, {epoch, last: 0, told: [], refs: new Map(), log: new Map()});
    for (const message of messages) server["send-message"]({message});
    server.told = [];
    this.online = true;
    for (const tab of this.tabs) {
      tab.connection.session++;
      tab.begin({epoch, user: ANN, actions: [], limits: tab.limits, powers: tab.powers, server: {wire: 2}});
    }
    await this.rest();
    for (const tab of this.tabs) for (const timer of ["keeping", "telling"]) clearTimeout(tab.know("general")[timer]);
  }

  /** Deliver what the server tells. */
  async rest() {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    for (const event of this.server.told.splice(0)) for (const tab of this.tabs) tab.receive({...event});
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate); // a module may be loaded
  }

  stored = () => [...this.kept].filter(([key]) => /outbox|changes/.test(key)).map(([, value]) => JSON.parse(value));
}
