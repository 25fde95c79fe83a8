import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

const assets = "../../public/assets/";
const {canSee, fold} = await import(assets + "text/characters.js");
const {makeNames, mentionsMe} = await import(assets + "text/mentions.js");
const {complete} = await import(assets + "commands/completion.js");
const {Chat} = await import(assets + "state/chat.js");
const {openStorage} = await import(assets + "state/storage.js");

const {alike, apart, blank, seen} = JSON.parse(readFileSync(new URL("../names.json", import.meta.url), "utf8")); // the server's tests read it, too

test("a text is blank for the page where it is for the server", () => {
  for (const text of blank) assert.equal(canSee(text), false, escape(text));
  for (const text of seen) assert.equal(canSee(text), true, escape(text));
});

test("names look the same to the page where they do to the server", () => {
  const key = (name) => fold(name).trim().split(/\s+/).join(" ");
  for (const [one, other] of alike) assert.equal(key(one), key(other), escape(one));
  for (const [one, other] of apart) assert.notEqual(key(one), key(other), escape(one));
});

test("a name is mentioned and completed however it is written", () => {
  for (const [one, other] of alike) {
    if (/ {2}|^ /.test(one + other)) continue; // as they stand in the list, which are no names
    for (const [name, said] of [[one, other], [other, one]]) {
      assert.equal(mentionsMe(`hi @${said}, look`, makeNames([name], [], name)), true, escape(`${name} ${said}`));
    }
  }
  const people = ["Zo\xeb Lee", "\uc11c\uc900", "Stra\xdfe"];
  const offered = (text) => complete(text, text.length, {actions: [], people, channels: []})?.options.map(({name}) => name);
  assert.deepEqual(offered("@zoe\u0308"), ["Zo\xeb Lee"]);
  assert.deepEqual(offered("@\uff3a\uff4f"), ["Zo\xeb Lee"]);
  assert.deepEqual(offered("@STRASS"), ["Stra\xdfe"]);
});

test("what is written in a channel before the server has said how its name is written goes out there", async () => {
  const storage = openStorage();
  const chat = new Chat(storage, "http://localhost/", () => {});
  const calls = [];
  chat.session.user = {id: "a", name: "Ann"};
  chat.current = "cafe\u0301";
  const channel = chat.know(chat.current);
  chat.keep(channel.name);
  chat.outbox.add({ref: "x", target: channel.name, message: "hi", time: 1});
  chat.setDraft(channel, "half a");
  Object.defineProperty(chat.connection, "leads", {value: true});
  chat.connection.session = 1;
  chat.connection.call = async (action, {target}, ref) => {
    calls.push([action, target, ref]);
    if (action === "send-message") return {id: "1", seq: 1, time: 2};
    return {channel: target.normalize("NFC"), epoch: "e", seq: 0, users: [], count: 1, messages: [], recovered: false, more: false, read: 0};
  };
  await chat.sync.join(channel);
  await new Promise(setImmediate);
  assert.deepEqual(calls.filter(([action]) => action !== "read"), [
    ["join-channel", "cafe\u0301", undefined],
    ["join-channel", "caf\xe9", undefined],
    ["send-message", "caf\xe9", "x"],
  ]);
  assert.deepEqual([...chat.channels.keys()], ["caf\xe9"]);
  assert.deepEqual([chat.current, chat.channels.get("caf\xe9").draft], ["caf\xe9", "half a"]);
  assert.deepEqual(storage.read("channels"), ["caf\xe9"]);
  assert.deepEqual([storage.folder("draft"), storage.folder("outbox")], [[["caf\xe9", "half a"]], []]);
});
