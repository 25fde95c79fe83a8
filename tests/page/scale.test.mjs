// What the page does with a text costs in proportion to its length, whatever stands in it.
import assert from "node:assert/strict";
import {test} from "node:test";

const assets = "../../public/assets/";
const {parse} = await import(assets + "text/markdown.js");
const {makeNames, mentionsMe, withNames} = await import(assets + "text/mentions.js");
const {complete} = await import(assets + "commands/completion.js");
const {parse: command} = await import(assets + "commands/run.js");
const {learnEmoji} = await import(assets + "text/emoji.js");
const {learn, speak} = await import(assets + "i18n/index.js");
await learn("dialogs");
await learn("messages");
await speak("en");
await learnEmoji(":smile:");

const crowd = Array.from({length: 180}, (_, at) => "@".repeat(30) + at);
const names = makeNames([...crowd, "Ann", "a a a a a a"], ["x", "#"], "Ann");
const actions = [{name: "pay", parameters: [{name: "amount", type: "float", required: true}, {name: "for", type: "str"}]}];
const tasks = {
  parse,
  names: (text) => withNames(parse(text), names),
  mentions: (text) => mentionsMe(text, names),
  complete: (text) => complete(text, text.length, {actions, people: crowd, channels: ["x"]}),
  command(text) {
    try {
      command(`/pay ${text}`, actions);
    } catch {
      // it is wrong, which takes no time either
    }
  },
};

/** How long the processor works at something, in ms: a busy machine makes one wait, which does not count. */
function work(task, text) {
  const before = process.cpuUsage();
  task(text);
  const {user, system} = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Compare a text with one of eight times the length: linear is 8, quadratic 64. What disturbs the processor can only add: the least of some counts. */
function holds(make) {
  const [short, long] = [make(10_000), make(80_000)];
  for (const [name, task] of Object.entries(tasks)) {
    let longest = work(task, long);
    if (longest < 40) continue;
    let shortest = Infinity;
    for (let tries = 0; tries < 12 && longest / Math.max(1, shortest) >= 24; tries++) {
      shortest = Math.min(shortest, work(task, short));
      longest = Math.min(longest, work(task, long));
    }
    const ratio = longest / Math.max(1, shortest);
    assert.ok(ratio < 24, `${name} of ${JSON.stringify(long.slice(0, 60))}: eight times the length takes ${ratio} times as long`);
  }
}

test("what was made to freeze the page takes no more time than any other text", () => {
  const fill = (part) => (length) => part.repeat(length / part.length);
  for (const part of [
    "*", "_", "~~", "*a ", "**a *b ", "[", "[a](", "[a](https://b", "[[a]", "`", "``` ", "`a``", "> ", "- ", "1. a\n", "\\", ":a", "(https://a", "*a_b",
    "**a", "https://", "https://a.b", "a*", "@", "@a", "#", "#a", "a@b.", "a@", "www.", "mailto:", "http://[", "\n", "\n \n", "1", "a_", "(", "\"", "=", "e\u0301",
  ]) holds(fill(part));
  holds((length) => "https://a" + ")".repeat(length));
  holds((length) => "https://a/" + ")".repeat(length));
  holds((length) => "https://a/" + ".".repeat(length));
  holds((length) => "https://a/" + "(".repeat(length / 2) + ")".repeat(length / 2));
  holds((length) => "```" + " ".repeat(length) + "!\na");
  holds((length) => "`".repeat(length / 2) + " ".repeat(length / 2) + "!\na");
  holds((length) => "*a _b ".repeat(length / 12) + "c* d_ ".repeat(length / 12));
  holds((length) => "*".repeat(length / 2) + "a* ".repeat(length / 6));
  holds((length) => "@a" + "\u0301".repeat(length));
  holds((length) => "1".repeat(length) + "x");
  holds((length) => Array.from({length: Math.sqrt(2 * length)}, (_, at) => "`".repeat(at)).join(" "));
});

test("texts of all kinds of parts take time in proportion to their length", () => {
  const parts = [
    "a", "b ", "*", "**", "_", "~~", "`", "```", "\n", "> ", "- ", "1. ", "[", "](", ")", "]", "(", "\\", ":", "é", "中", "。", " ", "https://", "https://a",
    "www.", "@", "@a", "#", "#x", "mailto:", "a@b.", "a@b.c", "/", "?", "<", "{", "}", "'", "\"", "=", "1", ".", "\u0301", "\u200d", "😀", "http://[", "\t",
  ];
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const some = (most) => Array.from({length: 1 + random(most)}, () => parts[random(parts.length)]).join("");
  const rounds = process.env.LONG ? 600 : 10;
  for (let round = 0; round < rounds; round++) {
    const [before, middle, then, after] = [random(2) ? some(3) : "", some(4), random(3) ? "" : some(3), random(3) ? "" : some(3)];
    holds((length) => before + middle.repeat(length / middle.length) + then.repeat(then && length / then.length) + after);
  }
});

test("however much markup is in a text, the page draws a few hundred pieces of it, and nothing is lost", () => {
  const count = (piece) => (typeof piece === "string" ? 0 : 1 + [piece.inside ?? [], piece.items ?? []].flat(2).reduce((sum, one) => sum + count(one), 0));
  const words = (piece) => (typeof piece === "string" ? piece : (piece.text ?? "") + [piece.inside ?? [], piece.items ?? []].flat(2).map(words).join(""));
  for (const part of ["*a* ", "- a\n", "1. a\n", "> - a\n\n", "`a` ", "https://a.b ", "[a](https://b) ", ":smile: ", "@Ann ", "```\na\n```\n", "**a *b* c** "]) {
    const tree = withNames(parse(part.repeat(1000)), names);
    assert.ok(tree.reduce((sum, one) => sum + count(one), 0) < 2_000, part);
    assert.equal(tree.map(words).join("").match(/[aA]|😄|:smile:/g).length, 1000, part);
  }
});
