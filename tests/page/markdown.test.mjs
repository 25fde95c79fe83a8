import assert from "node:assert/strict";
import {test} from "node:test";

const {parse} = await import("../../public/assets/markdown.js");
const {EMOJI, learnEmoji} = await import("../../public/assets/emoji.js");
await learnEmoji(":smile:");
const {highlight} = await import("../../public/assets/highlight.js");

/** A tree as brackets, which are easy to read here. */
function show(node) {
  if (typeof node === "string") return node;
  const inside = node.inside?.map(show).join("");
  if (node.kind === "text") return inside;
  if (node.kind === "list") return `[list ${node.start} ${node.items.map((item) => `(${item.map(show).join("|")})`).join("")}]`;
  if (node.kind === "code") return `[code${node.language ? ` ${node.language}` : ""} ${node.text}]`;
  if (node.kind === "link") return `[link ${node.href} ${inside}]`;
  if (node.kind === "quote") return `[quote ${node.inside.map(show).join("|")}]`;
  return node.kind === "emoji" ? node.text : `[${node.kind} ${inside}]`;
}
const shown = (text) => parse(text).map(show).join("|");
const cases = (pairs) => Object.entries(pairs).forEach(([text, tree]) => assert.equal(shown(text), tree));

test("emphasis is what CommonMark has", () => cases({
  "*a* _b_ **c** __d__ ~~e~~ ~f~": "[em a] [em b] [strong c] [strong d] [del e] ~f~",
  "**bold *it* on** ***both***": "[strong bold [em it] on] [em [strong both]]",
  "*foo**bar**baz* *foo**bar***": "[em foo[strong bar]baz] [em foo[strong bar]]",
  "snake_case_name a * b * c ** d **": "snake_case_name a * b * c ** d **",
  "*open **and** more": "*open [strong and] more",
  "*a\n\nb*": "*a\n\nb*",
  "\\*a\\* \\:x \\_": "*a* :x _",
}));

test("a sum is no emphasis, and Chinese needs no blanks around it", () => cases({
  "2*3*4": "2*3*4",
  "**你好。**再见，*（朋友）*们": "[strong 你好。]再见，[em （朋友）]们",
}));

test("code is as it was typed", () => cases({
  "`a*b*` ``x`y`` ` `` ` `open": "[code a*b*] [code x`y] [code ``] `open",
  "```Python\nx = *1*\n\n  y\n```\nafter": "[code python x = *1*\n\n  y]|after",
  "~~~\n```\n~~~": "[code ```]",
  "```js\nnever closed": "[code js never closed]",
  "``` not `a fence": "``` not `a fence",
  "look: ```js\na\n``` and what follows": "look: [code js\na\n] and what follows",
  "```": "```",
}));

test("lists and quotes hold each other", () => cases({
  "- a\n- b\n  - c\n  more\n1. d": "[list null (a)(b|[list null (c)]|more)]|[list 1 (d)]",
  "7) x\n8) y\ntext": "[list 7 (x)(y)]|text",
  "> a\n> > b\n> - c\nd": "[quote a|[quote b]|[list null (c)]]|d",
  "-no\n1.5 no": "-no\n1.5 no",
}));

test("line breaks and blanks stand as they were typed", () => cases({
  "a\n\n\n  b\nc  d": "a\n\n\n  b\nc  d",
  "  indented\n\ttab": "  indented\n\ttab",
}));

test("links end where the sentence goes on, and lead to web pages or to mail only", () => cases({
  "see (https://a.b/c_(d)), or **http://e.f**.": "see ([link https://a.b/c_(d) https://a.b/c_(d)]), or [strong [link http://e.f http://e.f]].",
  "[the *docs*](https://a.b/c_(d)?e=1) [m](mailto:a@b.c)": "[link https://a.b/c_(d)?e=1 the [em docs]] [link mailto:a@b.c m]",
  "[x](javascript:alert(1)) [y](/path) [z](data:text/html,x) javascript:alert(1)": "[x](javascript:alert(1)) [y](/path) [z](data:text/html,x) javascript:alert(1)",
  "[https://bank.example](https://evil.example)": "[link https://evil.example https://bank.example]",
  "xhttp://no.link": "xhttp://no.link",
}));

test("HTML is text, and so is what would be an image", () => cases({
  "<b>x</b> <img src=https://a.b/c.png> &amp;": "<b>x</b> <img src=[link https://a.b/c.png https://a.b/c.png]> &amp;",
  "![alt](https://a.b/c.png)": "![link https://a.b/c.png alt]",
}));

test("emoji have names, and other words between colons stay", () => {
  assert.equal(shown(":smile: :+1: :nothing: 10:30:45"), "😄 👍 :nothing: 10:30:45");
  assert.ok(EMOJI.size > 150);
  for (const [name, character] of EMOJI) {
    assert.match(name, /^[a-z0-9_+-]+$/);
    assert.match(character, /\p{Emoji}/u, name);
  }
});

test("nothing of a text is lost but its marks, and the worst text takes no time", () => {
  const letters = (text) => text.replace(/[\s\\`*_~[\]():>.)\d-]/g, "");
  const all = (node) => (typeof node === "string" ? node : (node.text ?? "") + [node.inside ?? [], node.items ?? []].flat(3).map(all).join(""));
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const parts = ["a", "b ", "*", "**", "_", "~~", "`", "```", "\n", "> ", "- ", "1. ", "[", "](", ")", "\\", ":", "é", "中", "。", " "];
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({length: random(30)}, () => parts[random(parts.length)]).join("");
    const fence = /```|~~~/.test(text); // words behind it may name a language
    if (!fence) assert.equal(letters(parse(text).map(all).join("")), letters(text), JSON.stringify(text));
  }
  for (const part of ["*", "_", "*a ", "**a *b ", "[", "[a](", "`", "``` ", "`a``", "> ", "- ", "~~", "\\", ":a", "(https://a", "[[a]", "*a_b", "**a", "https://", "a*"]) {
    const text = part.repeat(4000 / part.length);
    const took = Array.from({length: 5}, () => work(() => show({kind: "quote", inside: parse(text)})));
    assert.ok(Math.min(...took) < 100, `${part} takes ${Math.min(...took)} ms`);
  }
});

/** Return how long the processor works at something, in ms: a busy machine makes one wait, which does not count. */
function work(task) {
  const before = process.cpuUsage();
  task();
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000;
}

test("code is coloured by the grammar of its language, where there is one", async () => {
  const tree = await highlight("def f(): return 1", "py");
  assert.deepEqual([tree[0].scope, tree[0].children], ["keyword", ["def"]]);
  assert.equal(await highlight("x", "klingon"), null);
  for (const language of ["bash", "cpp", "css", "diff", "go", "java", "js", "json", "rust", "sql", "ts", "html", "yaml"]) {
    assert.ok(await highlight("x = 1", language), language);
  }
});
