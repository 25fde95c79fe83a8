// The user's list of channels: what the server says of it, what the browser kept, what is joined, and what is read.

import assert from "node:assert/strict";
import {test} from "node:test";

const assets = "../../public/assets/";
const {Chat} = await import(assets + "state/chat.js");
const {Failed} = await import(assets + "net/connection.js");
await import(assets + "state/places.js"); // which is loaded when it is needed
const {openStorage} = await import(assets + "state/storage.js");

const ANN = {id: "g:ann", name: "Ann", role: "guest"};
const BEN = {id: "g:ben", name: "Ben"};
const entry = (channel, more) => ({channel, kind: "public", role: "member", seq: 10, read: 10, unread: 0, mentions: 0, notify: "all", ...more});
const message = (target, seq, more) => ({action: "send-message", target, seq, id: `${target}${seq}`, time: seq, message: `m${seq}`, sender: BEN, ...more});
const rest = async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((done) => setImmediate(done));
};

/** A chat whose calls are answered by `server`: {action: (fields) => answer}; `calls` has them. */
function open(kept = {}, server = {}) {
  const storage = openStorage();
  for (const [name, value] of Object.entries(kept)) storage.write(name, value);
  const chat = new Chat(storage, "http://chat.example/", () => {}, false);
  const calls = [];
  const answers = {
    "join-channel": ({target, since}) => ({
      channel: target, epoch: "e", seq: 10, floor: 0, users: [ANN], count: 1, messages: [], recovered: Boolean(since), upto: 10, more: false, read: 10, kind: {"p:": "private", dm: "direct"}[target.slice(0, 2)] ?? "public", role: "member",
    }),
    channels: () => ({channels: [{name: "general", count: 1}]}),
    changes: () => ({messages: [], seq: 10, more: false}),
    history: () => ({messages: [], more: false}),
    ...server,
  };
  chat.connection.call = async (action, {target, ...fields} = {}) => {
    calls.push(Object.values({action, target, ...(fields.since && {since: fields.since.seq}), ...(action === "read" && fields)}).filter((one) => one !== undefined).join(" "));
    if (!chat.connection.open) throw new Failed("disconnected", "");
    return (answers[action] ?? (() => ({})))({target, ...fields});
  };
  chat.hello = (more) => {
    chat.connection.open = true;
    chat.connection.session++;
    chat.session.state = {kind: "open"};
    chat.receive({
      action: "hello", user: ANN, token: "t", epoch: "e", server: {wire: 2}, limits: {message: 4000}, actions: [{name: "browse", parameters: []}], ui: [], ...more,
    });
  };
  chat.lose = () => {
    chat.connection.open = false;
    for (const channel of chat.channels.values()) channel.joined = false;
  };
  chat.list = (channels, more) => chat.receive({action: "channels", all: true, channels, ...more});
  return Object.assign(chat, {calls, answers});
}

const joins = ({calls}) => calls.filter((call) => call.startsWith("join-channel")).map((call) => call.slice(13));

test("the open channel is joined as the list says, then what waits, then what was used last, and of 200 only some", async () => {
  const names = Array.from({length: 200}, (_, at) => `room${at}`);
  const chat = open({channels: names, merged: true, recent: ["room150"]});
  chat.current = "room7";
  chat.hello();
  assert.deepEqual(joins(chat), []);
  const unread = {room100: {read: 4, unread: 3}, room101: {read: 4, unread: 5, mentions: 2}};
  chat.list(names.map((name) => entry(name, unread[name])));
  await rest();
  assert.deepEqual(joins(chat).slice(0, 4), ["room7", "room101", "room100", "room150"]);
  assert.equal(joins(chat).length, 30);
  assert.equal(chat.channels.size, 200);
});

test("what is not joined counts as the server says, and what another tab hears of it", async () => {
  const chat = open({channels: ["here"], merged: true});
  chat.current = "here";
  chat.hello();
  await rest();
  chat.places.joinSome = () => {};
  chat.list([entry("here"), entry("there", {read: 2, unread: 7, mentions: 1})]);
  await rest();
  const there = chat.channels.get("there");
  assert.deepEqual(there.counts(ANN), {unread: 7, mentions: 1});
  chat.receive(message("there", 11, {mentions: [ANN.id]}));
  chat.receive(message("there", 11, {mentions: [ANN.id]}));
  assert.deepEqual([there.counts(ANN), there.lines], [{unread: 8, mentions: 2}, []]);
  chat.places.learn(there, {notify: "none"});
  assert.deepEqual(there.counts(ANN), {unread: 0, mentions: 0});
  chat.places.learn(there, {notify: "mentions"});
  assert.equal(chat.unread, 2);
  chat.places.learn(there, {notify_until: 1, notify: "none"});
  assert.equal(chat.unread, 8);
});

test("a list that the browser kept is joined once; later the server's counts", async () => {
  const chat = open({channels: ["old", "older"]});
  chat.current = "old";
  chat.hello();
  chat.list([entry("new")]);
  await rest();
  assert.deepEqual(joins(chat).sort(), ["new", "old", "older"]);
  chat.lose();
  chat.calls.length = 0;
  chat.hello();
  chat.list([entry("new"), entry("old"), entry("older")]);
  await rest();
  assert.deepEqual(joins(chat).sort(), ["new 10", "old 10", "older 10"]);
  const again = open({channels: ["old", "older", "new"], merged: true});
  again.current = "new";
  again.hello();
  again.list([entry("new")]);
  await rest();
  assert.deepEqual([[...again.channels.keys()], joins(again), again.storage.read("channels")], [["new"], ["new"], ["new"]]);
});

test("a guest of whom the server stores nothing yet finds again what the browser remembers", async () => {
  const chat = open({channels: ["general", "tea"], merged: true});
  chat.current = "general";
  chat.hello();
  chat.list([], {kept: false});
  await rest();
  assert.deepEqual(joins(chat), ["general", "tea"]);
  assert.equal(chat.storage.read("merged", false), false);
});

test("a list is not taken over before it has been joined, however often the connection is lost", async () => {
  const chat = open({channels: ["general", "tea"]}, {"join-channel": () => new Promise(() => {})});
  for (let session = 0; session < 3; session++) {
    chat.hello();
    chat.list([]);
    await rest();
    chat.lose();
  }
  assert.deepEqual([...chat.channels.keys()], ["general", "tea"]);
});

test("a guest of whom the server has begun to store something is not back where they were removed meanwhile", async () => {
  const chat = open({channels: ["general", "crew"], "about/crew": {kind: "public"}, "about/general": {kind: "public"}});
  chat.current = "crew";
  chat.hello();
  chat.list([entry("general")]);
  await rest();
  assert.deepEqual([joins(chat), chat.current], [["general"], ""]);
  const back = open({channels: ["general", "crew"], "about/crew": {kind: "public"}, "about/general": {kind: "public"}});
  back.current = "crew";
  back.hello();
  back.list([]); // nothing was stored: it is now
  await rest();
  assert.deepEqual(joins(back), ["crew", "general"]);
});

test("at a first visit the channels of everybody are open, or the one with most people", async () => {
  const chat = open();
  chat.hello();
  chat.list([entry("welcome"), entry("general")]);
  await rest();
  assert.deepEqual([chat.current, joins(chat).sort(), chat.arriving], ["general", ["general", "welcome"], null]);
  const alone = open({}, {channels: () => ({channels: [{name: "tea", count: 3}, {name: "cake", count: 9}]})});
  alone.hello();
  alone.list([]);
  await rest();
  assert.deepEqual([alone.current, joins(alone)], ["cake", ["cake"]]);
});

test("a link leads to a channel at once; whoever has left it elsewhere does not come back by loading the page again", async () => {
  const chat = open({channels: ["general"], merged: true});
  chat.current = "fresh";
  chat.hello();
  assert.deepEqual(joins(chat), ["fresh"]);
  const other = open({channels: ["general", "left"], merged: true});
  other.current = "left";
  other.hello();
  other.list([entry("general")]);
  await rest();
  assert.deepEqual([joins(other), other.current, other.sync.refused.called], [["general"], "", "#left"]);
});

test("a laptop that slept through its removal is not back by waking up", async () => {
  const chat = open({channels: ["crew"], merged: true});
  chat.current = "crew";
  chat.hello();
  chat.list([entry("crew")]);
  await rest();
  chat.lose();
  chat.answers["join-channel"] = () => {
    throw new Failed("not-joined", "you have not joined this channel");
  };
  chat.calls.length = 0;
  chat.hello();
  chat.list([]);
  await rest();
  assert.deepEqual([joins(chat), chat.channels.size, chat.current, chat.sync.refused.name], [["crew 10"], 0, "", "crew"]);
});

test("whoever is removed while a channel is open is told so; another one just goes", async () => {
  const chat = open({channels: ["a", "b", "c"], merged: true, "draft/a": "words"});
  chat.current = "a";
  chat.hello();
  chat.list(["a", "b", "c"].map((name) => entry(name)));
  await rest();
  chat.receive({action: "channels", removed: [{channel: "b"}]});
  await rest();
  assert.deepEqual([[...chat.channels.keys()], chat.current, chat.sync.refused], [["a", "c"], "a", null]);
  chat.receive({action: "channels", removed: [{channel: "a", by: BEN, reason: "noise"}]});
  await rest();
  assert.deepEqual([chat.current, chat.sync.refused.by, chat.sync.refused.reason], ["", BEN, "noise"]);
  assert.equal(chat.storage.read("draft/a", ""), "");
  chat.open("c");
  chat.receive({action: "channels", removed: ["c"]});
  await rest();
  assert.deepEqual([chat.channels.size, chat.sync.refused.called], [0, "#c"]);
});

test("a mention or a direct message in a channel that is not joined brings it here, and what is new in the list", async () => {
  const chat = open({channels: ["here"], merged: true});
  chat.current = "here";
  chat.hello();
  await rest();
  chat.places.joinSome = () => {};
  chat.list([entry("here"), entry("quiet")]);
  await rest();
  chat.calls.length = 0;
  const direct = {kind: "direct", with: [BEN], seq: 11, read: 10, unread: 1};
  chat.receive({action: "channels", changed: [entry("dm:1", direct), entry("quiet", {seq: 11, unread: 1}), entry("muted", {mentions: 1, unread: 1, notify: "none"}), entry("invited")]});
  await rest();
  assert.deepEqual(joins(chat), ["dm:1", "invited"]);
  assert.deepEqual([chat.channels.get("dm:1").label, chat.channels.get("quiet").told], ["Ben", 1]);
});

test("a message for all counts as a mention of who did not write it, and a change only for who was not mentioned before", async () => {
  const chat = open({channels: ["here", "there"], merged: true});
  chat.current = "there";
  chat.hello();
  chat.list([entry("here"), entry("there")]);
  await rest();
  const here = chat.channels.get("here");
  const counts = () => here.counts(ANN).mentions;
  const change = (about, seq, after, mentions, by = BEN) =>
    chat.receive({action: "changed", channel: "here", about, seq, after, what: ["edited"], by, time: 1, set: {message: "x", mentions}});
  chat.receive(message("here", 11, {mentions: ["@channel"]}));
  chat.receive(message("here", 12, {mentions: ["@here", "x"]}));
  chat.receive(message("here", 13, {mentions: ["x"]}));
  chat.receive(message("here", 14, {mentions: ["@channel"], sender: ANN}));
  assert.equal(counts(), 2);
  chat.receive({action: "read", channel: "here", seq: 14});
  assert.equal(counts(), 0);
  change(11, 15, 11, ["@channel", "x"]);
  assert.equal(counts(), 0);
  change(13, 16, 13, ["x", "@channel"]);
  assert.equal(counts(), 1);
  change(14, 17, 14, ["@here"], ANN);
  assert.equal(counts(), 1);
});

test("of channels that are not joined the page asks again what is unread, while somebody looks at it", async () => {
  const answer = {channels: [entry("here"), entry("quiet", {seq: 12, unread: 2})]};
  const chat = open({channels: ["here"], merged: true}, {channels: () => answer});
  chat.current = "here";
  chat.hello();
  await rest();
  chat.places.joinSome = () => {};
  chat.list([entry("here"), entry("quiet")]);
  await rest();
  chat.calls.length = 0;
  chat.away = true;
  await chat.places.refresh();
  chat.away = false;
  assert.deepEqual([chat.calls, chat.channels.get("quiet").counts(ANN).unread], [[], 0]);
  await chat.places.refresh();
  assert.deepEqual([chat.calls, chat.channels.get("quiet").counts(ANN).unread], [["channels"], 2]);
  for (const name of ["here", "quiet"]) chat.sync.join(chat.channels.get(name));
  await rest();
  chat.calls.length = 0;
  await chat.places.refresh(); // all are joined
  assert.deepEqual(chat.calls, []);
});

test("what waits for a channel that is the user's no more is kept for them, over a reload, until they have it", async () => {
  const chat = open({channels: ["a", "b"], merged: true});
  chat.current = "b";
  chat.hello();
  chat.list(["a", "b"].map((name) => entry(name)));
  await rest();
  chat.lose();
  const a = chat.channels.get("a");
  chat.post(a, ["one", "two"]);
  chat.setDraft(a, "three");
  chat.hello();
  chat.connection.open = false; // nothing goes out
  chat.receive({action: "channels", removed: [{channel: "a", by: BEN}]});
  await rest();
  assert.deepEqual([[...chat.places.lost.all.values()], chat.outbox.items], [[{name: "a", called: "#a", texts: ["one", "two", "three"]}], []]);
  const {Lost} = await import(assets + "state/lost.js");
  assert.deepEqual([...new Lost(chat.storage).all.keys()], ["a"]);
  chat.places.lost.discard("a");
  assert.deepEqual([...new Lost(chat.storage).all.keys()], []);
});

const STATE = {role: "moderator", kind: "public"};

test("what one may is asked once for each state of a channel, and why not; the old answer counts meanwhile", async () => {
  const {barred, lacks} = await import(assets + "state/may.js");
  let answer = {allowed: false, rule: "channel-role", needs: "Only owners of #a can give roles"};
  const asked = [];
  const chat = open({channels: ["a"], merged: true}, {may: (fields) => (asked.push(fields), answer)});
  chat.current = "a";
  chat.hello();
  chat.list([entry("a", STATE)]);
  await rest();
  const a = chat.channels.get("a");
  const role = () => lacks(chat, a, "set-role", {user: BEN.id});
  assert.deepEqual([role(), role()], [{}, {}]);
  await rest();
  assert.deepEqual(asked, [{target: "a", call: "set-role", user: BEN.id}]);
  assert.deepEqual(role(), {rule: "channel-role", needs: "Only owners of #a can give roles"});
  answer = {allowed: true};
  chat.receive({action: "channels", changed: [entry("a", {...STATE, role: "owner"})]});
  await rest();
  assert.equal(role().rule, "channel-role");
  await rest();
  assert.deepEqual([role(), asked.length], [undefined, 2]);
  // A box for new messages goes before the server has answered, where the channel says that only some write there.
  assert.equal(barred(chat, a), undefined);
  chat.receive({action: "channel", channel: "a", posting: "moderators"});
  await rest();
  assert.deepEqual(barred(chat, a), {rule: "posting", until: undefined});
  await rest();
  assert.equal(barred(chat, a), undefined);
  answer = {allowed: false, rule: "silenced", needs: "You are silenced"};
  const until = Date.now() + 60_000;
  chat.receive({action: "channels", changed: [entry("a", {...STATE, silenced_until: until})]});
  await rest();
  barred(chat, a);
  await rest();
  assert.deepEqual(barred(chat, a), {rule: "silenced", until});
});

test("what one may and could not be asked is asked again on another connection", async () => {
  const {lacks} = await import(assets + "state/may.js");
  const chat = open({channels: ["a"], merged: true}, {may: () => {
    throw new Failed("disconnected", "");
  }});
  chat.current = "a";
  chat.hello();
  chat.list([entry("a")]);
  await rest();
  const a = chat.channels.get("a");
  lacks(chat, a, "invite");
  await rest();
  chat.lose();
  chat.answers.may = () => ({allowed: true});
  chat.hello();
  assert.deepEqual(lacks(chat, a, "invite"), {});
  await rest();
  assert.equal(lacks(chat, a, "invite"), undefined);
});

test("what is read on one device is read on the other, and what is marked as unread is unread there", async () => {
  const chat = open({channels: ["here", "there"], merged: true});
  chat.current = "there";
  chat.hello();
  chat.list([entry("here"), entry("there")]);
  await rest();
  const here = chat.channels.get("here");
  chat.receive(message("here", 11, {mentions: [ANN.id]}));
  assert.deepEqual(here.counts(ANN), {unread: 1, mentions: 1});
  chat.receive({action: "read", channel: "here", seq: 11});
  assert.deepEqual(here.counts(ANN), {unread: 0, mentions: 0});
  chat.receive({action: "read", channel: "here", seq: 10, back: true});
  assert.equal(here.counts(ANN).unread, 1);
  chat.open("here");
  assert.equal(here.counts(ANN).unread, 0);
  chat.places.unreadFrom(here, here.get(11));
  assert.deepEqual([here.counts(ANN).unread, here.mark, chat.calls.at(-1)], [1, 10, "read here 10 true"]);
  chat.readState.refresh();
  chat.receive(message("here", 12));
  assert.equal(here.counts(ANN).unread, 2);
  chat.open("there");
  chat.open("here");
  assert.equal(here.counts(ANN).unread, 0);
});

test("the server's position counts, but for what it has not been told yet", async () => {
  const chat = open({channels: ["a", "b"], merged: true, "read/a": 10, "read/b": 10});
  chat.current = "b";
  chat.hello();
  chat.list([entry("a", {read: 4, unread: 6}), entry("b")]);
  await rest();
  assert.equal(chat.channels.get("a").read, 10); // as the answer to the join says: it was read meanwhile
  const a = chat.channels.get("a");
  a.read = 4;
  chat.receive(message("a", 11));
  chat.open("a");
  assert.deepEqual([a.read, a.untold], [11, true]);
  chat.receive({action: "channels", changed: [entry("a", {read: 4, seq: 11, unread: 7})]});
  await rest();
  assert.equal(a.read, 11);
  chat.readState.flush();
  await rest();
  assert.deepEqual([chat.calls.at(-1), a.untold], ["read a 11", false]);
});

test("an edit that names someone counts, though the message was read", async () => {
  const chat = open({channels: ["a", "b"], merged: true});
  chat.current = "b";
  chat.hello();
  chat.list([entry("a"), entry("b")]);
  await rest();
  const a = chat.channels.get("a");
  chat.receive(message("a", 11));
  chat.receive({action: "read", channel: "a", seq: 11});
  chat.receive({action: "changed", channel: "a", about: 11, seq: 12, after: 11, what: ["edited"], set: {message: "@Ann", mentions: [ANN.id]}});
  assert.deepEqual(a.counts(ANN), {unread: 0, mentions: 1});
  chat.open("a");
  assert.deepEqual([a.counts(ANN).mentions, a.read], [0, 12]);
});

test("a tab that comes late asks for the list, and a channel that is being left does not come back with it", async () => {
  const chat = open({channels: ["a", "b"], merged: true}, {channels: () => ({channels: [entry("a"), entry("b", {title: "Bees"})]})});
  chat.current = "a";
  chat.hello({late: true});
  await rest();
  assert.deepEqual(joins(chat), ["a", "b"]);
  const {leave} = await import(assets + "state/leaving.js");
  leave(chat, "b");
  chat.receive({action: "channels", changed: [entry("b", {unread: 1})]});
  await rest();
  assert.deepEqual([...chat.channels.keys()], ["a"]);
  chat.left.at(-1).dismiss();
});

test("titles and people are there before the list has come, and go with the sign-out", async () => {
  const storage = openStorage();
  const chat = open({merged: true});
  chat.storage = chat.outbox.storage = storage;
  chat.hello();
  chat.list([entry("p:x", {kind: "private", title: "Hiring"}), entry("dm:y", {kind: "direct", with: [BEN, {id: "g:c", name: "Cem"}]})]);
  await rest();
  const next = new Chat(storage, "http://chat.example/", () => {}, false);
  assert.deepEqual([...next.channels.values()].map(({kind, called}) => [kind, called]), [["private", "Hiring"], ["direct", "Ben, Cem"]]);
  const {signOut} = await import(assets + "state/sign_out.js");
  await signOut(next.session);
  assert.deepEqual(storage.folder("about"), []);
});
