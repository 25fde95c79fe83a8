// The user's channels as the server keeps them, the same on every device. Loaded where a server does.

import {receive as grow} from "./growing.js";
import {Lost} from "./lost.js";
import {Threads} from "./threads.js";

const JOINED = 30; // channels that are joined at first: those with something unread, those used last
const LOOK_EVERY = 10_000; // ms
const ASK_EVERY = 60_000; // ms: a message in a channel that is not joined is told to nobody
const RECENT = 50; // names of channels that were used
const ABOUT = // what is known of a channel
  "kind title with topic description posting slow edit_window newcomers listed archived role notify notify_until silenced_until creator made members".split(" ");
const WORTH = ["kind", "title", "with", "topic", "notify"]; // of a channel, storing for the time before the list comes
const OWN = {title: undefined, topic: undefined, with: undefined, archived: undefined, notify_until: undefined, silenced_until: undefined};

export class Places {
  constructor(chat) {
    this.chat = chat;
    this.threads = new Threads(chat);
    this.came = () => {}; // to be called when the list has come
    this.joining = Promise.resolve(); // one channel after the other: there may be hundreds
    this.lost = new Lost(chat.storage);
    this.asked = 0; // when the list came last (ms)
    setInterval(() => Date.now() - this.asked > ASK_EVERY && this.refresh(), LOOK_EVERY).unref?.(); // node has that
  }

  /** The server has said hello; the promise is fulfilled when the list has come. `late`: this tab shares a socket that is open already. */
  begin({late}, merged) {
    const {chat} = this;
    this.lost = new Lost(chat.storage); // of another user, perhaps
    this.merged = merged === true || merged === chat.user?.id; // whose list the browser's has become part of
    const {session} = chat.connection;
    const listed = new Promise((came) => {
      this.came = () => came((chat.arriving = null));
    });
    if (chat.listed === session) this.came();
    if (late) chat.connection.call("channels", {own: true}).then((answer) => session === chat.connection.session && this.list(answer), this.came);
    return listed;
  }

  receive(event) {
    const {chat} = this;
    const channel = chat.channels.get(event.channel);
    if (event.action === "channel") {
      if (!channel) return;
      this.learn(channel, event);
      this.keep(channel);
    } else if (event.action === "members") {
      if (channel) this.members(channel, event);
    } else if (event.action === "growing") {
      if (channel) grow(chat, channel, event);
    } else if (event.action === "followed") this.threads.followed(event);
    else if (event.action === "read") this.threads.readElsewhere(event);
    else if (event.all) this.list(event);
    else {
      for (const entry of event.changed ?? []) this.change(entry);
      this.threads.told(event.changed ?? []);
      for (const one of event.removed ?? []) this.lose(chat.channels.get(one.channel ?? one), one);
      this.keepNames();
    }
    chat.changed();
  }

  /** Receive the whole list. kept: whether the server stores it; it stores nothing of a guest who has just come for the first time. */
  list({channels, kept = true}) {
    const {chat} = this;
    const {session} = chat.connection;
    if (chat.listed === session || !chat.connection.open) return;
    chat.listed = session;
    this.asked = Date.now();
    const names = new Set(channels.map(({channel}) => channel));
    // What only the browser knows is joined: the version before kept the list there, and of a guest the server may have stored
    // nothing. What was in the server's list before has ended elsewhere.
    const merged = kept && this.merged;
    const ended = ({name}) => merged || (channels.length > 0 && chat.storage.read(`about/${name}`, null));
    for (const channel of [...chat.channels.values()]) {
      const asked = channel.epoch || channel.joining === session; // the answer to its join decides
      if (!asked && !names.has(channel.name) && ended(channel)) this.lose(channel);
    }
    for (const entry of channels) this.apply(entry);
    if (!kept) chat.storage.write("merged", undefined);
    this.keepNames();
    this.threads.list(channels);
    this.joinSome(names);
    const {id} = chat.user;
    this.joining?.then(() => kept && session === chat.connection.session && chat.storage.write("merged", id)); // not before all have been joined
    const first = channels.find(({channel}) => channel === "general") ?? channels.find(({kind}) => kind === "public") ?? channels[0];
    if (chat.current || chat.sync.refused) this.came();
    else if (first) chat.open(first.channel);
    else chat.sync.firstChannel().then((name) => chat.current || !name || chat.open(name), () => {}).finally(() => chat.changed(this.came()));
    if (chat.current) this.came();
    chat.changed();
  }

  /** Join the open channel, those in which something waits, some of the others, and all that the server does not have yet. */
  joinSome(listed) {
    const {chat} = this;
    const {session} = chat.connection;
    const recent = chat.storage.read("recent", []);
    const rank = (channel) => [
      channel.name === chat.current, chat.outbox.all(channel.name).length > 0, !listed.has(channel.name), channel.counts(chat.user).mentions > 0,
      channel.counts(chat.user).unread > 0, recent.includes(channel.name),
    ].reduce((sum, yes) => 2 * sum + Number(yes), 0);
    const waiting = [...chat.channels.values()].filter((channel) => chat.idle(channel)).map((channel) => ({channel, rank: rank(channel)}));
    waiting.sort((one, other) => other.rank - one.rank || recent.indexOf(one.channel.name) - recent.indexOf(other.channel.name));
    const wanted = waiting.filter(({rank}, at) => at < JOINED || rank >= 8).map(({channel}) => channel);
    this.joining = this.joining.then(async () => {
      for (const channel of wanted) {
        if (session !== chat.connection.session) return;
        if (chat.idle(channel) && chat.channels.get(channel.name) === channel) await chat.sync.join(channel);
      }
    });
  }

  /** Ask for the list again, while somebody looks at the page, where there are channels of which only its entries are known. */
  async refresh() {
    const {chat} = this;
    const {session, open} = chat.connection;
    if (!open || chat.away || chat.listed !== session || ![...chat.channels.values()].some((channel) => chat.idle(channel))) return;
    this.asked = Date.now();
    const {channels} = await chat.connection.call("channels", {own: true}).catch(() => ({channels: []}));
    if (session !== chat.connection.session) return;
    for (const entry of channels) if (chat.idle(chat.channels.get(entry.channel) ?? {})) this.change(entry);
    chat.changed();
  }

  /** An entry of the list is new, or another one. What is new is joined, and where somebody calls the user. */
  change(entry) {
    const {chat} = this;
    const before = chat.channels.get(entry.channel);
    const was = before?.mentions ?? 0;
    const channel = this.apply(entry);
    if (!channel || !chat.idle(channel)) return;
    const calls = !before || entry.mentions > was || (entry.kind === "direct" && entry.unread > 0);
    if (calls && channel.level !== "none") chat.sync.join(channel); // what is said there is told
  }

  /** Receive an entry of the list; return its channel, or undefined while that is being left. */
  apply(entry) {
    const {chat} = this;
    if (chat.left.some(({channel}) => channel.name === entry.channel)) return undefined;
    const channel = chat.know(entry.channel);
    const {seq = 0, read = 0, unread = 0, mentions = 0} = entry;
    this.learn(channel, {...OWN, ...entry});
    channel.newest = Math.max(channel.newest ?? 0, seq);
    if (!channel.untold && read !== channel.read) {
      if (channel.epoch && read < channel.read) channel.readElsewhere(read, true);
      else if (channel.epoch) channel.readElsewhere(read);
      else channel.read = read;
      channel.mentions = mentions;
    }
    if (!channel.epoch) Object.assign(channel, {told: channel.untold ? 0 : unread, mentions: channel.untold ? 0 : mentions});
    else if (!channel.untold && seq <= channel.heard) channel.mentions = mentions;
    this.keep(channel);
    return channel;
  }

  /** Store what is drawn of a channel before the server has answered. */
  keep({name, about}) {
    const {storage} = this.chat;
    const kept = Object.fromEntries(WORTH.filter((one) => about[one] !== undefined).map((one) => [one, about[one]]));
    if (JSON.stringify(storage.read(`about/${name}`, null)) !== JSON.stringify(kept)) storage.write(`about/${name}`, kept);
  }

  /** Store the names of the channels; all tabs have the same. */
  keepNames() {
    const {channels, storage} = this.chat;
    const names = [...channels.keys()];
    if (JSON.stringify(storage.read("channels", [])) !== JSON.stringify(names)) storage.write("channels", names);
  }

  /** People have become members, or are members no more, or have another role. */
  members(channel, {count, joined = [], left = [], roles = {}}) {
    if (count !== undefined) this.learn(channel, {members: count});
    channel.memberships = (channel.memberships ?? 0) + 1; // counts changes of them
    for (const user of joined) channel.ranks?.set(user.id, {user, role: roles[user.id] ?? "member", present: channel.users.has(user.id)});
    for (const user of left) channel.ranks?.delete(user.id ?? user);
    for (const [id, role] of Object.entries(roles)) {
      const member = channel.ranks?.get(id);
      if (member) channel.ranks.set(id, {...member, role});
    }
  }

  /** A channel is the user's no more, which is said if it is open. by, reason: who has removed them, and why, if that is known; deleted: it is gone for everybody. */
  lose(channel, {by, reason, deleted, error} = {}) {
    if (!channel) return;
    const {chat} = this;
    const {name, called, kind} = channel;
    for (const held of chat.outbox.held.filter(({target}) => target === name)) held.keep();
    this.lost.keep(channel, chat.outbox.all(name));
    for (const item of chat.outbox.all(name)) chat.outbox.done(item.ref);
    const here = chat.current === name;
    channel.joined = false;
    if (here) chat.show(""); // not another one: it would count as read
    chat.forget(name);
    chat.forgetStored(name);
    if (!here) return;
    chat.sync.refused = {name, called, kind, by, reason, deleted, error, gone: true};
    chat.changed();
  }

  /** A message has come in a channel of which only numbers are known here. */
  count(channel, event) {
    const {readState} = this.chat;
    if (event.thread) this.threads.arrived(channel, event);
    if (!channel.holds(event)) return;
    if (event.seq <= (channel.newest ?? 0) || event.sender?.id === this.chat.user?.id) return;
    channel.newest = event.seq;
    channel.told++;
    const mentioned = readState.mentions(channel, event);
    if (mentioned) channel.mentions++;
    this.chat.notify(channel, event, mentioned);
  }

  /** A change may mention the user anew, in a message that they have read. known: whom it mentioned before. */
  named(channel, event, known) {
    const {about, seq, by, set} = event;
    const {readState, user} = this.chat;
    this.threads.changed(channel, event);
    this.chat.searching?.changed(channel, event);
    const isFor = (mentions) => readState.isFor(mentions);
    if (by?.id === user?.id || !isFor(set?.mentions ?? []) || isFor(known) || channel.mentioned.has(about) || seq <= channel.read) return;
    channel.mentioned.set(about, seq);
    channel.mentions++;
    const line = channel.get(about);
    if (readState.sees(channel) && channel.present) readState.readUpTo(channel, seq);
    else if (line) this.chat.notify(channel, line, true, seq);
  }

  /** Mark a message and all after it as unread, on all devices. The channel stays so until another one is shown. */
  unreadFrom(channel, {seq}) {
    const {chat} = this;
    if (channel.root) return void this.threads.unreadFrom(channel, {seq});
    channel.readElsewhere(seq - 1, true);
    chat.storage.write(`unread/${channel.name}`, {seq: seq - 1, time: Date.now()});
    chat.readState.store(channel);
    chat.readState.tell(channel, true);
    chat.changed();
  }

  /** Receive the answer to a join, which has the whole record. */
  joined(channel, answer) {
    this.learn(channel, answer);
    this.keep(channel);
    this.chat.changed();
  }

  /** Receive what the server says of a channel, or of this user's membership. */
  learn(channel, fields) {
    channel.about = {...channel.about};
    for (const name of ABOUT) if (name in fields) channel.about[name] = fields[name];
  }

  /** A channel is shown: it is among those that are joined at the next start. */
  use(name) {
    const {storage} = this.chat;
    const recent = storage.read("recent", []);
    if (name && recent[0] !== name) storage.write("recent", [name, ...recent.filter((one) => one !== name)].slice(0, RECENT));
  }
}
