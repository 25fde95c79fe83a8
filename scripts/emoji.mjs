// Makes the lists of emoji from one source, the npm package emojibase-data: node scripts/emoji.mjs. Needs npm and tar.
//
//   tornado_chat/chat/emoji.txt       what one can react with
//   public/assets/text/emoji_table.js     what has a name (`:tada:`), and can be picked
//   public/assets/text/emoji_words_*.js   words by which the picker finds it, one file a language
//
// For the next version of Unicode: SOURCE, INTEGRITY (`npm view emojibase-data@VERSION dist.integrity`), and the version in vendor/LICENSES.

import {execFileSync} from "node:child_process";
import {createHash} from "node:crypto";
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {fileURLToPath} from "node:url";

const SOURCE = "emojibase-data@17.0.0";
const INTEGRITY = "sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA==";
const LANGUAGES = ["en", "zh"]; // of the page
const COMPONENT = 2; // the group of skin tones and hair, which are no emoji by themselves
const TAGS = 4; // search words of an emoji, beside its label
const WIDTH = 130; // of a line of the table

// Names that win over those of the source: texts may have been written with them.
const NAMES = `
100 💯 v ✌️ x ❌ dizzy_star 💫 monkey_walking 🐒 slight_smile 🙂 upside_down 🙃 zany 🤪 money_mouth 🤑 shushing 🤫 zipper_mouth 🤐 neutral 😐 eye_roll 🙄 sick 🤒
nauseated 🤢 sneezing 🤧 hot 🥵 cold 🥶 dizzy 😵 exploding 🤯 cowboy 🤠 partying 🥳 cool 😎 nerd 🤓 frowning 🙁
pleading 🥺 tired 😫 yawning 🥱 clown 🤡 vulcan 🖖 pinched 🤌 rock_on 🤘 call_me 🤙 point_up 👆 fox 🦊 panda 🐼
monkey 🐵 tree 🌳 clover 🍀 burger 🍔 chocolate 🍫 wine 🍷 earth 🌍 sun ☀️ rain 🌧️ moon 🌙 confetti 🎊 medal 🏅 game 🎮
die 🎲 music 🎵 movie 🎬 phone 📱 pencil ✏️ mail ✉️ inbox 📥 calendar 📅 chart 📈 train 🚆 alarm ⏰ hourglass ⏳ speech 💬
thought 💭 check ✅ plus ➕ minus ➖ blue_circle 🔵 up ⬆️ down ⬇️ left ⬅️ right ➡️`;

/** The source's files: read(path), parsed. It is fetched once and not kept. */
function fetched() {
  const folder = mkdtempSync(join(tmpdir(), "emoji-"));
  try {
    const [{filename}] = JSON.parse(execFileSync("npm", ["pack", "--json", SOURCE], {cwd: folder, stdio: ["ignore", "pipe", "ignore"]}));
    const packed = readFileSync(join(folder, filename));
    const found = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
    if (found !== INTEGRITY) throw new Error(`${SOURCE} is another one: ${found}`);
    execFileSync("tar", ["xzf", filename], {cwd: folder});
    const read = (path) => JSON.parse(readFileSync(join(folder, "package", path), "utf8"));
    const files = {en: read("en/data.json"), zh: read("zh/data.json")};
    return {files, codes: ["github", "emojibase"].map((name) => read(`en/shortcodes/${name}.json`))};
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** As Unicode spells it when fully qualified: what is a picture by itself needs no sign that asks for one. */
const spelled = ({emoji}) => emoji.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");

/** Words in lines of a width. */
function wrapped(words) {
  const lines = [""];
  for (const word of words) {
    if (lines.at(-1).length + word.length >= WIDTH) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trimStart());
  }
  return lines.join("\n");
}

const {files, codes} = fetched();
const known = files.en.filter(({group}) => group !== undefined && group !== COMPONENT).sort((one, other) => one.order - other.order);
const unicode = Math.max(...known.map(({version}) => version)).toFixed(1);
const source = `Unicode Emoji ${unicode}, from the npm package ${SOURCE} (MIT), by scripts/emoji.mjs`;
const place = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const all = known.flatMap((one) => [one, ...(one.skins ?? [])]).map(spelled);
writeFileSync(place("tornado_chat/chat/emoji.txt"), `# ${source}: all, as Unicode spells them when fully qualified.\n${all.join("\n")}\n`);

const named = new Map([...NAMES.matchAll(/(\S+) (\S+)/g)].map(([, name, character]) => [name, character]));
const WORTH = /^(?!\d+$).{2,}$/; // others stand between colons in times and the like
for (const one of known) {
  const free = (names) => names.filter((name) => WORTH.test(name) && !named.has(name));
  const slug = one.label.toLowerCase().match(/[a-z0-9]+/g).join("_");
  const names = [...codes.map((code) => free([code[one.hexcode] ?? []].flat())), [...named.values()].includes(spelled(one)) ? [] : free([slug])];
  for (const name of names.find(({length}) => length) ?? []) named.set(name, spelled(one));
}
const entries = known.flatMap((one) => {
  const names = [...named].filter(([, character]) => character === spelled(one)).map(([name]) => name);
  return [spelled(one), ...(one.skins?.length === 5 ? ["*"] : []), ...names];
});
const table = `// ${source}.
// After each: "*" if it comes in five skin tones, then its names.

export const TABLE = \`
${wrapped(entries)}\`;
`;
writeFileSync(place("public/assets/text/emoji_table.js"), table);

for (const language of LANGUAGES) {
  const words = new Map(files[language].map((one) => [one.hexcode, one]));
  const lines = known.map(({hexcode}) => {
    const {label, tags = []} = words.get(hexcode);
    return [label, ...tags.filter((tag) => !label.includes(tag)).slice(0, TAGS)].join("|");
  });
  const text = `// ${source}.
// Of each emoji of emoji_table.js, in its order: what it is, and more words by which it is found.

export const WORDS = \`
${lines.join("\n")}\`;
`;
  writeFileSync(place(`public/assets/text/emoji_words_${language}.js`), text);
}
console.log(`Unicode Emoji ${unicode}: ${all.length}, ${known.length} of them to pick`);
