// A channel as the page knows it: plain data, and how events change it. No DOM, no socket.

import {Log} from "./log.js";

const BACK = 60_000; // ms: a leave followed by a rejoin within it is not shown
const GROUP = 5 * 60_000; // ms: messages of one author within it are grouped

export class Channel extends Log {
  constructor(name) {
    super();
    this.name = name;
    this.about = {}; // see places.js
    this.told = 0; // unread messages by the server's count, until it is joined
    this.untold = false; // whether the server does not know how far it was read
    this.heldUnread = false; // marked as unread: so it stays while it is open
    this.drawn = new Map(); // id of a message -> what a plugin draws in the place of its text
    this.users = new Map();
    this.changes = 0; // of the users
    this.count = 0;
    this.typing = new Map(); // user id -> {user, until (ms)}
    this.read = null; // seq; null: never joined before
    this.mark = null; // seq after which the line "New" stands; null: nowhere
    this.mentioned = new Map(); // seq of an unread mention of this user -> its number
    this.mentions = 0;
    this.reacted = []; // ["seq key"]: this user's reactions where so many reacted that not all are named
    this.draft = "";
    this.attached = []; // the files of the draft: see attachments.js
    this.place = null; // {id, top (px)}: the row to return to, which was at the top of the window; or to go to, without `top`
    this.editing = null; // the own message that is edited in the box, whose text is the draft: see editing.js
    this.replyTo = null; // seq of the message that the draft answers
    this.jump = null; // {seq, count}: the message to show; a new count is another time
    this.wanted = null; // seq of the message to show once the channel is joined
    this.heldBack = 0; // ms: when the server takes the next message, where it has asked to wait
    this.written = 0; // counts what the user has written here
  }

  /** What it is stored by, the channel that it is in, and how its history is asked for: a Thread has others. */
  get key() {
    return this.name;
  }

  get home() {
    return this;
  }

  get within() {
    return {timeline: true};
  }

  get kind() {
    return this.about.kind ?? "public";
  }

  /** What people call it. */
  get label() {
    const {kind, title, with: others} = this.about;
    return (kind === "direct" ? others?.map(({name}) => name).join(", ") : title) || this.name;
  }

  /** The same in a sentence. */
  get called() {
    return this.kind === "public" ? `#${this.label}` : this.label;
  }

  /** What to tell of: "all", "mentions" or "none". */
  get level() {
    const {notify = "all", notify_until: until} = this.about;
    return until && until < Date.now() ? "all" : notify;
  }

  /** How many people there are: members, and who is here without being one. */
  get people() {
    const {about: {members = 0, with: others}, count, ranks, users} = this;
    if (others) return others.length + 1;
    if (!ranks || this.moreRanks) return Math.max(members, count);
    return Math.max(members, ranks.size, count - users.size) + [...users.keys()].filter((id) => !ranks.has(id)).length;
  }

  /** Those whose faces stand for all: who is here, or belongs to the conversation. */
  faces(me) {
    return this.about.with ? [me, ...this.about.with].filter(Boolean) : [...this.users.values()];
  }

  /** Another channel is shown from now on. */
  leave() {
    this.mark = this.jump = null;
    this.place = this.placed?.() ?? null;
    this.thread?.leave();
  }

  /** Whether one sees what is newest when the channel is open. */
  get present() {
    return this.atEnd !== false && !this.place && !this.wanted;
  }

  /** How many messages of others are unread, of those that are known here: see Sync.lookBack. */
  unread(me) {
    let count = this.epoch ? 0 : this.told;
    for (const [seq, sender] of this.beyond) if (seq > this.read && sender !== me) count++;
    for (let at = this.lines.length - 1; at >= 0; at--) {
      const line = this.lines[at];
      if (!line.seq) continue;
      if (line.seq <= this.read) break;
      if (line.sender?.id !== me && !line.deleted) count++;
    }
    return count;
  }

  /** What counts as {unread, mentions}. In a direct conversation all is for the user. */
  counts(me) {
    if (!me || this.level === "none") return {unread: 0, mentions: 0};
    const unread = this.unread(me.id);
    return {unread, mentions: this.kind === "direct" ? unread : this.mentions};
  }

  /** Whether messages behind the line "New" are above the line with this index. */
  unreadAbove(index) {
    if (this.mark === null) return false;
    const above = this.lines.slice(0, index).findLast((line) => line.seq);
    return above ? above.seq > this.mark : this.more && this.first > this.mark + 1;
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

  /** Receive the answer to a join. Return the messages that are new here. */
  join(answer) {
    const {epoch, seq, users, count, read} = answer;
    if (this.epoch && this.epoch !== epoch) [this.read, this.mark] = [0, null];
    this.users = new Map(users.map((user) => [user.id, user]));
    this.changes++;
    this.count = count;
    const fresh = this.enter(answer);
    if (this.read > Math.max(seq, this.seq)) this.read = null; // of another history
    if (answer.kind && !this.untold) this.read = read; // the server keeps it
    else this.read = Math.max(this.read ?? (read ? 0 : seq), read ?? 0); // a newcomer has nothing unread
    return fresh;
  }

  /** The user has read it elsewhere; back: marked it as unread. */
  readElsewhere(seq, back) {
    if (back ? seq === this.read : !(seq > this.read)) return;
    this.read = seq;
    if (back) return void ([this.mark, this.heldUnread] = [seq, true]);
    this.noMentions();
    this.mark = null;
  }

  noMentions() {
    this.mentions = this.told = 0;
    this.mentioned.clear();
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
