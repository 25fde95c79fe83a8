import assert from "node:assert/strict";
import {test} from "node:test";

const assets = "../../public/assets/";
const {asked, dayAfter, dayOf, instant, terms, typedAt, withFilter, without} = await import(assets + "text/query.js");
const {snippet} = await import(assets + "text/hits.js");
const {searchOf} = await import(assets + "state/searching.js");
const {openStorage} = await import(assets + "state/storage.js");

const filters = (text) => terms(text).filter(({key}) => key).map(({key, value}) => [key, value]);
const marked = (text, query) => snippet(text, query).map((piece) => (piece.hit ? `[${piece.text}]` : piece.text)).join("");
const NAMES = [["yesterday", 1], ["昨天", 1]];

/** What is done in another zone of the world. */
function inZone(zone, does) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return does();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test("filters are found as the server finds them", () => {
  assert.deepEqual(filters('export from:ann In:"Our Garden" has:link'), [["from", "ann"], ["in", "Our Garden"], ["has", "link"]]);
  assert.deepEqual(filters("from：陈 前 after:2026-11-27"), [["from", "陈"], ["after", "2026-11-27"]]);
  assert.deepEqual(filters("“from:ann” 'in:x -from:ann https://on:1 to:ann from"), []);
  assert.deepEqual(filters('from:"Ann B'), [["from", "Ann B"]]);
  assert.deepEqual(filters("from:"), [["from", ""]]);
});

test("the filter is completed in which the caret stands", () => {
  assert.equal(typedAt("export from:an memory", 14).value, "an");
  assert.equal(typedAt("export from:an memory", 15), undefined);
  assert.equal(typedAt("export from:an memory", 3), undefined);
  assert.equal(typedAt("from:an", 0), undefined);
  assert.deepEqual(without("export from:an memory", typedAt("export from:an memory", 14)), {text: "export memory", caret: 7});
  assert.deepEqual(without("from:an", typedAt("from:an", 7)), {text: "", caret: 0});
});

test("days are those of the reader, also where the clocks change", () => {
  inZone("Europe/Berlin", () => {
    assert.equal(instant("2026-11-27"), "2026-11-27T00:00+01:00");
    assert.equal(instant("2026-07-01"), "2026-07-01T00:00+02:00");
    assert.equal(asked("export on:2026-10-25", [], []), "export after:2026-10-25T00:00+02:00 before:2026-10-26T00:00+01:00");
  });
  inZone("America/St_Johns", () => assert.equal(instant("2026-11-27"), "2026-11-27T00:00-03:30"));
  inZone("America/Sao_Paulo", () => assert.equal(instant("2018-11-04"), "2018-11-04T01:00-02:00")); // which had no midnight
  inZone("UTC", () => assert.equal(instant("2026-11-27"), "2026-11-27T00:00+00:00"));
});

test("days have numbers and words, and what is none is left to the server", () => {
  const now = new Date(2026, 2, 1, 15);
  assert.deepEqual(["2026-11-27", "2026/3/1", "2026.03.01", "Yesterday", "昨天"].map((one) => dayOf(one, NAMES, now)), ["2026-11-27", "2026-03-01", "2026-03-01", "2026-02-28", "2026-02-28"]);
  assert.deepEqual(["2026-02-30", "2026-13-01", "0002-01-01", "tomorrow", "", "2026-11-27T09:00Z"].map((one) => dayOf(one, NAMES, now)), ["", "", "", "", "", ""]);
  assert.equal(dayAfter("2026-12-31", 1), "2027-01-01");
  assert.equal(asked("after:never x", [], NAMES, now), "after:never x");
  inZone("UTC", () => assert.equal(asked("before：昨天 x", [], NAMES, now), "before:2026-02-28T00:00+00:00 x"));
});

test("what was chosen is asked before the words, so that the last of them may go on", () => {
  const chosen = [{key: "in", value: "general"}, {key: "from", value: "Ann Becker"}, {key: "has", value: "link"}];
  assert.equal(asked("export mem", chosen, []), 'in:general from:"Ann Becker" has:link export mem');
  assert.equal(asked("export mem ", chosen.slice(0, 1), []), "in:general export mem ");
  assert.equal(asked('"in:x" -y', [], []), '"in:x" -y');
  assert.equal(asked("in:design mem", chosen, []), 'from:"Ann Becker" has:link in:design mem'); // what is typed says more
  assert.equal(asked("", [], []), "");
});

test("a filter takes the place of what says something else of the same", () => {
  const add = (...all) => all.reduce((before, [key, value]) => withFilter(before, {key, value}), []).map(({key, value}) => `${key}:${value}`).join(" ");
  assert.equal(add(["in", "a"], ["from", "b"], ["in", "c"]), "from:b in:c");
  assert.equal(add(["has", "link"], ["has", "file"], ["has", "link"]), "has:file has:link");
  assert.equal(add(["after", "1"], ["before", "2"], ["after", "3"]), "before:2 after:3");
  assert.equal(add(["after", "1"], ["before", "2"], ["on", "3"]), "on:3");
  assert.equal(add(["on", "3"], ["before", "2"]), "before:2");
});

test("words are marked in a text that has changed since, in every script", () => {
  assert.equal(marked("The Café, a cafeteria, decaf cafes", "cafe"), "The [Café], a [cafeteria], decaf [cafes]");
  assert.equal(marked("下个月的照片", "照片"), "下个月的[照片]");
  assert.equal(marked("نفدت الذَّاكِرة", "الذاكرة"), "نفدت [الذَّاكِرة]");
  assert.equal(marked("out of memory again", 'in:general "of memory" -again'), "out [of memory] again");
  assert.equal(marked("nothing of it", "export"), "nothing of it");
  assert.equal(marked("a 😀 b", "b"), "a 😀 [b]");
  const long = marked(`${"some words ".repeat(40)}export ${"and more ".repeat(40)}`, "export");
  assert.match(long, /^…\w+ .*\[export\] and more/);
  assert.ok(long.length < 240);
});

/** A search, and the calls that it has made: {text, before, answer, refuse}. */
function searching({open = true} = {}) {
  const calls = [];
  const chat = {
    user: {id: "g:ann"}, storage: openStorage(), changed() {}, channels: new Map(),
    connection: {open, session: 1, call: (action, {text, before}) => new Promise((resolve, refuse) => calls.push({text, before, refuse, answer: (seqs, more = {}) => resolve({messages: seqs.map(message), more: false, before: "", complete: true, ...more})}))},
  };
  return {chat, calls, search: searchOf(chat)};
}
const message = (seq) => ({seq, rev: seq, target: "general", message: `text ${seq}`, snippet: [{text: `text ${seq}`, hit: false}]});
const settled = () => new Promise((done) => setImmediate(done));
const seqs = ({lines}) => lines?.map(({seq}) => seq);

test("the newest question counts, in whichever order the answers come", async () => {
  const {search, calls} = searching();
  search.change({text: "ex"}, true);
  search.change({text: "export"}, true);
  calls[1].answer([2]);
  await settled();
  calls[0].answer([1, 2, 3]);
  await settled();
  assert.deepEqual(seqs(search), [2]);
  assert.deepEqual([search.query, search.asking, calls.length], ["export", "", 2]);
  search.change({text: "export"}, true);
  assert.equal(calls.length, 2); // it is answered
  search.change({text: ""});
  assert.equal(search.lines, null);
});

test("more are asked for once, and not after another question", async () => {
  const {search, calls} = searching();
  search.change({text: "export"}, true);
  calls[0].answer([9, 8], {more: true, before: "8-8"});
  await settled();
  search.askMore();
  search.askMore();
  assert.deepEqual(calls.slice(1).map(({text, before}) => [text, before]), [["export", "8-8"]]);
  calls[1].answer([7]);
  await settled();
  assert.deepEqual(seqs(search), [9, 8, 7]);
  search.more = true;
  search.askMore();
  search.change({text: "import"}, true);
  calls[3].answer([1]);
  calls[2].answer([6]);
  await settled();
  assert.deepEqual(seqs(search), [1]);
});

test("a refusal is said, and gone with the next answer; where the server asks to wait, it is asked again", async () => {
  const {search, calls} = searching();
  search.change({text: "has:foo"}, true);
  calls[0].refuse(Object.assign(new Error("has: takes link, file or image"), {code: "refused"}));
  await settled();
  assert.equal(search.words, "has: takes link, file or image");
  search.change({text: "has:file"}, true);
  calls[1].refuse(Object.assign(new Error("too fast"), {code: "rate-limited", retryAfter: 1}));
  while (calls.length < 3) await new Promise((done) => setTimeout(done, 1));
  calls[2].answer([1]);
  await settled();
  assert.deepEqual([search.words, seqs(search)], ["", [1]]);
});

test("what is asked without a connection is asked once there is one", async () => {
  const {chat, search, calls} = searching({open: false});
  search.change({text: "export"}, true);
  assert.deepEqual([calls.length, search.waits], [0, true]);
  chat.connection.open = true;
  search.resume();
  calls[0].refuse(Object.assign(new Error("lost"), {code: "disconnected"}));
  await settled();
  assert.equal(search.waits, true);
  search.resume();
  calls[1].answer([1]);
  await settled();
  assert.deepEqual([search.waits, seqs(search)], [false, [1]]);
  search.resume();
  assert.equal(calls.length, 2);
  chat.connection.session++;
  search.resume(); // something may have changed while it was away
  assert.equal(calls.length, 3);
});

test("a change of what was found is seen at once; where one before it was missed, all is asked again", async () => {
  const {search, calls} = searching();
  search.change({text: "text"}, true);
  calls[0].answer([3, 2]);
  await settled();
  search.changed({name: "general"}, {about: 2, seq: 9, after: 2, set: {message: "another"}});
  search.changed({name: "design"}, {about: 3, seq: 9, after: 3, set: {message: "elsewhere"}});
  assert.deepEqual(search.lines.map((line) => [line.message, line.told]), [["text 3", "text 3"], ["another", "text 2"]]);
  assert.equal(calls.length, 1);
  search.changed({name: "general"}, {about: 3, seq: 12, after: 11, set: {message: "later"}});
  assert.equal(calls.length, 2);
});

test("the channel that is open is searched, until another place is chosen", () => {
  const {search} = searching();
  const channel = (name) => ({name, called: `#${name}`});
  const where = () => search.filters.map(({value}) => value);
  search.follow(channel("general"));
  assert.deepEqual(where(), ["general"]);
  assert.equal(search.worth(search.wanted), false); // it says nothing yet
  search.follow(channel("design"));
  assert.deepEqual(where(), ["design"]);
  search.drop({key: "in"});
  search.change({text: "export"});
  search.follow(channel("general"));
  assert.deepEqual(where(), []);
  search.filter({key: "in", value: "general", label: "#general"});
  search.follow(channel("design"));
  assert.deepEqual(where(), ["general"]);
});

test("what was asked is remembered for each user, the latest first, and can be forgotten", () => {
  const {chat, search} = searching();
  for (const text of ["one", "two", "one", " ", ...Array.from({length: 8}, (_, at) => `more ${at}`), "two"]) {
    Object.assign(search, {text});
    search.remember();
  }
  assert.deepEqual(search.recent.map(({text}) => text), ["two", "more 7", "more 6", "more 5", "more 4", "more 3", "more 2", "more 1"]);
  search.forgetRecent();
  assert.deepEqual(search.recent, []);
});

test("what others asked in this browser is forgotten, unless they return to it", () => {
  const {chat, search} = searching();
  search.text = "one";
  search.remember();
  chat.user = {id: "t:ben"};
  chat.storage.write("aside", [{id: "g:ann"}]);
  assert.deepEqual(searchOf(chat).recent, []);
  chat.user = {id: "g:ann"};
  assert.deepEqual(searchOf(chat).recent.map(({text}) => text), ["one"]);
  chat.storage.write("aside", undefined);
  chat.user = {id: "g:cleo"};
  searchOf(chat);
  assert.deepEqual(chat.storage.folder("searches"), []);
});
