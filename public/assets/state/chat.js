// The chat as the components see it: the state that they read, the actions that they call.

import {explain, learn} from "../i18n/index.js";
import {Connection, newRef} from "../net/connection.js";
import {ChannelList} from "./channel_list.js";
import {receive} from "./events.js";
import {Outbox} from "./outbox.js";
import {ReadState} from "./read_state.js";
import {Session} from "./session.js";
import {Sync} from "./sync.js";

const TYPING_EVERY = 3_000; // ms

export class Chat extends ChannelList {
  /** storage: see openStorage. base: URL of the page, which /ws is beside. changed(): draw again. shared: see Connection. */
  constructor(storage, base, changed, shared) {
    super(storage);
    this.base = base;
    this.changed = changed;
    this.actions = [];
    this.powers = []; // what the user may do to the messages of others, and more
    this.limits = {message: 4000};
    this.wire = 1; // the server's: from 2 on messages can change
    this.attachments = null; // once they are loaded
    this.takesFiles = storage.read("files"); // {max_size (bytes), images}, where the server has files
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
    receive(this, event);
  }

  begin(hello) {
    this.session.begin(hello);
    this.actions = hello.actions;
    this.powers = hello.powers ?? [];
    this.usePlugins(hello.ui);
    this.limits = hello.limits;
    this.wire = hello.server?.wire ?? 1;
    this.storage.write("files", (this.takesFiles = hello.server?.files));
    this.picture = hello.server?.picture;
    this.welcome = hello.server?.welcome;
    if (this.epoch && this.epoch !== hello.epoch) for (const channel of this.channels.values()) { // of another history
      channel.read &&= 0;
      this.setReply(channel, null);
      this.storage.write(`reacted/${channel.name}`, (channel.reacted = []));
    }
    this.storage.write("epoch", (this.epoch = hello.epoch));
    this.served = this.actions.some(({name}) => name === "browse");
    if (this.current) this.know(this.current);
    if (this.served) return this.beginServed(hello);
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

  /** Messages of a channel, or of a thread in it, have come or changed: do what follows from it. */
  settled({home: channel}) {
    if (channel.gone.size) {
      this.readState.unmention(channel);
      const {gone} = channel;
      channel.gone = new Set();
      import("./keep_conversation.js").then(({forgetTexts}) => forgetTexts(this, channel, gone));
    }
    if (channel.lacks || channel.stale.size) this.sync.mend(channel);
    this.outbox.clean(channel);
  }

  // Messages as they are drawn

  /** A message with what this user does to it, as far as that waits: `waits` says what. The same object while nothing is new. */
  view(channel, line) {
    return this.outbox.view(channel.name, line);
  }

  /** Whether this user has reacted to a message, as it is drawn, with a key. */
  reacted(channel, line, key) {
    const one = line.reactions?.find((reaction) => reaction.key === key);
    if (!one || one.users.includes(this.user?.id)) return Boolean(one);
    return one.count > one.users.length && channel.reacted.includes(`${line.seq} ${key}`);
  }

  /** Show a message of a channel: see changes.js. */
  async goTo(channel, seq) {
    const {goTo} = await import("./changes.js");
    return goTo(this, channel, seq);
  }

  /** The newest deletion that can still be taken back: {target, until (ms)}. */
  get deleting() {
    return this.outbox.held.at(-1);
  }

  /** The user has signed out. */
  clear() {
    this.usePlugins([]);
    for (const left of this.left) left.dismiss();
    this.channels.clear();
    for (const held of this.outbox.held) held.keep();
    this.outbox.items = [];
    this.attachments?.end();
    this.words = this.missed = undefined;
    this.show("");
  }

  // Writing

  /** The next message answers the one with this seq; null: none. */
  setReply(channel, seq) {
    channel.replyTo = seq;
    this.storage.write(`reply/${channel.key}`, seq ?? undefined);
    this.changed();
  }

  setDraft(channel, text) {
    channel.draft = text;
    this.storage.write(`draft/${channel.key}`, text || undefined);
    const now = Date.now();
    if (text && !text.startsWith("/") && !channel.editing && !channel.root && channel.joined && now - this.lastTyped > TYPING_EVERY) {
      this.lastTyped = now;
      this.connection.call("typing", {target: channel.name}).catch(() => {});
    }
  }

  /** Send a text, or run the command that it is; an Error with words if that fails. */
  async write(channel, text) {
    let done;
    if (/^\/(?!\/)/.test(text)) {
      const [{parse, perform}] = await Promise.all([import("../commands/run.js"), learn("dialogs"), learn("places")]);
      done = perform(this, channel, parse(text, this.actions));
    } else {
      this.post(channel, [text.startsWith("//") ? text.slice(1) : text]);
    }
    this.lastTyped = 0;
    if (channel.draft === text) this.setDraft(channel, ""); // more may have been typed while the module was loaded
    this.changed();
    await done;
  }

  /** Send messages, one after the other; the first is the answer to what is being answered. */
  post(channel, messages) {
    for (const message of messages) {
      const {epoch, name: target, replyTo} = channel;
      const of = channel.root ? {thread: channel.root, also_in_channel: channel.also || undefined} : {};
      if (replyTo) of.reply_to = replyTo;
      this.outbox.add({ref: newRef(), target, message, time: Date.now(), ...of, files: this.attachments?.take(channel), ...((replyTo || channel.root) && {epoch: epoch || this.epoch})});
      if (replyTo) this.setReply(channel, null);
      channel.also = false;
    }
    this.outbox.send(channel);
  }

  discard(item) {
    this.outbox.done(item.ref);
    this.changed();
  }

  /** Show a message as a notification, if the user wants that. number: of the change by which it mentions them, if that was later. */
  async notify(channel, message, mentioned, number) {
    if (mentioned && message.sender && this.away) this.missed ??= message.sender.name; // a card asks whether to be notified
    if (this.storage.read("notify", "off") === "off") return;
    const {arrived} = await import("./notifications.js");
    arrived(this, channel, message, mentioned, number);
  }

  /** Show words to this person alone, in a channel; or a component, which says the same. */
  say(name, words, content) {
    const channel = this.channels.get(name);
    if (channel) channel.note({message: words, content, sender: null, time: Date.now(), private: true});
    else this.words = words;
    this.changed();
  }
}
