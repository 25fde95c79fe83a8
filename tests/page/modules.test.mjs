import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

const assets = "../../public/assets/";
const {Channel, continues} = await import(assets + "state/channel.js");
const {Chat} = await import(assets + "state/chat.js");
const {Outbox} = await import(assets + "state/outbox.js");
const {showAround} = await import(assets + "state/changes.js");
const {box, unbox} = await import(assets + "plugins/boxes.js");
const {restoreConversation} = await import(assets + "state/last_conversation.js");
const {changedElsewhere, openStorage} = await import(assets + "state/storage.js");
const {parse} = await import(assets + "commands/run.js");
const {Figures, line, rounded} = await import(assets + "state/figures.js");
const {newRef} = await import(assets + "net/connection.js");
const {Socket, pause} = await import(assets + "net/socket.js");
const {initials, twins} = await import(assets + "text/people.js");

const {learn, speak} = await import(assets + "i18n/index.js");
await learn("dialogs");
await learn("messages");
await speak("en");

const message = (seq, sender = "a", time = seq) => ({id: String(seq), seq, message: `m${seq}`, sender: sender && {id: sender, name: sender}, time});
const seqs = (channel) => channel.lines.map((line) => line.seq);

function joined(answer = {}) {
  const channel = new Channel("general");
  channel.join({epoch: "e", seq: 0, messages: [], recovered: false, more: false, users: [], count: 0, ...answer});
  return channel;
}

test("messages stand in the order of seq, each once, whatever order they come in", () => {
  const channel = joined();
  channel.receive([message(2), message(3)]);
  assert.equal(channel.receive([message(1), message(3), message(5)]).length, 2);
  channel.receive([message(4), message(4)]);
  assert.deepEqual(seqs(channel), [1, 2, 3, 4, 5]);
  assert.equal(channel.seq, 5);
});

test("a notice stands behind the message that was newest, and hides no double", () => {
  const channel = joined();
  channel.receive([message(1)]);
  channel.note({message: "Ann joined", time: 1});
  channel.receive([message(1), message(2)]);
  assert.deepEqual(seqs(channel), [1, undefined, 2]);
});

test("one who left and is back at once is neither said to have left nor to have come", () => {
  const channel = joined();
  channel.receive([message(1)]);
  const notice = (event, id, time) => channel.note({event, user: {id, name: id}, message: `${id} ${event}`, sender: null, time});
  notice("leave", "b", 1_000);
  notice("join", "b", 3_000);
  assert.deepEqual(seqs(channel), [1]);
  notice("leave", "b", 4_000);
  notice("join", "c", 5_000);
  notice("leave", "c", 6_000);
  notice("join", "c", 90_000);
  assert.deepEqual(channel.lines.map((line) => line.event), [undefined, "leave", "join", "leave", "join"]);
});

test("a join that recovers adds what was missed, another one starts anew", () => {
  const channel = joined({seq: 2, messages: [message(1), message(2)]});
  channel.join({epoch: "e", seq: 3, messages: [message(3)], recovered: true, more: false, users: [], count: 0});
  assert.deepEqual(seqs(channel), [1, 2, 3]);
  channel.join({epoch: "f", seq: 1, messages: [message(1)], recovered: false, more: true, users: [], count: 0});
  assert.deepEqual([seqs(channel), channel.seq, channel.read, channel.more], [[1], 1, 0, true]);
});

test("a box is drawn anew where it stands, outlives a join that starts anew, and goes with its plugin", () => {
  const channel = joined({seq: 1, messages: [message(1)]});
  const view = () => null;
  box(channel, "poll", "a", {view, draw: "once"});
  channel.receive([message(2)]);
  box(channel, "poll", "a", {view, draw: "again"});
  box(channel, "mood", "a", {view, draw: "mood"});
  const shown = () => channel.lines.map((line) => line.seq ?? line.draw);
  assert.deepEqual(shown(), [1, "again", 2, "mood"]);
  channel.join({epoch: "f", seq: 1, messages: [message(1)], recovered: false, more: false, users: [], count: 0});
  channel.receive([message(2)]);
  assert.deepEqual(shown(), [1, "again", "mood", 2]);
  unbox(channel, "poll");
  assert.deepEqual(shown(), [1, "mood", 2]);
});

test("what a plugin draws for a message waits for it, and goes with its plugin, not with its other lines", () => {
  const channel = joined({seq: 1, messages: [message(1)]});
  box(channel, "poll", "a", {view: () => {}, draw: "card"}, "id-2");
  channel.note({message: "a reply", sender: null, time: 0, private: true, plugin: "poll"});
  assert.equal(channel.lines.length, 2);
  assert.equal(channel.drawn.get("id-2").draw, "card");
  unbox(channel, "poll");
  assert.deepEqual([channel.drawn.size, channel.lines.length], [0, 2]);
});

test("one's own messages are never unread, and a newcomer has nothing to catch up with", () => {
  const channel = joined({seq: 1, messages: [message(1)]});
  assert.equal(channel.unread("me"), 0);
  channel.receive([message(2), message(3, "me")]);
  assert.equal(channel.unread("me"), 1);
});

test("a group is one author within five minutes on one day", () => {
  const noon = new Date(2026, 1, 1, 12).getTime();
  assert.equal(continues(message(2, "a", noon + 299_000), message(1, "a", noon)), true);
  assert.equal(continues(message(2, "a", noon + 300_000), message(1, "a", noon)), false);
  assert.equal(continues(message(2, "b", noon), message(1, "a", noon)), false);
  assert.equal(continues(message(2, null, noon), message(1, null, noon)), false);
});

test("what came while the answer to a join had not is lost in no case", () => {
  const channel = new Channel("general");
  channel.waiting = [message(3)];
  channel.receive([message(3)]);
  channel.join({epoch: "e", seq: 2, messages: [message(1), message(2)], recovered: false, more: false, users: [], count: 0});
  assert.deepEqual([seqs(channel), channel.seq], [[1, 2, 3], 3]);
});

test("who is cut off while catching up goes on where there is no gap, whatever came live", () => {
  const channel = joined({seq: 1, messages: [message(1)]});
  channel.join({epoch: "e", seq: 9, messages: [message(2), message(3)], recovered: true, more: true, users: [], count: 0});
  channel.live(message(10));
  assert.deepEqual([channel.since, channel.seq], [{epoch: "e", seq: 3}, 10]);
  channel.catchUp({messages: [message(4), message(5)], upto: 5, more: true});
  assert.deepEqual(channel.since, {epoch: "e", seq: 5});
  channel.catchUp({messages: [6, 7, 8, 9].map((seq) => message(seq)), upto: 9, more: false});
  assert.deepEqual([channel.since.seq, seqs(channel)], [10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
});

test("memory stays steady over 100,000 messages, and what was let go is asked for again", () => {
  const channel = joined();
  let most = 0;
  for (let seq = 1; seq <= 100_000; seq++) {
    channel.receive([message(seq)]);
    channel.trim();
    most = Math.max(most, channel.lines.length);
  }
  assert.ok(most <= 2_501, `${most} lines`);
  assert.deepEqual([channel.more, channel.seq, channel.first + channel.lines.length], [true, 100_000, 100_001]);
});

test("memory stays steady while one reads further up, and what follows there is asked for again", () => {
  const channel = joined();
  channel.receive(Array.from({length: 2_000}, (_, at) => message(at + 1)));
  channel.atEnd = false;
  let most = 0;
  const fresh = [];
  for (let seq = 2_001; seq <= 50_000; seq++) {
    fresh.push(...channel.receive([message(seq)]));
    channel.trim();
    channel.keepAround(1_000);
    channel.note({event: "join", message: "Ben joined"});
    most = Math.max(most, channel.lines.length);
  }
  assert.ok(most <= 2_502, `${most} lines`);
  assert.deepEqual([fresh.length, channel.seq, channel.later, channel.first], [48_000, 50_000, true, 1]);
  assert.deepEqual(channel.receive([message(49_000)]), []);
  assert.equal(channel.unread("b"), 50_000);
  const {last} = channel;
  channel.extend({messages: [message(last + 1), message(last + 2)], more: true});
  assert.deepEqual([channel.last, channel.later], [last + 2, true]);
  const behind = channel.lines.length - 10;
  const gone = channel.keepAround(behind);
  assert.deepEqual([channel.lines[behind - gone].seq !== undefined, channel.lines.length <= 2_500], [true, true]);
  channel.renew({messages: [message(49_999), message(50_000)], more: true});
  assert.deepEqual([seqs(channel), channel.later, channel.more], [[49_999, 50_000], false, true]);
});

test("what comes while the page behind is on its way is asked for, too", () => {
  const channel = joined({seq: 2, messages: [message(1), message(2)]});
  channel.later = true;
  channel.receive([message(5)]);
  channel.extend({messages: [message(3), message(4)], more: false});
  assert.deepEqual([seqs(channel), channel.later], [[1, 2, 3, 4], true]);
  channel.extend({messages: [message(5)], more: false});
  assert.deepEqual([seqs(channel), channel.later], [[1, 2, 3, 4, 5], false]);
});

test("a newcomer to an empty channel has read it up to 0, which is no newcomer's position the next time", () => {
  const channel = joined();
  assert.equal(channel.read, 0);
  const again = new Channel("general");
  again.read = 0;
  again.join({epoch: "e", seq: 2, messages: [message(1), message(2)], recovered: false, more: false, users: [], count: 0, read: 0});
  assert.equal(again.unread("me"), 2);
});

test("unread is what others have said and is not deleted, whatever numbers changes have drawn", () => {
  const channel = new Channel("general");
  channel.read = 10;
  channel.join({epoch: "e", seq: 100, messages: [message(60), message(100)], recovered: false, more: true, users: [], count: 0});
  assert.equal(channel.unread("me"), 2);
  channel.live({action: "changed", about: 60, seq: 101, after: 60, set: {reactions: []}});
  channel.load([message(10), message(20), message(30, "me"), {...message(40), deleted: {}}]);
  assert.equal(channel.unread("me"), 3);
  channel.live({action: "changed", about: 20, seq: 102, after: 20, set: {message: "", deleted: {}}});
  assert.deepEqual([channel.unread("me"), [...channel.gone], channel.known], [2, [20], 102]);
  showAround(channel, {messages: [message(5), message(10)], more_before: true, more_after: true});
  assert.equal(channel.unread("me"), 2);
  channel.live(message(103));
  channel.live(message(104));
  channel.live({action: "changed", about: 103, seq: 105, after: 103, set: {message: "", deleted: {}}});
  assert.deepEqual([channel.unread("me"), seqs(channel), channel.arrived], [3, [5, 10], 2]);
});

test("how far one has read in a history that is no more counts for nothing", () => {
  const channel = new Channel("general");
  channel.read = 500;
  channel.join({epoch: "f", seq: 3, messages: [message(3)], recovered: false, more: true, users: [], count: 0});
  channel.receive([message(4)]);
  assert.equal(channel.unread("me"), 1);
});

function place() {
  const kept = new Map();
  return {
    get length() { return kept.size; }, key: (at) => [...kept.keys()][at], getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key),
  };
}

test("where the server has another history than at the last visit, all of it is unread", () => {
  const storage = openStorage(place());
  storage.write("channels", ["general", "tea"]);
  storage.write("read/general", 5);
  storage.write("epoch", "e");
  const hello = {user: {id: "g:1", name: "Ann"}, actions: [], limits: {}};
  const read = (epoch) => {
    const chat = new Chat(storage, "http://localhost/", () => {});
    chat.begin({...hello, epoch});
    return [...chat.channels.values()].map((channel) => channel.read);
  };
  assert.deepEqual([read("e"), read("f")], [[5, null], [0, null]]);
});

test("what is typed while a command is being loaded is kept", async () => {
  const chat = new Chat(openStorage(), "http://localhost/", () => {});
  const channel = chat.know("general");
  const calls = [];
  chat.actions = [{name: "who", parameters: [], command: true}];
  chat.connection.call = async (action) => calls.push(action) && {users: []};
  for (const typed of ["done", ""]) {
    chat.setDraft(channel, "/who");
    const written = chat.write(channel, "/who");
    if (typed) chat.setDraft(channel, typed);
    await written;
    assert.deepEqual([channel.draft, calls.splice(0)], [typed, ["who"]]);
  }
});

test("the last conversation is shown to the same user only, and goes if the server says that it is another", () => {
  const storage = openStorage(place());
  storage.write("name", "Ann");
  storage.write("token", "token of Ann");
  storage.write("channels", ["general"]);
  const kept = {token: "token of Ann", user: "g:1", channel: "general", epoch: "e", mentions: 1, more: true, messages: [message(4), message(5)]};
  const restored = (change = {}) => {
    storage.write("conversation", {...kept, ...change});
    const chat = new Chat(storage, "http://localhost/", () => {});
    restoreConversation(chat);
    return chat;
  };
  const chat = restored();
  const channel = chat.channels.get("general");
  assert.deepEqual([seqs(channel), channel.since, channel.more, channel.mentions], [[4, 5], {epoch: "e", seq: 5}, true, 1]);
  chat.session.begin({user: {id: "g:1", name: "Ann"}});
  assert.deepEqual(seqs(channel), [4, 5]);
  storage.write("token", "token of Ann");
  const other = restored();
  other.session.begin({user: {id: "g:2", name: "Ann"}});
  assert.deepEqual([seqs(other.channels.get("general")), other.channels.get("general").since], [[], undefined]);
  storage.write("token", "token of Ann");
  for (const change of [{token: "token of Ben"}, {channel: "left"}]) {
    assert.deepEqual(seqs(restored(change).channels.get("general")), []);
    assert.equal(storage.read("conversation", null), null);
  }
  storage.write("token", undefined);
  assert.deepEqual(seqs(restored({token: ""}).channels.get("general")), []); // the server has not answered
  const account = restored({token: ""});
  Object.assign(account.session.account, {known: true, user: {id: "g:1"}});
  restoreConversation(account);
  assert.deepEqual(seqs(account.channels.get("general")), [4, 5]);
});

test("who becomes another user in one tab is that user in the others, too, when they connect", async () => {
  const {changedElsewhere: follow} = await import(assets + "state/other_tabs.js");
  const storage = openStorage(place());
  storage.write("token", "of-Ann");
  const chat = new Chat(storage, "http://localhost/", () => {}, true);
  storage.write("token", "of-Bob");
  follow(chat, {folder: "become", name: "", value: 1});
  assert.equal(chat.session.address(), "ws://localhost/ws?token=of-Bob");
});

test("the outbox is what is stored, in the order it was written, and the same in two tabs", () => {
  const shared = place();
  const storage = openStorage(shared);
  const outbox = new Outbox(storage);
  const item = (ref, target) => ({ref, target, message: ref, time: 5});
  for (const [ref, target] of [["3", "general"], ["2", "other"], ["1", "general"]]) outbox.add(item(ref, target));
  const other = new Outbox(storage);
  assert.deepEqual(other.items.map(({ref}) => ref), ["3", "2", "1"]);
  outbox.done("3");
  outbox.done("unknown");
  other.changedElsewhere("3", undefined);
  other.add(item("4", "general"));
  outbox.changedElsewhere("4", other.items.at(-1));
  outbox.changedElsewhere("0", {...item("0", "general"), time: 1});
  assert.deepEqual(outbox.items.map(({ref}) => ref), ["0", "2", "1", "4"]);
  outbox.done("0");
  assert.deepEqual(outbox.of("general"), other.of("general"));
  assert.deepEqual(new Outbox(storage).items, outbox.items);
});

test("what another tab has kept is read from its event, and what is not the chat's is nothing", () => {
  const event = (key, newValue) => changedElsewhere({key, newValue});
  assert.deepEqual(event("tornado_chat.draft/a/b", '"x"'), {folder: "draft", name: "a/b", value: "x"});
  assert.deepEqual(event("tornado_chat.token", null), {folder: "token", name: "", value: undefined});
  assert.equal(event("tornado_chat.token", "{"), null);
  assert.equal(event("other", "1"), null);
  assert.equal(event(null, null), null);
  assert.equal(openStorage().read("nothing", 7), 7);
});

const examples = JSON.parse(readFileSync(new URL("../commands.json", import.meta.url), "utf8"));

test("a command is read by the schema of its action, a wrong one says what to do", () => {
  for (const {line, result, error} of examples.cases) {
    if (error !== undefined) {
      assert.throws(() => parse(line, examples.actions), {message: error}, line);
    } else {
      const read = parse(line, examples.actions);
      assert.deepEqual(read && {action: read.action, ...read.fields}, result, line);
    }
  }
});

test("pauses grow, differ, and after a restart spread from the first one", () => {
  assert.deepEqual([0, 1, 2, 20].map((tries) => pause(tries, 1006, () => 1)), [500, 1000, 2000, 30000]);
  assert.equal(pause(3, 1006, () => 0), 2000);
  assert.equal(pause(0, 1012, () => 0.5), 1500);
  assert.match(newRef(), /^[0-9a-f]{24}$/);
});

test("only the server's own codes are its last word; after a try that failed it is asked over HTTP first", async (t) => {
  const asked = [];
  const opened = [];
  let status = 502;
  const realSocket = globalThis.WebSocket;
  globalThis.WebSocket = class {
    constructor(address) {
      opened.push([this, address]);
    }
    close() {}
  };
  t.mock.method(globalThis, "fetch", async (address) => {
    asked.push(address.href);
    if (!status) throw new TypeError("nobody is there");
    return {status};
  });
  t.mock.timers.enable({apis: ["setTimeout"]});
  const states = [];
  const socket = new Socket(() => "ws://localhost/chat/ws?name=Ann", {state: ({kind}) => states.push(kind), frame: () => {}});
  const again = async (answer) => {
    status = answer;
    t.mock.timers.tick(60_000);
    for (let turn = 0; turn < 9; turn++) await null;
  };
  socket.connect();
  for (const code of [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 1015, 4000]) {
    opened.at(-1)[0].onclose({code, reason: ""});
    assert.equal(states.at(-1), "waiting", code);
    const before = opened.length;
    await again(503);
    await again(0);
    assert.equal(opened.length, before);
    await again(404);
    assert.equal(opened.length, before + 1);
  }
  assert.deepEqual([...new Set(asked)], ["http://localhost/chat/healthz"]);
  const before = asked.length;
  opened.at(-1)[0].onmessage({data: ""});
  opened.at(-1)[0].onclose({code: 1012, reason: ""});
  await again(404);
  assert.equal(asked.length, before); // it has spoken at the last try
  for (const code of [4400, 4401, 4403]) {
    opened.at(-1)[0].onclose({code, reason: ""});
    assert.equal(states.at(-1), "ended");
    socket.connect();
    for (let turn = 0; turn < 9; turn++) await null;
  }
  globalThis.WebSocket = realSocket;
});

test("people can be told apart", () => {
  assert.equal(initials("Ann"), "A");
  assert.equal(initials(" Ann "), "A");
  assert.equal(initials(""), ""); // of whoever writes before the server has said who it is
  assert.equal(initials("ann de Vries"), "AV");
  assert.equal(initials("👩‍👩‍👧 x"), "👩‍👩‍👧X");
  const names = (...all) => [...twins(all.map((name, id) => ({id, name})))].map((id) => all[id]);
  assert.deepEqual(names("Ann", "ann", "Ben"), ["Ann", "ann"]);
  assert.deepEqual(names("Ann", "\u0410nn", "\u00c4nn", "Ben"), ["Ann", "\u0410nn", "\u00c4nn"]); // Cyrillic A
  assert.deepEqual(names("Bill", "BiIl", "B1ll", "Tim", "Tirn"), ["Bill", "BiIl", "B1ll", "Tim", "Tirn"]);
  assert.deepEqual([...twins([{id: "a", name: "Ann"}, {id: "a", name: "Ann"}])], []);
});

test("rates come of how totals grow, and a server that starts anew makes none below 0", () => {
  const figures = new Figures();
  const totals = {at: 10, messages: 5, calls: 9, refused: 1, delivered: 50, late: 0.1, looks: 4, processor: 1, memory: 2 ** 21};
  const now = {users: 3, connections: 4};
  figures.receive({now, totals});
  figures.receive({now, totals: {...totals, at: 12, messages: 9, calls: 15, delivered: 90, late: 0.5, looks: 12, processor: 1.5}});
  figures.receive({now, totals: {...totals, at: 14, messages: 0, calls: 1, delivered: 0, processor: 0}});
  const {users, messages, late, processor, memory} = figures.series;
  assert.deepEqual([users, memory, messages, processor], [[3, 3, 3], [2, 2, 2], [2], [25]]);
  assert.equal(late[0], 50);
  const node = (name, more) => ({name, totals: {...totals, ...more}});
  figures.receive({now, totals, nodes: [node("one", {at: 30}), node("two", {at: 30})]});
  figures.receive({now, totals, nodes: [node("one", {at: 32, processor: 1.5}), {name: "two", missing: true}]});
  assert.deepEqual([...figures.processors], [["one", 25]]);
  for (let look = 0; look < 200; look++) figures.receive({now, totals: {...totals, at: 20 + look}});
  assert.equal(users.length, 90);
  figures.receivePast([{users: 1, ...totals}, {users: 2, ...totals, at: 12, messages: 9, calls: 15}]);
  assert.deepEqual([figures.series.users, figures.series.messages], [[1, 2], [2]]);
});

test("the rates of several nodes are one, and one that starts or does not answer makes no peak", () => {
  const figures = new Figures();
  const totals = {at: 10, messages: 5, calls: 9, late: 0.1, looks: 4, processor: 1, memory: 2 ** 20};
  const later = (more) => ({...totals, at: 12, calls: 20, looks: 12, ...more});
  const now = {users: 3};
  const one = {name: "one", totals};
  figures.receive({now, nodes: [one, {name: "two", totals: {...totals, at: 500}}]});
  figures.receive({now, nodes: [{name: "one", totals: later({messages: 9, late: 0.5})}, {name: "two", totals: later({at: 502, messages: 7, processor: 1.5})}]});
  assert.deepEqual([figures.series.messages, figures.series.processor, figures.series.memory], [[3], [25], [2, 2]]);
  assert.equal(figures.series.late[0], 25);
  figures.receive({now, nodes: [{name: "one", totals: later({at: 14, messages: 9})}, {name: "two", missing: true}, {name: "three", totals: later({messages: 1e6})}]});
  figures.receive({now, nodes: [{name: "one", totals: later({at: 16, messages: 9})}, {name: "two", totals: later({at: 510, messages: 15})}]});
  assert.deepEqual(figures.series.messages, [3, 0, 1]);
  figures.receivePast([{users: 1, nodes: [one]}, {users: 2, nodes: [{name: "one", totals: later({messages: 9})}]}]);
  assert.deepEqual([figures.series.users, figures.series.messages], [[1, 2], [2]]);
});

test("a chart's newest value is at its right, and its scale stays until the values leave it", () => {
  assert.equal(line([0, 4, 2], 4, 89, 10), "M87 10L88 0L89 5");
  assert.equal(line([0, 0], 10, 89, 10), "M88 10L89 10");
  assert.deepEqual([rounded(1234.56), rounded(0.126), rounded(0)], [1235, 0.1, 0]);
  const figures = new Figures();
  const tops = [1, 9, 11, 12, 19, 21, ...Array(90).fill(8), 5].map((users) => {
    figures.add("users", users);
    return figures.tops.users;
  });
  assert.deepEqual(tops.slice(0, 6), [10, 10, 20, 20, 20, 50]);
  assert.deepEqual(tops.slice(-3), [50, 10, 10]); // the 21 has gone
});

test("a line that the page cannot handle does not take the others with it", async () => {
  const {Connection} = await import(assets + "net/connection.js");
  const heard = [];
  const connection = new Connection(() => "", {event: ({action}) => action === "odd" ? heard.push(null.odd) : heard.push(action), state() {}}, false);
  const {error} = console;
  console.error = () => {};
  try {
    connection.frame('{"action":"a"}\n{"action":"odd"}\nno JSON\n{"action":"b"}');
  } finally {
    console.error = error;
  }
  assert.deepEqual(heard, ["a", "b"]);
});
