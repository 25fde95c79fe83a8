// Files of drafts and messages: how they are uploaded, resumed, refused and sent.

import assert from "node:assert/strict";
import {afterEach, mock, test} from "node:test";

import {FileServer} from "./file_server.mjs";
import {Browser, Server} from "./tabs.mjs";

const assets = "../../public/assets/";
const {Attachments} = await import(assets + "state/attachments.js");
const {learn, speak} = await import(assets + "i18n/index.js");
const {endingOf, gist, kindOf, sizeOf, troubleOf} = await import(assets + "text/files.js");
await speak("en");
await learn("files");
await learn("dialogs");

const file = (text, name = "notes.txt", type = "text/plain") => new File([text], name, {type});

/** A tab with a channel, on a server that takes files of at most so many bytes. */
function begin(most = 1_000) {
  const http = new FileServer();
  globalThis.XMLHttpRequest = http.Request;
  const server = new Server();
  const browser = new Browser(server);
  const [tab, channel] = browser.tab();
  const attachments = equip(tab, most);
  return {http, server, browser, tab, channel, attachments};
}

const made = [];
afterEach(() => {
  for (const {resting, uploads} of made.splice(0)) [resting, uploads.drawing].forEach(clearTimeout);
});

function equip(tab, most = 1_000) {
  tab.takesFiles = {max_size: most};
  tab.session.token = "ann's";
  tab.attachments = new Attachments(tab);
  Object.assign(tab.attachments.access, {ask() {}, end() {}});
  made.push(tab.attachments);
  return tab.attachments;
}

async function until(done) {
  for (let turn = 0; turn < 2_000 && !done(); turn++) await new Promise(setImmediate);
  assert.ok(done(), done.toString());
}

/** The next timers go off at once. */
async function pass(ms) {
  await new Promise(setImmediate);
  mock.timers.tick(ms);
}

const sent = ({calls}) => calls.filter(([action]) => action === "send-message");
const all = ({attached}) => attached.map(({name, file: there, why}) => [name, why ?? there?.id]);

test("what is attached is uploaded at once, piece by piece, and goes with the message", async () => {
  const {http, server, tab, channel, attachments, browser} = begin(10_000_000);
  const text = "0123456789".repeat(450_000); // two pieces
  assert.equal(attachments.attach(channel, [file("one"), file(text, "two.txt")]), "");
  await until(() => channel.attached.every((entry) => entry.file));
  assert.deepEqual(http.files.map(({name, text: {length}}) => [name, length]), [["notes.txt", 3], ["two.txt", text.length]]);
  assert.deepEqual(http.asked.map((line) => line.split(" ")[0]).sort(), ["PATCH", "PATCH", "PATCH", "POST", "POST"]);
  tab.post(channel, ["look"]);
  assert.deepEqual([channel.attached, tab.outbox.of("general")[0].files.length], [[], 2]);
  await browser.rest();
  assert.deepEqual(sent(server), [["send-message", "look", ["f0", "f1"]]]);
  assert.deepEqual([channel.get(1).files.map(({id}) => id), tab.storage.folder("attached")], [["f0", "f1"], []]);
});

test("a message that is sent before its files are there waits for them, and others overtake it", async () => {
  const {http, server, tab, channel, attachments, browser} = begin();
  http.held = true;
  attachments.attach(channel, [file("one")]);
  tab.post(channel, [""]);
  tab.post(channel, ["later"]);
  await browser.rest();
  assert.deepEqual([sent(server), tab.outbox.of("general").map(({message}) => message)], [[["send-message", "later"]], [""]]);
  for (const {controller} of attachments.uploads.running.values()) controller.abort();
  http.held = false;
  await until(() => !attachments.uploads.running.size);
  attachments.uploads.go();
  await until(() => sent(server).length === 2);
  assert.deepEqual(sent(server)[1], ["send-message", "", ["f0"]]);
});

test("without a connection files wait with their message, survive a reload, and go when it is back", async () => {
  const {http, server, browser, tab, channel, attachments} = begin();
  browser.turn(false);
  attachments.attach(channel, [file("one")]);
  tab.post(channel, ["offline"]);
  assert.deepEqual([http.asked, tab.outbox.of("general").length], [[], 1]);
  browser.tabs = [];
  const [again] = browser.tab(); // a reload
  const kept = equip(again);
  kept.store = attachments.store; // as the browser keeps it
  browser.turn(true);
  kept.begin();
  await until(() => sent(server).length);
  assert.deepEqual([sent(server), http.files[0].text], [[["send-message", "offline", ["f0"]]], "one"]);
});

test("an upload that is cut off goes on where it was", async () => {
  mock.timers.enable({apis: ["setTimeout"]});
  const {http, channel, attachments} = begin();
  http.cutAfter = 4;
  attachments.attach(channel, [file("0123456789")]);
  await until(() => http.asked.length === 2);
  await pass(1_000);
  await until(() => channel.attached[0].file);
  mock.timers.reset();
  assert.equal(http.files[0].text, "0123456789");
  assert.deepEqual(http.asked.map((line) => line.split(" ")[0]), ["POST", "PATCH", "HEAD", "PATCH"]);
});

test("another offset is asked for, and an upload that has ended begins again", async () => {
  mock.timers.enable({apis: ["setTimeout"]});
  const {http, channel, attachments} = begin();
  http.cutAfter = 4;
  attachments.attach(channel, [file("0123456789")]);
  await until(() => http.asked.length === 2);
  http.uploads.clear();
  await pass(1_000);
  await until(() => channel.attached[0].file);
  mock.timers.reset();
  assert.deepEqual([http.files.length, http.files[0].text], [1, "0123456789"]);
});

test("a proxy that takes small requests only gets small ones", async () => {
  const {http, channel, attachments} = begin(10_000_000);
  http.most = 1_000_000;
  attachments.attach(channel, [file("x".repeat(2_500_000))]);
  await until(() => channel.attached[0].file);
  assert.equal(http.files[0].text.length, 2_500_000);
});

test("after some tries without progress an upload has failed, and can be tried again", async () => {
  mock.timers.enable({apis: ["setTimeout"]});
  const {http, channel, attachments} = begin();
  const answer = http.answer;
  http.answer = async () => null;
  attachments.attach(channel, [file("one")]);
  for (let turn = 0; turn < 40 && !channel.attached[0].why; turn++) {
    for (let step = 0; step < 5; step++) await new Promise(setImmediate);
    mock.timers.tick(20_000);
  }
  mock.timers.reset();
  assert.equal(channel.attached[0].why, "cut-off");
  assert.equal(troubleOf(channel.attached[0]), "Not uploaded: the connection was cut.");
  http.answer = answer;
  attachments.retry(channel.attached);
  await until(() => channel.attached[0].file);
});

test("what cannot be attached says why before a byte is sent", async () => {
  const {http, channel, tab, attachments} = begin(5);
  const folder = Object.assign(file("x", "photos"), {folder: true});
  assert.equal(attachments.attach(channel, [file("too large"), file("", "empty.txt"), folder]), "");
  assert.deepEqual(all(channel), [["notes.txt", "too-large"], ["empty.txt", "empty"], ["photos", "folder"]]);
  assert.equal(troubleOf(channel.attached[0], tab.takesFiles), "Too large: 9 bytes, at most 5 bytes");
  await new Promise(setImmediate);
  assert.deepEqual([http.asked, tab.storage.folder("attached")], [[], []]);
  attachments.remove(channel.attached[0].key);
  assert.match(attachments.attach(channel, Array.from({length: 9}, () => file("1"))), /at most 10 files/);
  assert.equal(channel.attached.length, 10);
  channel.editing = {seq: 1};
  assert.match(attachments.attach(channel, [file("1")]), /edit/);
  tab.takesFiles = undefined;
  assert.equal(attachments.attach(channel, [file("1")]), "This server takes no files.");
});

for (const [status, code, why] of [[413, "too-large", "too-large"], [507, "too-many", "quota"], [415, "invalid-field", "type"], [403, "not-allowed", "refused"]]) {
  test(`what the server refuses with ${status} is said at the file, and holds its message back`, async () => {
    const {http, server, channel, tab, attachments, browser} = begin();
    http.refusal = {status, body: {code, message: "guests post no files"}};
    attachments.attach(channel, [file("one")]);
    tab.post(channel, ["with it"]);
    const [item] = tab.outbox.of("general");
    await until(() => item.error);
    assert.equal(item.files[0].why, why);
    await browser.rest();
    assert.deepEqual(sent(server), []);
    if (why === "too-large" || why === "type") {
      tab.outbox.retry(item);
      assert.match(item.error, why === "type" ? /type/ : /Too large/);
      attachments.remove(item.files[0].key);
      await until(() => sent(server).length);
      assert.deepEqual(sent(server), [["send-message", "with it", []]]);
    } else {
      tab.outbox.retry(item);
      await until(() => sent(server).length);
      assert.deepEqual(sent(server), [["send-message", "with it", ["f0"]]]);
    }
  });
}

test("when the server asks to wait, an upload waits", async () => {
  mock.timers.enable({apis: ["setTimeout"]});
  const {http, channel, attachments} = begin();
  http.refusal = {status: 429, body: {code: "rate-limited", message: "slowly"}, retryAfter: 7};
  attachments.attach(channel, [file("one")]);
  await until(() => http.asked.length === 1);
  await pass(6_900);
  assert.equal(http.asked.length, 1);
  await pass(200);
  await until(() => channel.attached[0].file);
  mock.timers.reset();
});

test("a file that the server has forgotten meanwhile is uploaded again, once", async () => {
  const {http, server, channel, tab, attachments} = begin();
  attachments.attach(channel, [file("one")]);
  await until(() => channel.attached[0].file);
  const post = server["send-message"];
  server["send-message"] = function (...given) {
    this["send-message"] = post;
    throw Object.assign(new Error("files: there is no such file"), {code: "not-found"});
  };
  tab.post(channel, ["late"]);
  await until(() => sent(server).length === 2);
  assert.deepEqual([sent(server).map(([, , ids]) => ids), http.files.length], [[["f0"], ["f1"]], 2]);
});

test("the bytes of what is sent, removed or signed out of are let go; those of what waits stay", async () => {
  const {http, channel, tab, attachments, browser} = begin();
  attachments.attach(channel, [file("one"), file("two"), file("three")]);
  await until(() => channel.attached.every((entry) => entry.file));
  const [one, two, three] = channel.attached.map(({key}) => key);
  const deleted = [];
  attachments.store.keys = async () => [one, two, three, "of nothing"];
  attachments.store.delete = (key) => deleted.push(key);
  attachments.remove(two);
  await attachments.rest();
  assert.deepEqual(deleted.splice(0), [two, "of nothing"]);
  http.held = true;
  browser.turn(false);
  tab.post(channel, ["waits"]);
  await new Promise(setImmediate);
  await attachments.rest();
  assert.deepEqual(deleted.splice(0), [two, "of nothing"]);
  let cleared = 0;
  attachments.store.clear = () => cleared++;
  tab.clear();
  assert.equal(cleared, 1);
});

test("what fails is written again with its files, and a message without words goes with its last file", async () => {
  const {http, channel, tab, attachments} = begin();
  http.refusal = {status: 507, body: {code: "too-many", message: "full"}};
  attachments.attach(channel, [file("one"), file("two")]);
  tab.post(channel, [""]);
  const [item] = tab.outbox.of("general");
  await until(() => item.error);
  attachments.giveBack(channel, item);
  tab.discard(item);
  assert.deepEqual([channel.attached.length, tab.outbox.of("general").length], [2, 0]);
  http.held = true;
  attachments.attach(channel, []);
  tab.post(channel, [""]);
  const [again] = tab.outbox.of("general");
  for (const {key} of [...again.files]) attachments.remove(key);
  assert.deepEqual(tab.outbox.items, []);
});

test("files are the same in all tabs of a browser", async () => {
  const {browser, channel, attachments} = begin();
  const [other, there] = browser.tab();
  equip(other);
  attachments.attach(channel, [file("one")]);
  assert.deepEqual(there.attached.map(({name}) => name), ["notes.txt"]);
  await until(() => channel.attached[0].file);
  assert.equal(there.attached[0].file.id, "f0");
});

test("files in words: their sizes, kinds and endings, and what a message with some says in a line", async () => {
  assert.deepEqual([0, 1, 999, 48_000, 1_449_000, 25_000_000, 3_000_000_000].map(sizeOf), ["0 bytes", "1 byte", "999 bytes", "48 kB", "1.4 MB", "25 MB", "3 GB"]);
  assert.deepEqual([{type: "image/png", width: 3}, {type: "image/svg+xml"}, {type: "video/mp4"}, {type: "audio/ogg"}].map(kindOf), ["picture", "file", "film", "sound"]);
  assert.deepEqual(["a.csv", "a.tar.gz", "README", "a.b c"].map((name) => endingOf({name})), ["CSV", "GZ", "", ""]);
  const picture = {name: "a.png", width: 3};
  assert.equal(gist({message: "**Look**", files: [picture]}, 100), "Look · \u2068a.png\u2069");
  assert.equal(gist({message: "", files: [picture, picture, {name: "\u202egpj.exe"}]}, 100), "2 pictures, \u2068gpj.exe\u2069");
  assert.equal(gist({message: "so it is"}, 5), "so it");
  await speak("zh");
  assert.equal(gist({message: "", files: [picture, picture]}, 100), "2 张图片");
  await speak("en");
});

test("the square of a picture is within it, wherever it is moved", async () => {
  const {moved, square} = await import(assets + "ui/files/square.js");
  const image = {width: 900, height: 600};
  const whole = {zoom: 1, x: 0, y: 0};
  assert.deepEqual(square(image, whole), {side: 600, left: 150, top: 0});
  assert.deepEqual(square(image, moved(image, whole, 9, 9, 1)), {side: 600, left: 0, top: 0});
  const near = moved(image, whole, -0.5, -9, 2);
  assert.deepEqual(square(image, near), {side: 300, left: 450, top: 300});
  assert.deepEqual(square(image, moved(image, near, 0, 0, 0.1)), {side: 600, left: 300, top: 0});
  assert.equal(moved(image, near, 0, 0, 9).zoom, 4);
});

test("the picture of somebody is what the server said last, of whatever it told", async () => {
  const {pictures} = await import(assets + "state/pictures.js");
  const ann = {id: "g:1", name: "Ann"};
  let told = 0;
  const end = pictures.watch(() => told++);
  assert.equal(pictures.of({...ann, picture: "old"}), "old"); // nothing else is known
  const ways = [
    {user: {...ann, picture: "1"}}, {sender: {...ann, picture: "2"}}, {joined: [{...ann, picture: "3"}]}, {members: [{user: {...ann, picture: "4"}, role: "owner"}]},
    {messages: [{seq: 1, sender: {...ann, picture: "5"}}, {seq: 2, sender: null}]}, {changed: [{channel: "dm:1", with: [{...ann, picture: "6"}]}]},
    {threads: [{root: {sender: {...ann, picture: "7"}}}]}, {users: [ann]},
  ];
  const seen = ways.map((event) => (pictures.learn(event), pictures.of({...ann, picture: "old"})));
  assert.deepEqual([seen, told], [["1", "2", "3", "4", "5", "6", "7", ""], 8]);
  pictures.learn({action: "picture", server: "s1"});
  assert.equal(pictures.of({id: ""}), "s1");
  pictures.learn({action: "hello", user: ann, server: {}});
  assert.deepEqual([pictures.of({id: ""}), told], ["", 10]);
  end();
});
