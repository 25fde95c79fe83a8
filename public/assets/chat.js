// The chat as the components know it: what there is to show, and what one can do.

import {Connection, newRef} from "./connection.js";
import {parse, perform} from "./commands.js";
import {explain, t} from "./language.js";
import {Channel, Outbox, mentions} from "./store.js";

const FIRST_CHANNEL = "general";
const TYPING_EVERY = 3_000; // ms
const TYPING_LASTS = 5_000; // ms
const TELL_EVERY = 2_000; // ms: a busy channel is read many times a second
const PAGE = 100; // messages that are asked for at once

export class Chat {
  /** storage: see openStorage. base: address of the page, beside which /ws is. changed(): draw again. */
  constructor(storage, base, changed) {
    this.storage = storage;
    this.base = base;
    this.changed = changed;
    this.name = storage.read("name", "");
    this.token = storage.read("token", "");
    this.user = null;
    this.actions = [];
    this.limits = {message: 4000};
    this.state = {kind: "out"};
    this.channels = new Map();
    this.current = "";
    this.drafts = storage.read("drafts", {});
    this.reads = storage.read("reads", {});
    this.outbox = new Outbox(storage);
    this.sending = new Set();
    this.lastTyped = 0;
    this.away = false;
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
    url.search = this.token ? `?token=${encodeURIComponent(this.token)}` : `?name=${encodeURIComponent(this.name)}`;
    return url.href;
  }

  /** Come in under a name; the first channel is where something can be seen. */
  enter(name) {
    this.name = name;
    this.storage.write("name", name);
    this.storage.write("token", (this.token = "") || undefined);
    this.connection.connect();
  }

  /** Sign out: forget who one was, and what was kept for it. */
  leaveAll() {
    this.connection.end();
    for (const key of ["name", "token", "channels", "drafts", "reads", "outbox"]) this.storage.write(key, undefined);
    this.state = {kind: "out"};
    this.user = null;
    this.token = "";
    this.channels.clear();
    this.drafts = {};
    this.reads = {};
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
      this.state = {kind: "connecting"};
      this.connection.connect(); // the server knows this token no more: the same name, as someone new
    } else if (state.kind === "waiting" && neverIn) {
      this.changed();
      await this.askWhy(this.connection.tries);
    }
    this.changed();
  }

  /** Ask over HTTP why the socket did not open: a browser does not tell the page. */
  async askWhy(tries) {
    const address = this.address().replace(/^ws/, "http");
    let said = "";
    try {
      const answer = await fetch(address, {cache: "no-store"});
      if (answer.status === 403) said = t("login.foreign");
      else if (answer.statusText.startsWith("Invalid Name")) said = t("login.bad-name");
    } catch {
      return; // nobody is there: the banner counts to the next try
    }
    if (!said || this.user || tries !== this.connection.tries) return;
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
        if (channel) this.take(channel, event);
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
        if (channel) this.readUpTo(channel, event.seq, false);
        break;
      case "error":
        this.say(event.target ?? this.current, explain(event));
    }
    this.changed();
  }

  begin({user, token, actions, limits}) {
    this.user = user;
    this.name = user.name;
    this.token = token;
    this.actions = actions;
    this.limits = limits;
    this.storage.write("name", user.name);
    this.storage.write("token", token);
    if (!this.channels.size && !this.current) this.open(FIRST_CHANNEL);
    if (this.current) this.know(this.current);
    for (const channel of this.channels.values()) this.join(channel);
  }

  take(channel, message) {
    if (!message.seq) {
      channel.note(message);
      return;
    }
    if (message.ref && message.sender?.id === this.user.id) this.outbox.done(message.ref);
    if (message.sender) channel.typing.delete(message.sender.id);
    const mine = message.sender?.id === this.user.id;
    const [fresh] = channel.merge([message]);
    if (!fresh) return;
    if (mine) {
      if (this.seen(channel)) this.readUpTo(channel, message.seq);
    } else if (this.seen(channel) && channel.atEnd !== false) {
      this.readUpTo(channel, message.seq);
    } else {
      if (!channel.mark) channel.mark = channel.read;
      if (mentions(message.message, this.user.name)) channel.mentions++;
    }
  }

  seen(channel) {
    return channel.name === this.current && !this.away;
  }

  // Channels

  know(name) {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new Channel(name);
      channel.draft = this.drafts[name] ?? "";
      channel.read = this.reads[name] ?? 0;
      this.channels.set(name, channel);
    }
    return channel;
  }

  /** Show a channel, joining it if one has not. */
  open(name) {
    const channel = this.know(name);
    this.keepChannels();
    if (this.user && !channel.joined && this.state.kind === "open") this.join(channel);
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

  /** The page is looked at (again): the open channel is read from here on. */
  look() {
    const channel = this.channels.get(this.current);
    if (!channel || this.away || !this.user) return;
    if (channel.unread(this.user.id) && !channel.mark) channel.mark = channel.read || 0.5;
    if (channel.atEnd !== false) this.readUpTo(channel, channel.seq);
  }

  async join(channel) {
    if (channel.joining === this.connection.socket) return;
    channel.joining = this.connection.socket;
    const since = channel.epoch ? {epoch: channel.epoch, seq: channel.seq} : undefined;
    try {
      const answer = await this.connection.call("join-channel", {target: channel.name, since});
      if (!this.channels.has(channel.name)) return;
      if (answer.channel !== channel.name) this.rename(channel, answer.channel);
      const before = channel.seq;
      channel.join(answer);
      if (channel.unread(this.user.id) && !channel.mark && before) channel.mark = channel.read || 0.5;
      let more = answer.recovered && answer.more;
      while (more) {
        const next = await this.connection.call("history", {target: channel.name, after: channel.seq, limit: 200});
        channel.merge(next.messages);
        more = next.more;
      }
      this.look();
      this.outbox.of(channel.name).forEach((item) => item.error || this.send(item));
    } catch (error) {
      if (error.code === "disconnected") return;
      if (!channel.epoch) {
        this.channels.delete(channel.name);
        this.keepChannels();
        if (this.current === channel.name) this.show([...this.channels.keys()][0] ?? "");
        this.words = explain(error);
      } else this.say(channel.name, explain(error));
    } finally {
      channel.joining = null;
    }
    this.changed();
  }

  /** The server writes a name in its one spelling. */
  rename(channel, name) {
    this.channels.delete(channel.name);
    const there = this.channels.get(name);
    if (this.current === channel.name) this.current = name;
    channel.name = name;
    if (!there) this.channels.set(name, channel);
    this.keepChannels();
  }

  async leave(name) {
    const names = [...this.channels.keys()];
    this.channels.delete(name);
    delete this.drafts[name];
    delete this.reads[name];
    this.keepChannels();
    this.storage.write("drafts", this.drafts);
    this.storage.write("reads", this.reads);
    for (const item of this.outbox.of(name)) this.outbox.done(item.ref);
    if (this.current === name) this.show(names[names.indexOf(name) - 1] ?? names[names.indexOf(name) + 1] ?? "");
    this.changed();
    await this.connection.call("leave-channel", {target: name}).catch(() => {});
  }

  keepChannels() {
    this.storage.write("channels", [...this.channels.keys()]);
  }

  /** Load what came before; the promise is whether there was any. */
  async older(channel) {
    if (!channel.more || channel.loading || !channel.joined) return false;
    channel.loading = true;
    this.changed();
    try {
      const answer = await this.connection.call("history", {target: channel.name, before: channel.first, limit: PAGE});
      channel.merge(answer.messages);
      channel.more = answer.more;
      return answer.messages.length > 0;
    } catch {
      return false; // asked again when one scrolls again
    } finally {
      channel.loading = false;
      this.changed();
    }
  }

  /** Remember how far one has read; the other windows of this user are told by the server. */
  readUpTo(channel, seq, tell = true) {
    if (seq <= channel.read) return;
    channel.read = seq;
    channel.mentions = 0;
    this.reads[channel.name] = seq;
    this.storage.write("reads", this.reads);
    if (!tell) channel.mark = 0;
    else if (!channel.telling) {
      channel.telling = setTimeout(() => {
        channel.telling = 0;
        this.connection.call("read", {target: channel.name, seq: channel.read}).catch(() => {});
      }, TELL_EVERY);
    }
  }

  // Writing

  setDraft(channel, text) {
    channel.draft = text;
    if (text) this.drafts[channel.name] = text;
    else delete this.drafts[channel.name];
    this.storage.write("drafts", this.drafts);
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
      this.send(item);
    }
    this.lastTyped = 0;
    this.setDraft(channel, "");
    this.changed();
    return done;
  }

  answered(action, answer) {
    if (action === "join-channel") this.open(answer.channel);
    else if (action === "leave-channel") this.leave(this.current);
    else if (action === "who") this.say(this.current, answer.users.map((user) => user.name).join(", "));
    else if (action === "channels") this.say(this.current, answer.channels.map((one) => `#${one.name} (${one.count})`).join(", "));
  }

  async send(item) {
    const channel = this.channels.get(item.target);
    if (!channel?.joined || this.sending.has(item.ref)) return; // it goes out when the channel is joined again
    this.sending.add(item.ref);
    try {
      const {id, seq, time} = await this.connection.call("send-message", {target: item.target, message: item.message}, item.ref);
      this.outbox.done(item.ref);
      channel.merge([{id, seq, time, message: item.message, sender: this.user, ref: item.ref}]);
      if (this.seen(channel)) this.readUpTo(channel, seq);
    } catch (error) {
      if (error.code === "not-joined") {
        channel.joined = false;
        this.sending.delete(item.ref);
        this.join(channel);
      } else if (error.code !== "disconnected") this.outbox.fail(item.ref, explain(error));
    }
    this.sending.delete(item.ref);
    this.changed();
  }

  /** Try a failed message again, under the same `ref`: it can not be there twice. */
  again(item) {
    delete item.error;
    this.outbox.save();
    this.send(item);
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
