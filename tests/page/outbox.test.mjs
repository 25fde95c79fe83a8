// Edits, deletions, reactions, pins and replies that wait, in the tabs of a browser.

import assert from "node:assert/strict";
import {test} from "node:test";

import {Browser, Server} from "./tabs.mjs";

const assets = "../../public/assets/";
const {keepConversation} = await import(assets + "state/keep_conversation.js");
const {can, edit, keep, lastOwn, pin, react, remove, reply} = await import(assets + "state/changes.js");
const {begin: startEditing, problem, save} = await import(assets + "state/editing.js"); // also so that a refusal need not wait for it
const {learn, speak} = await import(assets + "i18n/index.js");
await speak("en");
await learn("dialogs");
await learn("messages");

const texts = (tab) => {
  const channel = tab.know("general");
  const lines = channel.lines.filter(({seq}) => seq).map((line) => tab.view(channel, line));
  return [...lines, ...tab.outbox.of("general").map((item) => tab.view(channel, item))].map(({message, deleted}) => (deleted ? null : message));
};

async function begin(...messages) {
  const server = new Server();
  const browser = new Browser(server);
  const [tab, channel] = browser.tab();
  tab.post(channel, messages);
  await browser.rest();
  server.calls = [];
  return {server, browser, tab, channel};
}

test("an edit is shown at once in its tab and those beside it, and stays shown until the message says so itself", async () => {
  const {browser, server, tab, channel} = await begin("helo", "two");
  const [other] = browser.tab();
  const line = channel.get(1);
  edit(tab, channel, line, "hello");
  assert.deepEqual([texts(tab), texts(other), channel.get(1) === line], [["hello", "two"], ["hello", "two"], true]);
  assert.deepEqual(tab.view(channel, line).waits, ["edited"]);
  assert.equal(tab.view(channel, line), tab.view(channel, line));
  for (let turn = 0; turn < 40; turn++) await null; // it is answered, and not told yet
  assert.deepEqual([texts(tab), texts(other), tab.view(channel, line).waits, channel.known], [["hello", "two"], ["hello", "two"], [], 2]);
  await browser.rest();
  assert.deepEqual([texts(other), channel.get(1).rev, channel.known, browser.stored()], [["hello", "two"], 3, 3, []]);
  assert.equal(tab.view(channel, channel.get(1)), channel.get(1));
  edit(tab, channel, channel.get(1), "hello");
  edit(tab, channel, channel.get(1), "hello!");
  edit(tab, channel, channel.get(1), "hello!!");
  await browser.rest();
  assert.deepEqual(server.calls, [["edit-message", 1, "hello", 1], ["edit-message", 1, "hello!", 3], ["edit-message", 1, "hello!!", 4]]);
  assert.deepEqual(texts(tab), ["hello!!", "two"]);
});

test("what is done offline survives a reload, goes out once and in order, and what was taken back never", async () => {
  const {browser, server, tab, channel} = await begin("one", "two", "three");
  browser.turn(false);
  reply(tab, channel, channel.get(2));
  tab.post(channel, ["four", "five"]);
  edit(tab, channel, channel.get(1), "uno");
  react(tab, channel, channel.get(2), "👍");
  react(tab, channel, channel.get(3), "🎉");
  react(tab, channel, channel.get(3), "🎉");
  pin(tab, channel, channel.get(3));
  edit(tab, channel, channel.get(1), "eins");
  edit(tab, channel, channel.get(2), "zwei");
  remove(tab, channel, channel.get(2), "a reason");
  const view = [1, 2, 3].map((seq) => tab.view(channel, channel.get(seq)));
  assert.deepEqual([view[0].message, view[1].deleted.by, view[1].reactions, view[2].pinned.by, view[2].reactions], ["eins", "a", undefined, "a", undefined]);
  assert.deepEqual([channel.replyTo, tab.outbox.of("general").map(({reply_to}) => reply_to)], [null, [2, undefined]]);
  browser.tabs = [];
  const [again, there] = browser.tab(); // a reload
  assert.deepEqual(texts(again), ["eins", null, "three", "four", "five"]);
  browser.turn(true);
  await browser.rest();
  await browser.rest();
  assert.deepEqual(server.calls, [
    ["send-message", "four", 2], ["send-message", "five"], ["pin", 3, true], ["edit-message", 1, "eins", 1], ["delete-message", 2, "a reason"],
  ]);
  assert.deepEqual([texts(again), browser.stored()], [["eins", null, "three", "four", "five"], []]);
  assert.deepEqual([there.get(3).pinned.by, there.get(2).reactions], ["a", undefined]);
});

test("what is done to a message on its way waits for its seq, even in another tab; an unsent one is changed or discarded", async () => {
  const {browser, server, tab, channel} = await begin();
  browser.turn(false);
  tab.post(channel, ["never", "draft"]);
  const [never, draft] = tab.outbox.of("general");
  remove(tab, channel, never);
  edit(tab, channel, draft, "said");
  assert.deepEqual(texts(tab), ["said"]);
  browser.lost = true; // it is stored, and not answered
  browser.turn(true);
  for (let turn = 0; turn < 40; turn++) await null;
  assert.deepEqual([server.calls, tab.outbox.of("general").length], [[["send-message", "said"]], 1]);
  const told = server.told.splice(0);
  browser.turn(false);
  browser.lost = false;
  const [other, there] = browser.tab();
  there.lines = [];
  there.known = channel.known = 0;
  edit(other, there, other.outbox.of("general")[0], "said better");
  assert.deepEqual([texts(tab), texts(other)], [["said better"], ["said better"]]);
  assert.ok(can(other, there, "edit", lastOwn(other, there)));
  server.told.unshift(...told); // as the next join brings it
  browser.turn(true);
  await browser.rest();
  await browser.rest();
  assert.deepEqual(server.calls.slice(1), [["edit-message", 1, "said better"]]);
  assert.deepEqual([texts(tab), texts(other), browser.stored()], [["said better"], ["said better"], []]);
});

test("a deletion of one's own can be taken back for 8 s, and is made when the page is left", async (t) => {
  t.mock.timers.enable({apis: ["setTimeout"]});
  const {browser, server, tab, channel} = await begin("one", "two");
  remove(tab, channel, channel.get(1));
  assert.deepEqual([texts(tab), tab.deleting.target], [[null, "two"], "general"]);
  t.mock.timers.tick(7_900);
  keep(tab);
  t.mock.timers.tick(200);
  assert.deepEqual([texts(tab), tab.deleting, server.calls], [["one", "two"], undefined, []]);
  remove(tab, channel, channel.get(1));
  t.mock.timers.tick(8_000);
  remove(tab, channel, channel.get(2));
  for (const held of tab.outbox.held) held.settle(); // as the page does
  await browser.rest();
  assert.deepEqual([server.calls, texts(tab), browser.stored()], [[["delete-message", 1], ["delete-message", 2]], [null, null], []]);
});

test("what is refused is undone and said, with the words that would be lost", async () => {
  const {browser, server, tab, channel} = await begin("one", "two");
  const line = channel.get(1);
  server.set(1, {message: "other", text_rev: 3}, "edited"); // on another device
  tab.setDraft(channel, "in the box"); // where the edit cannot go back to
  edit(tab, channel, line, "mine");
  react(tab, channel, {...channel.get(2), seq: 9}, "👍");
  await browser.rest();
  assert.deepEqual([texts(tab), browser.stored()], [["other", "two"], []]);
  const said = channel.lines.filter(({private: own}) => own).map(({message}) => message).sort();
  assert.deepEqual(said, [
    "That didn’t work: There is no such message.",
    "Your edit wasn’t saved: The message has been edited elsewhere meanwhile. This is what you wrote: mine",
  ]);
});

const lost = "That didn’t work: The server has lost its history since. Find the message again, and repeat it there.";
const said = (channel) => channel.lines.filter(({private: own}) => own).map(({message}) => message);

test("what waits while the history is replaced changes no other message, in any tab; messages are sent", async () => {
  const {browser, server, tab, channel} = await begin("one", "two", "three");
  browser.turn(false);
  edit(tab, channel, channel.get(1), "uno");
  react(tab, channel, channel.get(2), "👍");
  pin(tab, channel, channel.get(3));
  reply(tab, channel, channel.get(2));
  tab.post(channel, ["an answer", "plain"]);
  const plain = tab.outbox.of("general")[1];
  plain.tried = true;
  edit(tab, channel, plain, "plain and good"); // it waits for that message, which is of no history yet
  reply(tab, channel, channel.get(3));
  remove(tab, channel, channel.get(3));
  const [other, there] = browser.tab(); // another one, which has been reloaded
  await browser.replace("f", ["another", "of a second", "of a third"]);
  assert.deepEqual([texts(tab).slice(0, 3), texts(other).slice(0, 3)], Array(2).fill(["another", "of a second", "of a third"]));
  assert.deepEqual([channel.replyTo, there.replyTo, tab.storage.read("reply/general", null)], [null, null, null]);
  for (const held of tab.outbox.held) held.settle();
  await browser.rest();
  await browser.rest();
  assert.deepEqual(server.calls, [["send-message", "an answer"], ["send-message", "plain"], ["edit-message", 5, "plain and good"]]);
  const why = lost.replace("That didn’t work: ", "");
  assert.deepEqual(said(channel).sort(), [lost, lost, lost, `Your edit wasn’t saved: ${why} This is what you wrote: uno`].sort());
  assert.deepEqual([texts(tab), browser.stored()], [["another", "of a second", "of a third", "an answer", "plain and good"], []]);
});

test("what an older history confirmed is laid over no message of the next, and an edit that was begun there is not saved", async () => {
  const {browser, server, tab, channel} = await begin("one", "two");
  react(tab, channel, channel.get(1), "👍");
  for (let turn = 0; turn < 40; turn++) await null; // it is answered, and not told yet
  startEditing(tab, channel, channel.get(2));
  tab.setDraft(channel, "two, better");
  browser.turn(false);
  server.told = [];
  await browser.replace("f", ["mine too", "mine as well"]);
  assert.equal(tab.view(channel, channel.get(1)).reactions, undefined);
  assert.equal(problem(tab, channel), "gone");
  save(tab, channel);
  await browser.rest();
  assert.deepEqual([server.calls, texts(tab), browser.stored()], [[["react", 1, "👍", true]], ["mine too", "mine as well"], []]);
});

test("a deleted text is nowhere in what the browser stores", async () => {
  const {browser, server, tab, channel} = await begin("a secret", "two");
  tab.storage.write("name", "Ann");
  tab.current = "general";
  keepConversation(tab);
  browser.turn(false);
  edit(tab, channel, channel.get(1), "a secret, better");
  reply(tab, channel, channel.get(1));
  assert.ok([...browser.kept.values()].join().includes("a secret"));
  server.set(1, {message: "", deleted: {by: "admin", time: 1}}, "deleted");
  browser.online = true;
  channel.joined = true;
  await browser.rest();
  assert.deepEqual([...browser.kept.values()].filter((value) => value.includes("a secret")), []);
  assert.deepEqual([texts(tab), channel.replyTo], [[null, "two"], 1]);
  const {messages} = tab.storage.read("conversation", null);
  assert.deepEqual(messages.map(({seq, deleted}) => [seq, Boolean(deleted)]), [[1, true], [2, false]]);
});

test("one's reaction is known where so many reacted that not all are named, after a reload too", async () => {
  const {browser, tab, channel} = await begin("one");
  const users = Array.from({length: 20}, (_, at) => `u${at}`);
  const many = (count) => channel.live({about: 1, action: "changed", seq: channel.known + 1, after: 1, set: {reactions: [{key: "👍", count, users}]}});
  many(20);
  browser.turn(false);
  react(tab, channel, channel.get(1), "👍");
  const counts = () => {
    const view = tab.view(channel, channel.get(1));
    return [view.reactions[0].count, tab.reacted(channel, view, "👍")];
  };
  assert.deepEqual(counts(), [21, true]);
  tab.outbox.items = [];
  many(21);
  assert.deepEqual(counts(), [21, true]);
  assert.ok(browser.tab()[0].reacted(browser.tabs.at(-1).know("general"), {seq: 1, reactions: [{key: "👍", count: 21, users}]}, "👍"));
  react(tab, channel, channel.get(1), "👍");
  assert.deepEqual(counts(), [20, false]);
});

test("what a user may do with messages is as the server says", async () => {
  const {tab, channel} = await begin("mine");
  const may = (line) => ["edit", "delete", "pin", "react"].filter((what) => can(tab, channel, what, line));
  const mine = channel.get(1);
  const other = {...mine, seq: 9, sender: {id: "b", name: "Ben"}};
  assert.deepEqual([may(mine), may(other)], [["edit", "delete", "pin", "react"], ["pin", "react"]]);
  tab.powers = ["delete"];
  tab.limits = {...tab.limits, edit_window: 60};
  assert.deepEqual([may({...mine, time: Date.now() - 61_000}), may(other)], [["delete", "react"], ["delete", "react"]]);
});
