// A channel as the page knows it: plain data, and how events change it. No DOM, no socket.

const BACK = 60_000; // ms: a leave followed by a rejoin within it is not shown
const GROUP = 5 * 60_000; // ms: messages of one author within it are grouped
const KEPT = 2_000; // lines of a channel in memory; scrolling fetches the others again
const SLACK = 500; // lines above it before some are dropped

export class Channel {
  /** `lines`: messages and notices in order. Notices and boxes have no `seq`; they stand after the message that was newest. */
  constructor(name) {
    this.name = name;
    this.lines = [];
    this.drawn = new Map(); // id of a message -> what a plugin draws in the place of its text
    this.seq = 0; // the newest
    this.catching = null; // seq up to which missed messages have arrived, while there are more
    this.epoch = "";
    this.joined = false;
    this.early = null; // messages that arrive before the answer to a join
    this.more = false; // whether the server has older ones
    this.loading = false; // whether a page is being fetched
    this.later = false; // whether newer ones were dropped, while the user reads further up
    this.users = new Map();
    this.changes = 0; // of the users
    this.count = 0;
    this.typing = new Map(); // user id -> {user, until (ms)}
    this.read = null; // seq; null: never joined before
    this.mark = null; // seq after which the line "New" stands; null: nowhere
    this.mentions = 0;
    this.draft = "";
    this.place = null; // {id, top (px)}: the row to return to, which was at the top of the window
    this.written = 0; // counts what the user has written here
  }

  get first() {
    return this.lines.find((line) => line.seq)?.seq ?? this.seq + 1;
  }

  /** Another channel is shown from now on. */
  leave() {
    this.mark = null;
    this.place = this.placed?.() ?? null;
  }

  /** Whether one sees what is newest when the channel is open. */
  get present() {
    return this.atEnd !== false && !this.place;
  }

  /** seq of the newest message in memory. */
  get last() {
    return this.lines.findLast((line) => line.seq)?.seq ?? 0;
  }

  /** Where a join resumes: after the newest message without a gap. */
  get since() {
    return this.epoch ? {epoch: this.epoch, seq: this.catching ?? this.seq} : undefined;
  }

  unread(me) {
    let count = this.later ? this.seq - Math.max(this.read, this.last) : 0;
    if (this.more && this.first > this.read + 1) count += this.first - 1 - this.read;
    for (let at = this.lines.length - 1; at >= 0; at--) {
      const line = this.lines[at];
      if (!line.seq) continue;
      if (line.seq <= this.read) break;
      if (line.sender?.id !== me) count++;
    }
    return count;
  }

  /** Insert messages by their `seq`, except those that are here already. Return the new ones. */
  merge(messages) {
    const fresh = [];
    const end = this.later ? this.last : Infinity; // later ones are loaded by scrolling
    for (const message of messages) {
      if (message.seq > end) {
        if (message.seq > this.seq) fresh.push(message);
        this.seq = Math.max(this.seq, message.seq);
        continue;
      }
      let at = this.lines.length;
      while (at > 0 && (this.lines[at - 1].seq ?? this.lines[at - 1].behind) > message.seq) at--;
      let before = at - 1;
      while (before >= 0 && !this.lines[before].seq) before--;
      if (before >= 0 && this.lines[before].seq === message.seq) continue;
      this.lines.splice(at, 0, message);
      fresh.push(message);
      if (message.seq > this.seq) this.seq = message.seq;
    }
    return fresh;
  }

  /** Show a line that is not stored. */
  note(notice, id = `notice-${Channel.notices++}`) {
    if (this.later && notice.event) return;
    const last = this.lines.at(-1);
    if (notice.event === "join" && last?.event === "leave" && last.user.id === notice.user.id && notice.time - last.time < BACK) {
      this.lines.pop(); // such as a reload
      return;
    }
    this.lines.push({...notice, behind: this.seq, id});
    this.trim();
  }

  /** Show what a plugin draws, {view, draw}, in the place of a message's text, or in the box with this key; a new box is added at the end. */
  box(plugin, key, drawn, message) {
    if (message) return this.drawn.set(message, {plugin, ...drawn});
    const id = `plugin ${plugin} ${key}`;
    const at = this.lines.findIndex((line) => line.id === id);
    if (at < 0) this.note({plugin, ...drawn, time: Date.now()}, id);
    else this.lines[at] = {...this.lines[at], ...drawn};
  }

  /** Remove all that a plugin has drawn. */
  unbox(plugin) {
    for (const [id, drawn] of this.drawn) if (drawn.plugin === plugin) this.drawn.delete(id);
    this.lines = this.lines.filter((line) => !line.view || line.plugin !== plugin);
  }

  /** Drop the oldest lines if there are very many, unless the user reads further up: see `keepAround`. */
  trim() {
    if (this.atEnd !== false) this.keepAround(this.lines.length);
  }

  /** If there are very many lines, drop those far from this index; return how many of them were before it. */
  keepAround(at) {
    if (this.lines.length <= KEPT + SLACK || this.loading) return 0;
    const from = Math.max(0, Math.min(at - KEPT / 2, this.lines.length - KEPT));
    if (from + KEPT < this.lines.length) this.later = true;
    if (from) this.more = true;
    this.lines = this.lines.slice(from, from + KEPT);
    return from;
  }

  /** Start again with the newest messages; boxes of plugins stay. Return the messages that are new here. */
  renew({messages, more}) {
    const boxes = this.lines.filter((line) => line.view);
    this.lines = [];
    this.later = false;
    this.more = more;
    const fresh = this.merge(messages);
    const {time} = this.lines.at(-1) ?? {}; // of the day of the line before it
    this.lines.push(...boxes.map((box) => ({...box, behind: this.seq, time: time ?? box.time})));
    return fresh;
  }

  /** Add the page after the last line. */
  extend({messages}) {
    this.later = false;
    this.merge(messages);
    this.later = this.last < this.seq;
  }

  /** Receive the answer to a join: missed messages, or the newest ones. Return the messages that are new here. */
  join({epoch, seq, messages, recovered, more, users, count, read}) {
    if (this.epoch && this.epoch !== epoch) [this.read, this.mark] = [0, null];
    this.epoch = epoch;
    this.joined = true;
    this.users = new Map(users.map((user) => [user.id, user]));
    this.changes++;
    this.count = count;
    this.catching = recovered && more ? messages.at(-1).seq : null;
    if (!recovered) this.seq = seq;
    const fresh = recovered ? this.merge(messages) : this.renew({messages, more});
    this.merge(this.early ?? []);
    this.early = null;
    if (this.read > Math.max(seq, this.seq)) this.read = null; // of another history
    this.read = Math.max(this.read ?? (read ? 0 : seq), read ?? 0); // a newcomer has nothing unread
    return fresh;
  }

  /** Receive a page of missed messages; return those that are new here. */
  catchUp({messages, more}) {
    this.catching = more ? messages.at(-1).seq : null;
    return this.merge(messages);
  }

  /** The user has read it in another tab or on another machine. */
  readElsewhere(seq) {
    if (!(seq > this.read)) return;
    this.read = seq;
    this.mentions = 0;
    this.mark = null;
  }

  presence({joined, left, count}) {
    for (const user of joined ?? []) this.users.set(user.id, user);
    for (const user of left ?? []) {
      this.users.delete(user.id);
      this.typing.delete(user.id);
    }
    this.changes++;
    this.count = count;
  }
}
Channel.notices = 0;

/** Whether a line is grouped with the one before it: same author, soon after, same day. */
export function continues(line, before) {
  return Boolean(
    before && line.sender && before.sender?.id === line.sender.id &&
    line.time - before.time < GROUP && sameDay(line.time, before.time),
  );
}

export function sameDay(one, other) {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

const COMINGS = {join: " joined the channel", leave: " left the channel"}; // the server's words; plugins may have others

/** Whether a line only says that someone came or went. */
export const isComing = ({event, user, message}) => Boolean(user && COMINGS[event]) && message === user.name + COMINGS[event];
