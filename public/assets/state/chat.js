// The chat as the components see it: the state that they read, and the actions that they call.

import {explain, learn} from "../i18n/index.js";
import {Connection, newRef} from "../net/connection.js";
import {Channel, isComing} from "./channel.js";
import {Outbox} from "./outbox.js";
import {ReadState} from "./read_state.js";
import {Session} from "./session.js";
import {Sync} from "./sync.js";

const TYPING_EVERY = 3_000; // ms
const TYPING_LASTS = 5_000; // ms

export class Chat {
  /** storage: see openStorage. base: URL of the page, which /ws is beside. changed(): draw again. shared: see Connection. */
  constructor(storage, base, changed, shared) {
    this.storage = storage;
    this.base = base;
    this.changed = changed;
    this.actions = [];
    this.limits = {message: 4000};
    this.channels = new Map();
    this.current = "";
    this.epoch = storage.read("epoch", "");
    this.lastTyped = 0;
    this.away = false; // whether the page is hidden
    this.plugins = null; // a PluginHost, once a plugin has a UI
    this.loadingPlugins = null; // the promise of it
    this.failures = new Map(); // name of a plugin -> what went wrong in its UI, in words
    this.session = new Session(this);
    this.readState = new ReadState(this);
    this.sync = new Sync(this);
    this.outbox = new Outbox(storage, this);
    this.connection = new Connection(
      () => this.session.address(),
      {event: (event) => this.receive(event), state: (state) => this.session.connectionChanged(state)},
      shared,
    );
    for (const name of storage.read("channels", [])) this.know(name);
  }

  get user() {
    return this.session.user;
  }

  // Events from the server

  receive(event) {
    const channel = this.channels.get(event.channel ?? event.target);
    switch (event.action) {
      case "hello":
        this.begin(event);
        break;
      case "send-message":
        if (channel && event.seq) {
          channel.early?.push(event);
          this.readState.receive(channel, channel.merge([event]));
        } else if (!isComing(event) || this.storage.read("comings", "") !== "none") channel?.note(event);
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
        this.usePlugins(event.ui);
        break;
      case "renamed":
        this.session.update(event.user, event.token || this.session.token);
        break;
      case "error":
        this.say(event.target ?? this.current, explain(event));
    }
    this.loadingPlugins?.then((host) => host?.receive(event));
    this.changed();
  }

  begin(hello) {
    this.session.begin(hello);
    this.actions = hello.actions;
    this.usePlugins(hello.ui);
    this.limits = hello.limits;
    if (this.epoch && this.epoch !== hello.epoch) for (const channel of this.channels.values()) channel.read &&= 0; // of another history
    this.storage.write("epoch", (this.epoch = hello.epoch));
    if (this.current) this.know(this.current);
    for (const channel of this.channels.values()) this.sync.join(channel);
    if (!this.channels.size) this.arriving = this.sync.firstChannel().then((name) => this.current || this.open(name), () => {}).finally(() => (this.arriving = null));
  }

  /** Show the UIs of these plugins, each {name, url}, and no others. */
  usePlugins(wanted = []) {
    if (wanted.length) {
      this.loadingPlugins ??= import("../plugins/host.js").then(
        ({PluginHost}) => (this.plugins = new PluginHost(this)),
        () => (this.loadingPlugins = null),
      );
    }
    this.loadingPlugins?.then((host) => host?.use(wanted));
  }

  /** Another tab of this browser has changed what is stored. */
  changedElsewhere({folder, name, value}) {
    const {connection, session} = this;
    const channel = this.channels.get(name);
    if (folder === "name" && !value) session.end();
    else if (folder === "become" && connection.line.leads === undefined) {
      session.reload();
      connection.reconnect();
    } else if (folder === "token" && value && session.state.kind === "out") {
      session.reload();
      connection.connect();
    } else if (folder === "channels") this.follow(value ?? []);
    else if (folder === "outbox") this.outbox.changedElsewhere(name, value);
    else if (folder === "draft" && channel) channel.draft = value ?? "";
    else if (folder === "read") channel?.readElsewhere(value);
    this.changed();
  }

  // Channels

  /** The user has signed out. */
  clear() {
    this.usePlugins([]);
    for (const left of this.sync.left) this.sync.dismiss(left);
    this.channels.clear();
    this.outbox.items = [];
    this.words = this.missed = undefined;
    this.show("");
  }

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

  /** Join a channel, if necessary. */
  add(name) {
    this.sync.restore(name);
    const channel = this.know(name);
    this.keep(name);
    if (!channel.joined && this.connection.open) this.sync.join(channel);
  }

  /** Show a channel; join it first if necessary. */
  open(name) {
    this.add(name);
    this.show(name);
  }

  show(name) {
    this.sync.refused = null;
    if (name === this.current) return this.changed();
    this.channels.get(this.current)?.leave();
    this.current = name;
    this.readState.refresh();
    this.changed();
  }

  forget(name) {
    const names = [...this.channels.keys()];
    const at = names.indexOf(name);
    this.channels.delete(name);
    this.keep(name, false);
    if (this.current === name) this.show(names[at - 1] ?? names[at + 1] ?? "");
    this.changed();
  }

  /** Take over the list of channels of another tab. */
  follow(names) {
    for (const name of this.channels.keys()) if (!names.includes(name)) this.forget(name);
    for (const name of names) this.add(name);
    if (!this.current) this.show(names[0] ?? "");
  }

  /** Store or forget a channel for the next visit; all tabs have the same list. */
  keep(name, wanted = true) {
    const names = this.storage.read("channels", []);
    if (names.includes(name) === wanted) return;
    this.storage.write("channels", wanted ? [...names, name] : names.filter((one) => one !== name));
  }

  setDraft(channel, text) {
    channel.draft = text;
    this.storage.write(`draft/${channel.name}`, text || undefined);
    const now = Date.now();
    if (text && !text.startsWith("/") && channel.joined && now - this.lastTyped > TYPING_EVERY) {
      this.lastTyped = now;
      this.connection.call("typing", {target: channel.name}).catch(() => {});
    }
  }

  /** Send a text, or run the command that it is; an Error with words if that fails. */
  async write(channel, text) {
    let done;
    if (/^\/(?!\/)/.test(text)) {
      const [{parse, perform}] = await Promise.all([import("../commands/run.js"), learn("dialogs")]);
      done = perform(this, channel, parse(text, this.actions));
    } else {
      this.post(channel, [text.startsWith("//") ? text.slice(1) : text]);
    }
    this.lastTyped = 0;
    if (channel.draft === text) this.setDraft(channel, ""); // more may have been typed while the module was loaded
    this.changed();
    await done;
  }

  /** Send messages, one after the other. */
  post(channel, messages) {
    for (const message of messages) this.outbox.add({ref: newRef(), target: channel.name, message, time: Date.now()});
    this.outbox.send(channel);
  }

  discard(item) {
    this.outbox.done(item.ref);
    this.changed();
  }

  /** Show a message as a notification of the system, if the user wants that. */
  async notify(channel, message, mentioned) {
    if (mentioned && this.away) this.missed ??= message.sender.name; // a card asks whether to be notified
    if (this.storage.read("notify", "off") === "off") return;
    const {arrived} = await import("./notifications.js");
    arrived(this, channel, message, mentioned);
  }

  /** Show words to this person alone, in a channel; or a component, which says the same. */
  say(name, words, content) {
    const channel = this.channels.get(name);
    if (channel) channel.note({message: words, content, sender: null, time: Date.now(), private: true});
    else this.words = words;
    this.changed();
  }

  get unread() {
    return [...this.channels.values()].reduce((all, channel) => all + (this.user ? channel.unread(this.user.id) : 0), 0);
  }
}
