import assert from "node:assert/strict";
import {test} from "node:test";

const assets = "../../public/assets/";
const {length, shorten} = await import(assets + "text/characters.js");
const {split} = await import(assets + "text/split.js");
const {fold, summary} = await import(assets + "ui/messages/comings.js");
const {isComing} = await import(assets + "state/channel.js");
const {openFence} = await import(assets + "text/markdown.js");

test("a text is as long as the server counts it: in code points", () => {
  assert.deepEqual(["", "abc", "😀😀", "e\u0301", "👩‍👩‍👧"].map(length), [0, 3, 2, 2, 5]);
  assert.equal(shorten("😀😀😀", 2), "😀😀");
});

test("a long text is split where a paragraph, a line or a word ends, and nothing of it is lost", () => {
  assert.deepEqual(split("short", 100), ["short"]);
  assert.deepEqual(split("a".repeat(60) + "\n\n" + "b".repeat(60) + "\n" + "c".repeat(30), 100), ["a".repeat(60), "b".repeat(60) + "\n" + "c".repeat(30)]);
  assert.deepEqual(split("word ".repeat(30).trim(), 100).map((one) => one.length), [89, 59]);
  const letters = (text) => text.replace(/\s/g, "");
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const parts = ["word ", "x".repeat(50), "\n", "\n\n", "😀", "👩‍👩‍👧", "e\u0301", "中文，", "  ", ". ", "- a\n", "> b\n"];
  for (let round = 0; round < 300; round++) {
    const text = Array.from({length: 20 + random(200)}, () => parts[random(parts.length)]).join("");
    const pieces = split(text, 120);
    assert.equal(letters(pieces.join("")), letters(text));
    for (const piece of pieces) {
      assert.ok(length(piece) <= 120 && letters(piece), JSON.stringify(piece));
      assert.ok(!/^[\u0301\u200d\udc00-\udfff]|[\u200d\ud800-\udbff]$/.test(piece), JSON.stringify(piece));
    }
  }
});

test("code that is split stays code, line by line", () => {
  const code = Array.from({length: 40}, (_, at) => `  line ${at}`).join("\n");
  const pieces = split(`look:\n\`\`\`js\n${code}\n\`\`\`\nand more`, 120);
  assert.ok(pieces.length > 3);
  for (const piece of pieces) {
    assert.ok(piece.length <= 120);
    assert.equal(openFence(piece), "", piece);
  }
  const inside = pieces.join("\n").split("\n").filter((line) => !line.startsWith("```"));
  assert.deepEqual(inside, ["look:", ...code.split("\n"), "and more"]);
  assert.equal(openFence("a\n```js\nb"), "```js");
});

test("a text of 10 kB, and one of 100, are split in no time", () => {
  const before = process.cpuUsage();
  assert.equal(split("some words ".repeat(10_000), 4_000).length, 28);
  split("x".repeat(100_000), 4_000);
  split("```\n" + "x\n".repeat(50_000), 4_000);
  const {user, system} = process.cpuUsage(before);
  assert.ok(user + system < 1_000_000);
});

const coming = (event, name, time = 0) => ({id: `${event} ${name}`, event, user: {id: name, name}, message: `${name} ${event === "join" ? "joined" : "left"} the channel`, time});

test("comings and goings that follow each other are one line, which says what became of each person", () => {
  const lines = [coming("join", "Ida"), coming("join", "Ivo"), coming("leave", "Ivo"), {id: "m", message: "hi"}, coming("leave", "Ida"), {...coming("join", "Bo"), message: "Welcome, Bo!"}];
  const folded = fold(lines, () => true);
  assert.deepEqual(folded.map(({id, comings}) => [id, comings?.length]), [["leave Ivo", 3], ["m", undefined], ["leave Ida", 1], ["join Bo", undefined]]);
  assert.deepEqual(fold(lines.slice(0, 2), () => true).map(({comings}) => comings.length), [1, 1]); // two are not many
  assert.deepEqual(summary(folded[0].comings), [["join", ["Ida"]], ["came-left", ["Ivo"]]]);
  assert.deepEqual(summary(["Ida", "Ivo", "Ina"].flatMap((name) => [coming("join", name), coming("leave", name)])), [["came-left", ["Ida", "Ivo", "Ina"]]]);
  assert.deepEqual(summary([coming("leave", "Bo"), coming("join", "Bo")]), [["left-came", ["Bo"]]]);
  assert.equal(fold(lines.slice(0, 2), () => false).length, 2);
  assert.equal(isComing({event: "rename", user: {name: "a"}, message: "a is now b"}), false);
});

test("a text without its markup says all that it said", async () => {
  const {plain} = await import(assets + "text/plain.js");
  assert.equal(plain("**Read** [the *draft*](https://e.com/1), `x`\nor https://e.com/2"), "Read the draft (https://e.com/1), x\nor https://e.com/2");
  assert.equal(plain("> so\n> said\n\n- one\n  more\n- two"), "> so\n> said\n• one\n  more\n• two");
  assert.equal(plain("9. nine\n10. ten\n```py\na *b*\n```"), "9. nine\n10. ten\na *b*");
});

test("/help is the page's own, unless a plugin has one", async () => {
  const {commands, ownCommand} = await import(assets + "commands/schema.js");
  const roll = {name: "roll", parameters: []};
  const help = {name: "help", parameters: [], help: "of a plugin"};
  assert.deepEqual(commands([roll]).map(({name}) => name), ["help", "roll"]);
  assert.deepEqual(commands([roll, help]), [help, roll]);
  assert.deepEqual(["help", "roll"].map((name) => ownCommand(name, [roll])?.name), ["help", undefined]);
});

test("markup is set around words, and taken away again", async () => {
  Object.defineProperty(globalThis, "navigator", {value: {platform: "Linux"}, configurable: true});
  const {formatted} = await import(assets + "ui/composer/format.js");
  const apply = (value, how) => {
    const [start, end] = [value.indexOf("["), value.indexOf("]") - 1];
    const done = formatted(value.replace(/[[\]]/g, ""), start, end, how);
    const whole = value.replace(/[[\]]/g, "").slice(0, done.from) + done.text + value.replace(/[[\]]/g, "").slice(done.to);
    return `${whole.slice(0, done.start)}[${whole.slice(done.start, done.end)}]${whole.slice(done.end)}`;
  };
  for (const [before, how, after] of [
    ["a [b] c", {mark: "**"}, "a **[b]** c"],
    ["a **[b]** c", {mark: "**"}, "a [b] c"],
    ["a **[b]** c", {mark: "*"}, "a ***[b]*** c"],
    ["a ***[b]*** c", {mark: "*"}, "a **[b]** c"],
    ["a[ b ]c", {mark: "*"}, "a *[b]* c"],
    ["a []", {mark: "~~"}, "a ~~[]~~"],
    ["[a\nb]", {mark: "`"}, "```\n[a\nb]\n```"],
    ["x\na[]", {begin: "> "}, "x\n> a[]"],
    ["[a\nb]", {begin: "- "}, "[- a\n- b]"],
    ["[- a\n- b]", {begin: "- "}, "[a\nb]"],
  ]) assert.equal(apply(before, how), after, before);
});
