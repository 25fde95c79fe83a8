// Threads on the page: what is received, counted, read and sent in them, against a server of a few lines.

import assert from "node:assert/strict";
import {test} from "node:test";

const assets = "../../public/assets/";
const {Chat} = await import(assets + "state/chat.js");
const {goTo} = await import(assets + "state/changes.js");
const {Failed} = await import(assets + "net/connection.js");
const {changedElsewhere, openStorage} = await import(assets + "state/storage.js");
const {changedElsewhere: follow} = await import(assets + "state/other_tabs.js");
const {learn, speak} = await import(assets + "i18n/index.js");
await import(assets + "state/places.js"); // which is loaded when it is needed
await speak("en");
await learn("dialogs");

const ANN = {id: "g:ann", name: "Ann", role: "guest"};
const BEN = {id: "g:ben", name: "Ben"};
const rest = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((done) => setImmediate(done));
};

/** A channel on a server: its messages and changes under one counter; `out` are events on their way. */
class Server {
  constructor() {
    this.messages = [];
    this.last = 0;
    this.follows = new Map(); // root -> {read}
    this.out = [];
  }

  post(message, {by = BEN, thread, ...more} = {}) {
    const seq = ++this.last;
    const line = {action: "send-message", target: "general", seq, id: `m${seq}`, time: seq, message, sender: by, ...(thread && {thread}), ...more};
    if (thread) this.replied(thread, seq, line);
    this.messages.push(line);
    this.out.push(line);
    return seq;
  }

  replied(thread, seq, line) {
    const replies = [...this.messages.filter((one) => one.thread === thread && !one.deleted), ...(line ? [line] : [])];
    this.change(thread, {replies: replies.length ? {count: replies.length, last: replies.at(-1).time, users: [...new Set(replies.map(({sender}) => sender.id))]} : null}, "replied", seq);
  }

  change(about, set, what, seq = ++this.last) {
    const at = this.messages.findIndex((one) => one.seq === about);
    const before = this.messages[at];
    const next = {...before, ...set, rev: seq};
    for (const name of Object.keys(set)) if (set[name] === null) delete next[name];
    this.messages[at] = next;
    this.out.push({action: "changed", channel: "general", about, seq, after: before.rev ?? about, what: [what], set});
    return seq;
  }

  delete(seq) {
    const {thread} = this.messages.find((one) => one.seq === seq);
    const number = this.change(seq, {message: "", deleted: {by: BEN.id, time: 1}}, "deleted");
    if (thread) this.replied(thread, number);
  }

  "join-channel"({since}) {
    const changed = this.messages.filter((one) => (one.rev ?? one.seq) > (since?.seq ?? 0)).sort((one, other) => (one.rev ?? one.seq) - (other.rev ?? other.seq));
    const timeline = this.messages.filter((one) => !one.thread || one.also_in_channel);
    return {channel: "general", epoch: "e", seq: this.last, floor: 0, users: [ANN, BEN], count: 2, kind: "public", role: "member", read: this.last, more: false, upto: this.last, ...(since ? {recovered: true, messages: changed} : {recovered: false, messages: timeline})};
  }

  history({thread, timeline, seqs, around, before = Infinity, after = 0, limit}) {
    if (seqs) return {messages: this.messages.filter((one) => seqs.includes(one.seq)), more: false};
    const own = this.messages.filter((one) => (thread ? one.thread === thread : !timeline || !one.thread || one.also_in_channel));
    if (around) return {messages: own, more_before: false, more_after: false};
    const found = own.filter(({seq}) => seq < before && seq > after);
    const messages = after ? found.slice(0, limit) : found.slice(-limit);
    const root = this.messages.find(({seq}) => seq === thread);
    if (thread && !root) throw new Failed("not-found", "there is no such message");
    const {read = this.last} = this.follows.get(thread) ?? {};
    return {messages, more: messages.length < found.length, ...(thread && {root, following: this.follows.has(thread), read, unread: own.filter(({seq}) => seq > read).length})};
  }

  threads({before, limit}) {
    const all = [...this.follows].map(([seq, {read}]) => ({target: "general", root: this.messages.find((one) => one.seq === seq), read, mentions: 0, unread: this.messages.filter((one) => one.thread === seq && one.seq > read && one.sender !== ANN).length}));
    const from = Number(before ?? 0);
    return {threads: all.slice(from, from + limit), more: from + limit < all.length, before: String(from + limit)};
  }

  "send-message"({message, thread, reply_to, also_in_channel}, ref) {
    if (thread && !this.messages.some(({seq}) => seq === thread)) throw new Failed("not-found", "there is no such message");
    const seq = this.post(message, {by: ANN, thread, ref, ...(reply_to && {reply_to}), ...(also_in_channel && {also_in_channel})});
    return {id: `m${seq}`, seq, time: seq};
  }

  read({thread, seq}) {
    if (thread && this.follows.has(thread)) this.follows.get(thread).read = seq;
  }

  follow({seq, on}) {
    if (on) this.follows.set(seq, {read: this.last});
    else this.follows.delete(seq);
  }
}

/** A chat on a server, in the channel: `hear` delivers what the server has told. */
async function open(server = new Server(), kept = {}) {
  const storage = openStorage();
  for (const [name, value] of Object.entries({channels: ["general"], ...kept})) storage.write(name, value);
  const chat = new Chat(storage, "http://chat.example/", () => {}, false);
  const calls = [];
  chat.connection.call = async (action, fields = {}, ref) => {
    await null;
    if (!chat.connection.open) throw new Failed("disconnected", "");
    const {target, limit, ...rest} = fields;
    if (["send-message", "read", "follow", "threads"].includes(action)) calls.push([action, ...Object.entries(rest).filter(([, value]) => value !== undefined).flat()].join(" "));
    return (server[action] ? server[action](fields, ref) : {}) ?? {};
  };
  chat.hello = () => {
    server.out = [];
    chat.connection.open = true;
    chat.connection.session++;
    chat.session.state = {kind: "open"};
    chat.receive({action: "hello", user: ANN, token: "t", epoch: "e", server: {wire: 2}, limits: {message: 4000}, actions: [{name: "browse", parameters: []}], ui: []});
    chat.loadingPlaces.then(() => chat.receive({action: "channels", all: true, channels: [{channel: "general", kind: "public", role: "member", seq: server.last, read: server.last, threads: chat.started ? undefined : kept.threads}]}));
  };
  chat.lose = () => {
    chat.connection.open = false;
    for (const channel of chat.channels.values()) channel.joined = false;
  };
  chat.hear = async () => {
    await rest();
    for (const event of server.out.splice(0)) chat.receive({...event});
    await rest();
  };
  chat.current = "general";
  chat.hello();
  await rest();
  const channel = chat.channels.get("general");
  return Object.assign(chat, {calls, server, channel});
}

const texts = ({lines}) => lines.filter(({seq}) => seq).map(({message}) => message);

/** A channel with a message, "root", that has replies by Ben; the seqs of both. */
async function threaded(count, more) {
  const server = new Server();
  const root = server.post("root", more);
  const replies = Array.from({length: count}, (_, at) => server.post(`reply ${at}`, {thread: root}));
  return {root, replies, server, chat: await open(server)};
}

test("a reply stands in its thread alone, or in the channel, too, and its root says how many there are", async () => {
  const {chat, server, root} = await threaded(1);
  const {channel} = chat;
  assert.deepEqual(texts(channel), ["root"]);
  chat.threads.open(channel, root);
  await rest();
  assert.deepEqual([texts(channel.thread), channel.thread.line.message], [["reply 0"], "root"]);
  server.post("quiet", {thread: root});
  server.post("loud", {thread: root, also_in_channel: true});
  server.post("elsewhere");
  await chat.hear();
  assert.deepEqual([texts(channel.thread), texts(channel)], [["reply 0", "quiet", "loud"], ["root", "loud", "elsewhere"]]);
  assert.deepEqual([channel.get(root).replies.count, channel.thread.line.replies.count, channel.known], [3, 3, server.last]);
});

test("replies draw no line 'New', and make nothing unread in their channel", async () => {
  const {chat, server, root} = await threaded(0);
  const {channel} = chat;
  chat.away = true;
  server.post("reply", {thread: root});
  await chat.hear();
  assert.deepEqual([channel.unread(ANN.id), channel.mark, channel.arrived], [0, null, 0]);
  server.post("loud", {thread: root, also_in_channel: true});
  await chat.hear();
  assert.deepEqual([channel.unread(ANN.id), channel.arrived], [1, 1]);
});

test("a mention in a thread counts in the channel, as the server has it, and is read with that", async () => {
  const {chat, server, root} = await threaded(0);
  const {channel} = chat;
  chat.away = true;
  const seq = server.post("@Ann", {thread: root, mentions: [ANN.id]});
  await chat.hear();
  assert.deepEqual([channel.counts(ANN), channel.mark], [{unread: 0, mentions: 1}, null]);
  chat.away = false;
  chat.readState.refresh();
  assert.deepEqual([channel.counts(ANN), channel.read], [{unread: 0, mentions: 0}, seq]);
});

test("a change of a reply is applied in the thread and in the channel, and what was missed comes with the next join", async () => {
  const {chat, server, root, replies: [first]} = await threaded(1);
  const {channel} = chat;
  const loud = server.post("loud", {thread: root, also_in_channel: true});
  await chat.hear();
  chat.threads.open(channel, root);
  await rest();
  server.change(first, {message: "first, edited"}, "edited");
  server.change(loud, {message: "loud, edited"}, "edited");
  await chat.hear();
  assert.deepEqual([texts(channel.thread), texts(channel)], [["first, edited", "loud, edited"], ["root", "loud, edited"]]);
  chat.lose();
  server.change(first, {message: "first, again"}, "edited");
  server.post("missed", {thread: root});
  server.delete(loud);
  chat.hello();
  await chat.hear();
  assert.deepEqual([texts(channel.thread), texts(channel)], [["first, again", "", "missed"], ["root", ""]]);
  assert.equal(channel.thread.line.replies.count, 2);
});

test("what comes while a thread is being fetched is in it, once", async () => {
  const {chat, server, root} = await threaded(1);
  const {channel} = chat;
  const {call} = chat.connection;
  let answer;
  chat.connection.call = async (action, fields, ref) => {
    const found = await call(action, fields, ref);
    if (action === "history") await new Promise((done) => (answer = done)); // it was read before what comes now
    return found;
  };
  chat.threads.open(channel, root);
  await rest();
  const late = server.post("late", {thread: root});
  server.change(late, {message: "late, edited"}, "edited");
  server.change(late - 1, {message: "early, edited"}, "edited");
  await chat.hear();
  assert.deepEqual(texts(channel.thread), []);
  answer();
  await rest();
  assert.deepEqual(texts(channel.thread), ["early, edited", "late, edited"]);
});

test("what is followed and unread is counted, read where it is seen, and told to the server", async () => {
  const {chat, server, root} = await threaded(2);
  server.follow({seq: root, on: true});
  await chat.threads.fetch();
  server.post("one", {thread: root});
  server.post("two", {thread: root});
  await chat.hear();
  const entry = () => chat.threads.entry({name: "general", root});
  assert.deepEqual([entry().unread, chat.threads.waiting, chat.unread], [2, 1, 1]);
  chat.threads.open(chat.channel, root);
  await rest();
  assert.deepEqual([entry().unread, chat.threads.waiting, chat.channel.thread.mark], [0, 0, 3]);
  await new Promise((done) => setTimeout(done, 320));
  assert.deepEqual(chat.calls.filter((one) => one.startsWith("read thread")), ["read thread 1 seq 5"]);
  chat.channel.thread.atEnd = false; // one reads further up
  server.post("three", {thread: root});
  await chat.hear();
  assert.equal(entry().unread, 1);
  chat.receive({action: "read", channel: "general", thread: root, seq: server.last, user: ANN});
  await rest();
  assert.deepEqual([entry().unread, chat.channel.read], [0, 3]); // the channel's position is another
});

test("whoever is answered, mentioned or writes follows: the list is asked for anew", async () => {
  const {chat, server, root} = await threaded(0, {by: ANN});
  chat.calls.length = 0;
  server.follow({seq: root, on: true});
  server.follows.get(root).read = root;
  server.post("an answer", {thread: root});
  await chat.hear();
  await new Promise((done) => setTimeout(done, 1_050));
  await rest();
  assert.deepEqual([chat.calls, chat.threads.waiting], [["threads"], 1]);
  chat.receive({action: "followed", channel: "general", about: root, on: false});
  await rest();
  assert.equal(chat.threads.waiting, 0);
});

test("threads are asked for until all that are said to have something unread are here", async () => {
  const server = new Server();
  for (let at = 0; at < 120; at++) {
    const root = server.post(`root ${at}`);
    if (at === 110) server.post("unread", {thread: root});
    server.follows.set(root, {read: at === 110 ? root : Infinity});
  }
  const chat = await open(server, {threads: 1});
  assert.deepEqual([chat.calls.filter((one) => one.startsWith("threads")), chat.threads.waiting, chat.threads.all.size], [["threads", "threads before 50", "threads before 100"], 1, 120]);
});

test("what is written in a thread waits and is sent there, with a draft of its own in every tab", async () => {
  const {chat, server, root} = await threaded(1);
  const {channel} = chat;
  chat.setDraft(channel, "to all");
  chat.threads.open(channel, root);
  await rest();
  const {thread} = channel;
  chat.setDraft(thread, "to few");
  assert.deepEqual([channel.draft, thread.draft, chat.storage.read(`draft/${thread.key}`)], ["to all", "to few", "to few"]);
  follow(chat, changedElsewhere({key: `tornado_chat.draft/general\n${root}`, newValue: JSON.stringify("from another tab")}));
  assert.deepEqual([channel.draft, thread.draft], ["to all", "from another tab"]);
  chat.lose();
  thread.also = true;
  chat.post(thread, ["offline"]);
  await rest();
  assert.deepEqual([chat.outbox.of("general", root).length, chat.outbox.of("general").length], [1, 1]); // it will stand in both
  thread.also = false;
  chat.post(thread, ["quiet"]);
  await rest();
  assert.deepEqual([chat.outbox.of("general", root).length, chat.outbox.of("general").length], [2, 1]);
  chat.hello();
  await chat.hear();
  assert.deepEqual(chat.calls.filter((one) => one.startsWith("send")), [`send-message message offline thread ${root} also_in_channel true`, `send-message message quiet thread ${root}`]);
  assert.deepEqual([texts(thread), texts(channel), chat.outbox.items], [["reply 0", "offline", "quiet"], ["root", "offline"], []]);
  assert.equal(channel.read, 2); // what one says in a thread reads nothing in the channel
  chat.forgetStored("general");
  assert.equal(chat.storage.read(`draft/${thread.key}`, "none"), "none");
});

test("a reply to a thread that is gone fails where one sees it, and can be sent to the channel", async () => {
  const {chat, server, root} = await threaded(0);
  const {channel} = chat;
  chat.threads.open(channel, root);
  await rest();
  server.messages = [];
  chat.post(channel.thread, ["too late"]);
  await chat.hear();
  const [item] = chat.outbox.of("general");
  assert.deepEqual([item.error, item.thread, chat.outbox.of("general", root).length], ["There is no such message.", undefined, 0]);
  chat.outbox.retry(item);
  await chat.hear();
  assert.deepEqual(texts(channel).at(-1), "too late");
});

test("the address of a reply opens its thread there, and that of a thread opens it beside its message", async () => {
  const {chat, root, replies} = await threaded(250);
  const {channel} = chat;
  assert.equal(await goTo(chat, channel, replies[10]), true);
  const {thread} = channel;
  assert.deepEqual([thread.root, thread.jump.seq, thread.lines.at(-1).seq, thread.later, channel.jump, channel.wanted], [root, replies[10], replies[10], true, null, null]);
  await chat.sync.newer(thread);
  assert.ok(thread.get(replies[60]));
  chat.threads.close(thread);
  assert.equal(await goTo(chat, channel, {thread: root}), true);
  await rest();
  assert.deepEqual([channel.thread.root, channel.jump.seq, texts(channel.thread).length], [root, root, 100]);
  assert.equal(await goTo(chat, channel, 9_999), false);
});

test("a thread that cannot be seen says why, and one of an earlier history is closed", async () => {
  const {chat, root} = await threaded(1);
  const {channel} = chat;
  chat.threads.open(channel, 77);
  await rest();
  assert.deepEqual([channel.thread.refused, channel.thread.loaded], ["There is no such message.", false]);
  chat.threads.open(channel, root);
  await rest();
  assert.equal(channel.thread.refused, "");
  channel.epoch = "another";
  channel.thread.rejoined(false);
  assert.equal(channel.thread, null);
});

test("following is chosen, and a reply can be marked as unread on all devices", async () => {
  const {chat, root, replies} = await threaded(3);
  const {channel} = chat;
  chat.threads.open(channel, root);
  await rest();
  await chat.threads.follow(channel.thread, true);
  assert.equal(channel.thread.following, true);
  chat.places.unreadFrom(channel.thread, {seq: replies[1]});
  await rest();
  assert.deepEqual(chat.calls.filter((one) => /^(follow|read)/.test(one)), [`follow seq ${root} on true`, `read thread ${root} seq ${replies[0]} back true`]);
  assert.deepEqual([channel.thread.mark, channel.thread.heldUnread], [replies[0], true]);
  await chat.threads.follow(channel.thread, false);
  assert.equal(chat.threads.entry(channel.thread), undefined);
});
