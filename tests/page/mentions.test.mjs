import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
import {test} from "node:test";

const assets = "../../public/assets/";
const {makeNames, mentionsMe, namesIn, namesOf, withNames} = await import(assets + "text/mentions.js");
const {fold} = await import(assets + "text/characters.js");
const {parse} = await import(assets + "text/markdown.js");
const {Channel} = await import(assets + "state/channel.js");

const ann = makeNames(["Ann", "Ann Becker", "Ben", "Ann-Katrin"], ["tea & cake", "general", "abc"], "Ann");

/** The names in a text as brackets: (mine) [someone's] {channel}. */
function show(piece) {
  if (typeof piece === "string") return piece;
  if (piece.kind === "person") return piece.mine ? `(${piece.text})` : `[${piece.text}]`;
  if (piece.kind === "channel") return `{${piece.text}}`;
  return piece.text ?? [piece.inside ?? [], piece.items ?? []].flat(2).map(show).join("");
}
const shown = (text, names = ann) => withNames(parse(text), names).map(show).join("|");

test("a mention speaks to the one whose whole name it is", () => {
  for (const text of [
    "@Ann", "hi @ann!", "@ANN: look", "(@Ann)", "**@Ann**", "_@Ann_", "- @Ann", "> @Ann", "@Ann's tea", "@Ann, @Ben", "@Ann…",
    "@Ann...", "@Ann - look", "@Ann你好", "你好@Ann 看", "看，@Ann。", "@Ａｎｎ", "@Ann\nlook", "@Ann 😀", "@Ann😀", "ok.@Ann", "x @Ann @Ben",
    "@Ann\u2014look", "@Ann\u2013look", "@Ann--look", "@Ann...look",
  ]) assert.equal(mentionsMe(text, ann), true, text);
});

test("what only looks like a mention is none: not in the conversation, not among what is unread, not for the system", () => {
  for (const text of [
    "ann", "`@Ann`", "```\n@Ann\n```", "~~~\n@Ann", "joann@ann.de", "mail joann@ann", "https://x/@ann/1", "www.x.de/@ann", "x/@ann",
    "@Ann Becker", "@ann becker, look", "@Ann-Katrin", "@Ann-Sophie", "@ann_b", "@anna", "@Ann1", "@Ann\u0301", "@ann.de", "@ann@example.org",
    "@@Ann", "[tea](https://x.de/@ann)", "[@Ann](https://x.de)", "\uff20Ann", "@ Ann", "a@Ann",
  ]) {
    assert.equal(mentionsMe(text, ann), false, text);
    assert.ok(!/\(@/.test(shown(text)), text);
  }
});

test("names are found however they are written", () => {
  const names = makeNames(["José", "علی\u200cرضا", "İpek", "小明", "小明明", "Ann B.", "❤\ufe0f", "Σωκράτης"], [], "José");
  assert.equal(mentionsMe("hi @Jose\u0301!", names), true);
  assert.equal(mentionsMe("hi @Jose", names), false);
  for (const name of ["علی\u200cرضا", "علیرضا", "İpek", "小明", "小明明", "Ann B.", "❤", "ΣΩΚΡΆΤΗΣ"]) {
    assert.equal(shown(`@${name}, x`, names), `[@${name}], x`);
  }
  assert.equal(shown("@小明hello 看@小明 @小明天", names), "[@小明]hello 看[@小明] @小明天");
});

test("names that hold marks are found, and so are those in a line of the server's", () => {
  const odd = makeNames(["*star*", "_x_", "bob@example.com", "ليلى"]);
  assert.equal(shown("@*star* and @_x_, @bob@example.com", odd), "[@*star*] and [@_x_], [@bob@example.com]");
  assert.deepEqual(namesIn("ليلى rolled 5, bob@example.com too", odd), ["", {name: "ليلى"}, " rolled 5, ", {name: "bob@example.com"}, " too"]);
});

test("a text names people who are here, and channels, by their whole names", () => {
  assert.equal(
    shown("hi @ann becker, @Anna: #tea & cake, #general. a#b me@ann #1 @ #new-one, #看看 #看，"),
    "hi [@ann becker], @Anna: {#tea & cake}, {#general}. a#b me@ann #1 @ {#new-one}, {#看看} {#看}，",
  );
});

test("a colour is no channel, unless one is called so", () => {
  assert.equal(shown("#fff #FFF0 #a1b2c3 #deadbeef #abc ##x &#x27; #fffff"), "#fff #FFF0 #a1b2c3 #deadbeef {#abc} ##x &#x27; {#fffff}");
});

test("the names of a channel are the same object until someone comes, goes, or is called something else", () => {
  const chat = {user: {id: "a", name: "Ann"}, channels: new Map([["general", 1]])};
  const channel = new Channel("general");
  const first = namesOf(chat, channel);
  assert.equal(namesOf(chat, channel), first);
  assert.equal(mentionsMe("@Ann", first), true);
  channel.presence({joined: [{id: "b", name: "Ben"}], count: 2});
  assert.notEqual(namesOf(chat, channel), first);
  assert.equal(shown("@Ben", namesOf(chat, channel)), "[@Ben]");
  chat.user = {id: "a", name: "Bea"};
  assert.equal(mentionsMe("@Ann", namesOf(chat, channel)), false);
  assert.equal(mentionsMe("@Bea", namesOf({...chat, user: null}, channel)), false);
});

test("a word for all is marked, and speaks to the user, where the message mentions all by it", () => {
  const all = (text, ...mentions) => mentionsMe(text, ann, mentions);
  assert.equal(all("hi @channel", "@channel"), true);
  assert.equal(all("hi @channel", "@here"), false);
  assert.equal(all("hi @channel"), false);
  assert.equal(all("hi @here", "x", "@here"), true);
  assert.deepEqual(withNames(parse("@channel, @here"), ann, ["@here"])[0].inside, [
    "@channel, ", {kind: "person", text: "@here", mine: true, all: "@here"},
  ]);
});

test("the page marks whom the server finds mentioned", () => {
  const people = (piece) =>
    piece.kind === "person" ? [piece.all ?? fold(piece.text.slice(1))] : [piece.inside ?? [], piece.items ?? []].flat(2).flatMap(people);
  for (const {names, text, mentioned} of JSON.parse(readFileSync(new URL("../mentions.json", import.meta.url), "utf8"))) {
    const marked = withNames(parse(text), makeNames(names), ["@here", "@channel"]).flatMap(people);
    assert.deepEqual([...new Set(marked)].sort(), mentioned.map(fold).sort(), text);
  }
});
