// The chat as the components know it: what there is to show, and what one can do.

import {Account} from "../net/account.js";
import {Connection, newRef} from "../net/connection.js";
import {address, goOut, renamed, turn} from "./session.js";
import {comeBack, firstChannel, join, leave} from "./sync.js";
import {explain, t} from "../i18n/index.js";
import {Outbox, sendWaiting} from "./outbox.js";
import {look, take} from "./read_state.js";
import {Channel} from "./channel.js";

const TYPING_EVERY = 3_000; // ms
const TYPING_LASTS = 5_000; // ms

export class Chat {
  /** storage: see openStorage. base: address of the page, beside which /ws is. changed(): draw again. */
  constructor(storage, base, changed) {
    this.storage = storage;
    this.base = base;
    this.account = new Account(base, storage.read("account", false));
    this.changed = changed;
    this.name = storage.read("name", "");
    this.token = storage.read("token", "");
    this.user = null;
    this.question = null; // markup, while something must be answered first
    this.actions = [];
    this.limits = {message: 4000};
    this.state = {kind: "out"};
    this.channels = new Map();
    this.current = "";
    this.left = []; // channels that one has left, to be had back until one goes on elsewhere
    this.epoch = storage.read("epoch", "");
    this.outbox = new Outbox(storage);
    this.lastTyped = 0;
    this.away = false;
    this.faces = null; // a promise of Faces, while plugins have some
    this.tellFaces = null; // function(event), while there are some
    this.failures = new Map(); // name of a plugin -> words: what its face did wrong
    this.connection = new Connection(() => address(this), {
      event: (event) => this.receive(event),
      state: (state) => turn(this, state),
    });
    for (const name of storage.read("channels", [])) this.know(name);
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
        this.meet(event.ui);
        break;
      case "renamed":
        renamed(this, event);
        break;
      case "error":
        this.say(event.target ?? this.current, explain(event));
    }
    this.faces?.then((faces) => faces?.hear(event));
    this.changed();
  }

  begin({user, token, actions, ui, limits, epoch}) {
    this.user = user;
    this.name = user.name;
    if (token || !user.id.startsWith("t:")) this.token = token ?? ""; // an application's is not said again
    this.actions = actions;
    this.meet(ui);
    this.limits = limits;
    if (this.epoch && this.epoch !== epoch) for (const channel of this.channels.values()) channel.read &&= 0; // of a history that is no more
    this.storage.write("epoch", (this.epoch = epoch));
    this.storage.write("account", this.account.signedIn || undefined);
    this.storage.write("name", user.name);
    this.storage.write("token", this.token || undefined);
    if (this.current) this.know(this.current);
    for (const channel of this.channels.values()) this.join(channel);
    if (!this.channels.size) firstChannel(this).then((name) => this.current || this.open(name), () => {});
  }

  /** Have these faces of plugins; what loads and draws them comes with the first. */
  meet(wanted = []) {
    if (wanted.length) this.faces ??= import("../plugins/host.js").then(({Faces}) => new Faces(this), () => (this.faces = null));
    this.faces?.then((faces) => faces?.use(wanted));
  }

  /** Another tab of this browser has changed what is kept. */
  changedElsewhere({folder, name, value}) {
    const channel = this.channels.get(name);
    if (folder === "name" && !value) goOut(this);
    else if (folder === "become" && this.connection.line.leads === undefined) {
      this.name = this.storage.read("name", "");
      this.token = this.storage.read("token", "");
      this.connection.take();
    } else if (folder === "token" && value && this.state.kind === "out") {
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
      channel.read = this.storage.read(`read/${name}`, null);
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
    this.left = [];
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

  leave(name) {
    leave(this, name);
  }

  comeBack() {
    comeBack(this);
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

  /** Send what is written, or do the command that it is; an Error with words where that can't be done. */
  async write(channel, text) {
    let done;
    if (/^\/(?!\/)/.test(text)) {
      const {parse, perform} = await import("../commands/run.js");
      done = perform(this, channel, parse(text, this.actions));
    } else {
      this.post(channel, [text.startsWith("//") ? text.slice(1) : text]);
    }
    this.lastTyped = 0;
    this.setDraft(channel, "");
    this.changed();
    await done;
  }

  /** Send messages, one after the other. */
  post(channel, messages) {
    for (const message of messages) this.outbox.add({ref: newRef(), target: channel.name, message, time: Date.now()});
    sendWaiting(this, channel);
  }

  /** Try a failed message again, under the same `ref`: it can not be there twice. */
  again(item) {
    delete item.error;
    this.outbox.keep(item);
    sendWaiting(this, this.know(item.target));
    this.changed();
  }

  discard(item) {
    this.outbox.done(item.ref);
    this.changed();
  }

  /** Have the system tell of a message, if that is wanted. */
  async tell(channel, message, mentioned) {
    if (this.storage.read("notify", "off") === "off") return;
    const {arrived} = await import("./notifications.js");
    arrived(this, channel, message, mentioned);
  }

  /** Show words to this person alone, in a channel. */
  say(name, words) {
    const channel = this.channels.get(name);
    if (channel) channel.note({message: words, sender: null, time: Date.now(), private: true});
    else this.words = words;
    this.changed();
  }

  get unread() {
    let all = 0;
    for (const channel of this.channels.values()) all += this.user ? channel.unread(this.user.id) : 0;
    return all;
  }
}
