import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

const {parse} = await import("../../public/assets/text/markdown.js");
const {EMOJI, learnEmoji} = await import("../../public/assets/text/emoji.js");
await learnEmoji(":smile:");
const {colour} = await import("../../public/assets/text/highlight_worker.js");

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

test("an address ends where the sentence around it goes on", () => {
  for (const [text, ...addresses] of [
    ["https://example.com。", "https://example.com"],
    ["见 https://example.com/path，中文", "https://example.com/path"],
    ["（https://e.com/b）", "https://e.com/b"],
    ["“https://e.com/q”，‘https://e.com/r’ «https://e.com/s» „https://e.com/t“", "https://e.com/q", "https://e.com/r", "https://e.com/s", "https://e.com/t"],
    ["「https://e.com/b」【https://e.com/c】《https://e.com/d》", "https://e.com/b", "https://e.com/c", "https://e.com/d"],
    ["看https://example.com/a", "https://example.com/a"],
    ["https://example.com看 https://10.0.0.1看 https://e.com:80看", "https://example.com", "https://10.0.0.1", "https://e.com:80"],
    ["https://e.com/a看这个 詳細はhttps://e.com/1です https://e.com/wiki/中文 https://e.com/中a文", "https://e.com/a", "https://e.com/1", "https://e.com/wiki/中文", "https://e.com/中a文"],
    ["Https://e.com HTTP://E.COM/A", "Https://e.com", "HTTP://E.COM/A"],
    ["https://e.com/foo_ https://e.com/a_b_ https://e.com/~", "https://e.com/foo_", "https://e.com/a_b_", "https://e.com/~"],
    ["_https://e.com/a_ **https://e.com/b** ~~https://e.com/c~~ *https://e.com/d*,", "https://e.com/a", "https://e.com/b", "https://e.com/c", "https://e.com/d"],
    ["**https://e.com/b**看", "https://e.com/b"],
    ["(https://e.com/b), [https://e.com/c]. {https://e.com/d}; (https://e.com/a_(b))", "https://e.com/b", "https://e.com/c", "https://e.com/d", "https://e.com/a_(b)"],
    ["(https://e.com/b)and", "https://e.com/b"],
    ["https://e.com/?q=1&r=(2)#x! https://e.com? https://e.com/a/...", "https://e.com/?q=1&r=(2)#x", "https://e.com", "https://e.com/a/"],
    ["http://localhost:3000/x, http://[::1]:8080/y. http://[::1", "http://localhost:3000/x", "http://[::1]:8080/y"],
    ["https://münchen.de/straße https://例子.中国/路径。 https://xn--fsq.com", "https://münchen.de/straße", "https://例子.中国/路径", "https://xn--fsq.com"],
    ["https://ann:pw@e.com/x https://e.com/a'b 'https://e.com/c'", "https://ann:pw@e.com/x", "https://e.com/a'b", "https://e.com/c"],
    ["<https://e.com/x> `https://e.com` \\https://e.com/y", "https://e.com/x", "https://e.com/y"],
    ["https://e.com/a\u202egpj.exe", "https://e.com/a"],
    ["https:// http://) https://. xhttps://e.com ftp://e.com javascript:alert(1) data:text/html,x"],
    ["https://en.wikipedia.org/wiki/Bose–Einstein_statistics", "https://en.wikipedia.org/wiki/Bose–Einstein_statistics"],
    ["مرحبا https://e.com/x، كيف https://e.com/y؟", "https://e.com/x", "https://e.com/y"],
  ]) {
    const links = [];
    const walk = (node) => (node.kind === "link" ? links.push(node.href) : [node.inside ?? [], node.items ?? []].flat(2).forEach(walk));
    parse(text).forEach(walk);
    assert.deepEqual(links, addresses, text);
  }
});

test("what begins with www. and what is a mail address are links too", () => cases({
  "www.example.com/a_b, WWW.E.COM.": "[link https://www.example.com/a_b www.example.com/a_b], [link https://WWW.E.COM WWW.E.COM].",
  "www. www.x xwww.e.com foo.www.e.com": "www. www.x xwww.e.com foo.www.e.com",
  "mail ann.b+tea@e-x.co.uk. ": "mail [link mailto:ann.b+tea@e-x.co.uk ann.b+tea@e-x.co.uk]. ",
  "联系a@b.com吧，first_last@x.org": "联系[link mailto:a@b.com a@b.com]吧，[link mailto:first_last@x.org first_last@x.org]",
  "_a@b.com_ **a@b.com** (a@b.com)": "[em [link mailto:a@b.com a@b.com]] [strong [link mailto:a@b.com a@b.com]] ([link mailto:a@b.com a@b.com])",
  "müller@köln.de mailto:a@b.com?subject=x": "[link mailto:müller@köln.de müller@köln.de] [link mailto:a@b.com?subject=x mailto:a@b.com?subject=x]",
  "a@b @ann.de @ann@e.org 1@2.3 a@b.c ssh://git@e.com a.@b.de": "a@b @ann.de @ann@e.org 1@2.3 a@b.c ssh://git@e.com a.@b.de",
}));

test("faces, paths and file names keep all their marks", () => {
  const odd = [
    "¯\\_(ツ)_/¯", "see ¯\\_(ツ)_/¯ and ¯\\_(ツ)_/¯", "_(ツ)_/", "(*_*)", "*_* hello *_*", "(-_-) zzz (-_-)", "^_^ hi ^_^", "(T_T) o_O", "(._.) (._.)",
    "C:\\_temp\\*.txt", "C:\\foo\\_bar\\_baz", "\\\\server\\_share", "src/__init__.py", "__init__.py", "a/_b_/c", "** ** __ __ ~~ ~~", "\\d+\\s", "a\\b",
  ];
  for (const text of odd) assert.equal(shown(text), text);
  cases({"\\*a\\* snake\\_case (\\*b\\*) \\\\*c*": "*a* snake_case (*b*) \\[em c]", "_a_, (_b_). “_c_” _强调_，好": "[em a], ([em b]). “[em c]” [em 强调]，好"});
});

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

test("nothing of a text is lost but its marks", () => {
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
});

test("code is coloured by the grammar of its language, where there is one", async () => {
  const tree = await colour("def f(): return 1", "py");
  assert.deepEqual([tree[0].scope, tree[0].children], ["keyword", ["def"]]);
  assert.equal(await colour("x", "klingon"), null);
  for (const language of ["bash", "cpp", "css", "diff", "go", "java", "js", "json", "rust", "sql", "ts", "html", "yaml"]) {
    assert.ok(await colour("x = 1", language), language);
  }
});

test("the page shows what the server takes a text for", () => {
  let links = 0;
  const words = (node) => {
    if (typeof node === "string") return node;
    if (node.kind === "link") links++;
    if (node.kind === "emoji") return `:${node.name}:`;
    if (node.kind === "list") return node.items.map((item) => item.map(words).join("\n")).join("\n");
    return node.text ?? node.inside.map(words).join(node.kind === "quote" ? "\n" : "");
  };
  for (const {text, shown, links: count} of JSON.parse(readFileSync(new URL("../markup.json", import.meta.url), "utf8"))) {
    links = 0;
    assert.deepEqual([parse(text).map(words).join("\n"), links], [shown, count], text);
  }
});
