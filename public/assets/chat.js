// The chat as the components know it: what there is to show, and what one can do.

import {Account} from "./account.js";
import {Connection, newRef} from "./connection.js";
import {parse, perform} from "./commands.js";
import {firstChannel, join} from "./joining.js";
import {explain, t} from "./language.js";
import {Notifier} from "./notify.js";
import {Outbox, send} from "./outbox.js";
import {look, take} from "./reading.js";
import {Channel} from "./store.js";

const TYPING_EVERY = 3_000; // ms
const TYPING_LASTS = 5_000; // ms

export class Chat {
  /** storage: see openStorage. base: address of the page, beside which /ws is. changed(): draw again. */
  constructor(storage, base, changed) {
    this.storage = storage;
    this.base = base;
    this.account = new Account(base);
    this.changed = changed;
    this.name = storage.read("name", "");
    this.token = storage.read("token", "");
    this.user = null;
    this.actions = [];
    this.limits = {message: 4000};
    this.state = {kind: "out"};
    this.channels = new Map();
    this.current = "";
    this.outbox = new Outbox(storage);
    this.sending = new Set();
    this.lastTyped = 0;
    this.away = false;
    this.notifier = new Notifier(this);
    this.faces = null; // a promise of Faces, while plugins have some
    this.tellFaces = null; // function(event), while there are some
    this.failures = new Map(); // name of a plugin -> words: what its face did wrong
    this.connection = new Connection(() => this.address(), {
      event: (event) => this.receive(event),
      state: (state) => this.turn(state),
    });
    for (const name of storage.read("channels", [])) this.know(name);
  }

  // Coming and going

  address() {
    const url = new URL("ws", this.base);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.token) url.search = `?token=${encodeURIComponent(this.token)}`;
    else if (!this.account.signedIn) url.search = `?name=${encodeURIComponent(this.name)}`;
    return url.href;
  }

  /** Come in under a name; the first channel is where something can be seen. */
  enter(name) {
    this.name = name;
    this.storage.write("name", name);
    this.storage.write("token", (this.token = "") || undefined);
    this.connection.connect();
  }

  /** Sign in to an account, or register one (`what`), and come in. */
  async signIn(what, name, password) {
    this.state = {kind: "connecting"};
    this.changed();
    try {
      await this.account.ask(what, {name, password});
      this.storage.write("token", (this.token = "") || undefined);
      this.connection.connect();
    } catch (error) {
      this.state = {kind: "out", words: error.code ? explain(error) : t("login.silent")};
    }
    this.changed();
  }

  /** One has another name, or another token for it. */
  renamed({user, token}) {
    this.user = user;
    this.name = user.name;
    if (token) this.token = token;
    this.storage.write("name", this.name);
    this.storage.write("token", this.token || undefined);
  }

  /** Sign out, in all tabs: forget who one was, and what was kept for it. */
  leaveAll() {
    if (this.account.signedIn) this.account.ask("sign-out").catch(() => {});
    for (const key of ["name", "token", "channels"]) this.storage.write(key, undefined);
    for (const folder of ["draft", "read", "outbox"]) {
      for (const [name] of this.storage.folder(folder)) this.storage.write(`${folder}/${name}`, undefined);
    }
    this.goOut();
  }

  goOut() {
    this.connection.end();
    this.meet([]);
    this.account.signedIn = false;
    this.state = {kind: "out"};
    this.user = null;
    this.name = this.token = "";
    this.channels.clear();
    this.outbox.items = [];
    this.show("");
  }

  retryNow() {
    this.connection.connect();
  }

  async turn(state) {
    const neverIn = !this.user;
    this.state = {...state, neverIn};
    if (state.kind !== "open") {
      this.sending.clear();
      for (const channel of this.channels.values()) channel.joined = false;
    }
    if (state.kind === "ended" && state.code === 4401 && this.token) {
      this.storage.write("token", (this.token = "") || undefined);
      this.connection.connect(); // the server knows this token no more: the same name, as someone new
    } else if (state.kind === "ended" && state.code === 4401 && this.account.signedIn) {
      this.account.signedIn = false; // signed out elsewhere, or the session is over
      this.user = null;
      this.state = {kind: "out", words: t("login.over")};
    } else if (state.kind === "waiting" && neverIn) {
      this.changed();
      await this.askWhy(this.state);
    }
    this.changed();
  }

  /** Ask over HTTP why the socket did not open: a browser does not tell the page. */
  async askWhy(state) {
    const address = this.address().replace(/^ws/, "http");
    let said = "";
    try {
      const answer = await fetch(address, {cache: "no-store"});
      if (answer.status === 403) said = t("login.foreign");
      else if (answer.statusText.startsWith("Invalid Name")) said = t("login.bad-name");
    } catch {
      return; // nobody is there: the banner counts to the next try
    }
    if (!said || state !== this.state) return;
    this.connection.end();
    this.state = {kind: "out", words: said};
    if (!this.token) this.storage.write("name", undefined);
  }

  // What comes down

  receive(event) {
    const channel = this.channels.get(event.channel ?? event.target);
    switch (event.action) {
      case "hello":
        this.begin(event);
        break;
      case "send-message":
        if (channel && event.seq) take(this, channel, [event]);
        else channel?.note(event);
        break;
      case "presence":
        channel?.presence(event);
        break;
      case "typing":
        if (channel && event.user.id !== this.user.id) {
          channel.typing.set(event.user.id, {user: event.user, until: Date.now() + TYPING_LASTS});
          setTimeout(this.changed, TYPING_LASTS + 50);
        }
        break;
      case "read":
        channel?.readElsewhere(event.seq);
        break;
      case "actions":
        this.actions = event.actions;
        this.meet(event.faces);
        break;
      case "renamed":
        this.renamed(event);
        break;
      case "error":
        this.say(event.target ?? this.current, explain(event));
    }
    this.faces?.then((faces) => faces?.hear(event));
    this.changed();
  }

  begin({user, token, actions, faces, limits}) {
    this.user = user;
    this.name = user.name;
    this.token = token ?? "";
    this.actions = actions;
    this.meet(faces);
    this.limits = limits;
    this.storage.write("name", user.name);
    this.storage.write("token", token ?? undefined);
    if (this.current) this.know(this.current);
    for (const channel of this.channels.values()) this.join(channel);
    if (!this.channels.size) firstChannel(this).then((name) => this.current || this.open(name), () => {});
  }

  /** Have these faces of plugins; what loads and draws them comes with the first. */
  meet(wanted = []) {
    if (wanted.length) this.faces ??= import("./faces.js").then(({Faces}) => new Faces(this), () => (this.faces = null));
    this.faces?.then((faces) => faces?.use(wanted));
  }

  /** Another tab of this browser has changed what is kept. */
  changedElsewhere({folder, name, value}) {
    const channel = this.channels.get(name);
    if (folder === "name" && !value) this.goOut();
    else if (folder === "token" && value && this.state.kind === "out") {
      this.name = this.storage.read("name", "");
      this.token = value;
      this.connection.connect();
    } else if (folder === "channels") this.follow(value ?? []);
    else if (folder === "outbox") this.outbox.changedElsewhere(name, value);
    else if (folder === "draft" && channel) channel.draft = value ?? "";
    else if (folder === "read") channel?.readElsewhere(value);
    this.changed();
  }

  // Channels

  know(name) {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new Channel(name);
      channel.draft = this.storage.read(`draft/${name}`, "");
      channel.read = this.storage.read(`read/${name}`, 0);
      this.channels.set(name, channel);
    }
    return channel;
  }

  /** Show a channel, joining it if one has not. */
  open(name) {
    const channel = this.know(name);
    this.keep(name);
    if (!channel.joined && this.connection.open) this.join(channel);
    this.show(channel.name);
  }

  show(name) {
    if (name === this.current) return this.changed();
    const before = this.channels.get(this.current);
    if (before) before.mark = 0;
    this.current = name;
    this.look();
    this.changed();
  }

  look() {
    look(this);
  }

  join(channel) {
    return join(this, channel);
  }

  async leave(name) {
    this.forget(name);
    this.storage.write(`draft/${name}`, undefined);
    this.storage.write(`read/${name}`, undefined);
    for (const item of this.outbox.of(name)) this.outbox.done(item.ref);
    await this.connection.call("leave-channel", {target: name}).catch(() => {});
  }

  forget(name) {
    const names = [...this.channels.keys()];
    const at = names.indexOf(name);
    this.channels.delete(name);
    this.keep(name, false);
    if (this.current === name) this.show(names[at - 1] ?? names[at + 1] ?? "");
    this.changed();
  }

  /** Have the channels that another tab has. */
  follow(names) {
    for (const name of this.channels.keys()) if (!names.includes(name)) this.forget(name);
    for (const name of names) {
      const channel = this.know(name);
      if (!channel.joined && this.connection.open) this.join(channel);
    }
    if (!this.current) this.show(names[0] ?? "");
  }

  /** Remember a channel for the next visit, or no more; the list is the same for all tabs. */
  keep(name, wanted = true) {
    const names = this.storage.read("channels", []);
    if (names.includes(name) !== wanted) {
      this.storage.write("channels", wanted ? [...names, name] : names.filter((one) => one !== name));
    }
  }

  // Writing

  setDraft(channel, text) {
    channel.draft = text;
    this.storage.write(`draft/${channel.name}`, text || undefined);
    const now = Date.now();
    if (text && !text.startsWith("/") && channel.joined && now - this.lastTyped > TYPING_EVERY) {
      this.lastTyped = now;
      this.connection.call("typing", {target: channel.name}).catch(() => {});
    }
  }

  /** Send what is written, or do the command that it is (the promise is its end); throws an Error with words where it is none. */
  write(channel, text) {
    const command = parse(text, this.actions);
    let done;
    if (command) {
      done = perform(this, channel, command);
    } else {
      const message = text.startsWith("//") ? text.slice(1) : text;
      const item = {ref: newRef(), target: channel.name, message, time: Date.now()};
      this.outbox.add(item);
      send(this, item);
    }
    this.lastTyped = 0;
    this.setDraft(channel, "");
    this.changed();
    return done;
  }

  answered(action, answer) {
    if (action === "join-channel") this.open(answer.channel);
    else if (action === "leave-channel") this.leave(answer.channel);
    else if (action === "rename") this.renamed(answer);
    else if (action === "who") this.say(this.current, answer.users.map((user) => user.name).join(", "));
    else if (action === "channels") this.say(this.current, answer.channels.map((one) => `#${one.name} (${one.count})`).join(", "));
  }

  /** Try a failed message again, under the same `ref`: it can not be there twice. */
  again(item) {
    delete item.error;
    this.outbox.keep(item);
    send(this, item);
    this.changed();
  }

  discard(item) {
    this.outbox.done(item.ref);
    this.changed();
  }

  /** Show words to this person alone, in a channel. */
  say(name, words) {
    const channel = this.channels.get(name);
    if (channel) channel.note({message: words, sender: null, time: Date.now(), own: true});
    else this.words = words;
    this.changed();
  }

  get unread() {
    let all = 0;
    for (const channel of this.channels.values()) all += this.user ? channel.unread(this.user.id) : 0;
    return all;
  }
}
