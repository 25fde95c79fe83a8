import assert from "node:assert/strict";
import {readFileSync, readdirSync} from "node:fs";
import {test} from "node:test";

const assets = new URL("../../public/assets/", import.meta.url);
const {LANGUAGES, choose, clock, day, explain, fullDate, rich, speak, t} = await import(new URL("i18n/index.js", assets));

const FOLDERS = ["admin", "dialogs", "files", "messages", "places", "search"];
const languages = {};
for (const code of Object.keys(LANGUAGES)) {
  const {default: language} = await import(new URL(`i18n/${code}.js`, assets));
  const words = {...language.words};
  for (const folder of FOLDERS) {
    const {default: more} = await import(new URL(`i18n/${folder}/${code}.js`, assets));
    assert.deepEqual(Object.keys(more).filter((key) => key in words), []);
    Object.assign(words, more);
  }
  languages[code] = {...language, words};
}

const sources = Object.fromEntries(
  ["./", "net/", "state/", "text/", "commands/", "i18n/", "plugins/", "ui/", "ui/composer/", "ui/messages/", "ui/dialogs/", "ui/files/", "ui/places/", "ui/search/", "ui/threads/", "ui/admin/"].flatMap((folder) =>
    readdirSync(new URL(folder, assets)).filter((file) => /^(?!en|zh).*\.js$/.test(file))
      .map((file) => [folder + file, readFileSync(new URL(folder + file, assets), "utf8")])),
);
const holes = (said) => [...new Set([said].flatMap((one) => (typeof one === "string" ? one : Object.values(one)))
  .flatMap((one) => one.match(/\{\w+\}/g) ?? []))].sort();

test("every language has a file, and every file is a language", () => {
  const files = readdirSync(new URL("i18n/", assets)).filter((file) => /^(?!index).*\.js$/.test(file)).map((file) => file.replace(".js", ""));
  assert.deepEqual(files.sort(), Object.keys(LANGUAGES).sort());
});

for (const [code, {lang, dir, words}] of Object.entries(languages)) {
  test(`${code} says what English says, with the same values and every plural form`, () => {
    assert.equal(Intl.getCanonicalLocales(lang)[0].split("-")[0], code);
    assert.match(dir, /^(ltr|rtl)$/);
    assert.deepEqual(Object.keys(words).sort(), Object.keys(languages.en.words).sort());
    const forms = new Intl.PluralRules(lang).resolvedOptions().pluralCategories.sort();
    for (const [key, said] of Object.entries(words)) {
      assert.deepEqual(holes(said), holes(languages.en.words[key]), key);
      assert.equal(typeof said, typeof languages.en.words[key], key);
      if (typeof said === "object") assert.deepEqual(Object.keys(said).sort(), forms, key);
    }
  });
}

test("no file says a key twice", () => {
  for (const folder of ["./", ...FOLDERS.map((name) => `${name}/`)]) {
    for (const code of Object.keys(LANGUAGES)) {
      const source = readFileSync(new URL(`i18n/${folder}${code}.js`, assets), "utf8");
      const keys = [...source.matchAll(/^ +("[^"]+"):/gm)].map(([, key]) => key);
      assert.deepEqual(keys.filter((key, place) => keys.indexOf(key) !== place), [], folder + code);
    }
  }
});

test("every key that is asked for has words, and all words are asked for", () => {
  const keys = new Set(Object.keys(languages.en.words));
  const asked = new Set();
  for (const [file, source] of Object.entries(sources)) {
    for (const [, argument] of source.matchAll(/\b(?:t|rich)\(\s*((?:[^,()]|\([^()]*\))*)/g)) {
      for (const [, quoted, begins] of argument.matchAll(/"([^"]+)"|`([\w.-]+)\$\{/g)) {
        const found = [...keys].filter((key) => (quoted ? key === quoted : key.startsWith(begins)));
        if (!found.length && quoted && !quoted.includes(".")) continue; // what a condition compares with
        assert.ok(found.length, `${file}: ${quoted ?? begins}`);
        found.forEach((key) => asked.add(key));
      }
    }
  }
  const all = Object.values(sources).join();
  assert.deepEqual([...keys].filter((key) => !asked.has(key) && !all.includes(`"${key}"`)), []);
});

test("a component has no words of its own", () => {
  for (const [file, source] of Object.entries(sources)) {
    if (!source.includes("html`")) continue;
    const attributes = source.match(/\s(?:aria-label|title|placeholder|alt)="[^"$]+"/g) ?? [];
    assert.deepEqual(attributes, [], file);
    // What stands between two tags and is not put in.
    assert.deepEqual(source.match(/(?<!=)>[^<>${}`();]*[A-Za-z]{2,}[^<>${}`();]*</g) ?? [], [], file);
  }
});

test("the first language wanted that there is, is chosen", () => {
  assert.equal(choose(["fr-CH", "zh-Hans-CN", "en"]), "zh");
  assert.equal(choose(["en-GB", "zh"]), "en");
  assert.equal(choose(["fr", ""]), "en");
  assert.equal(choose([]), "en");
});

test("a count has its form and its digits, a value may be a drawn one", async () => {
  await speak("en");
  assert.equal(t("messages.new", {count: 1}), "1 new message");
  assert.equal(t("messages.new", {count: 1234}), "1,234 new messages");
  assert.deepEqual(rich("typing.one", {name: 7n}), ["", 7n, " is typing…"]);
  await speak("zh");
  assert.equal(t("messages.new", {count: 1}), "1 条新消息");
  assert.throws(() => t("no.such"), {message: "No words for no.such"});
});

test("an error is said in the language by its code, with the server's words where they say more", async () => {
  const errors = readFileSync(new URL("../../tornado_chat/chat/errors.py", import.meta.url), "utf8");
  const [, codes] = errors.match(/class Error\(StrEnum\):([^]*?)\n\n\n/);
  const known = Array.from(codes.matchAll(/= "([\w-]+)"/g), ([, code]) => code).filter((code) => code !== "refused");
  assert.ok(known.length > 10);
  for (const code of known) assert.ok(`error.${code}` in languages.en.words, code);
  await speak("en");
  assert.equal(explain({code: "invalid-field", message: "sides must be a whole number"}), "sides must be a whole number");
  assert.equal(explain({code: "invalid-name", message: "target: a name has 1 to 64 characters"}), "a name has 1 to 64 characters");
  await speak("zh");
  assert.equal(explain({code: "invalid-field", message: "sides is missing"}), "填写有误：sides is missing");
  assert.equal(explain({code: "disconnected", message: "x"}), "连接已断开。");
  assert.equal(explain({code: "refused", message: "not on a Sunday"}), "not on a Sunday");
});

test("what the server says of a name is said in the language, with the character's name where it is a known one", async () => {
  const {refused} = JSON.parse(readFileSync(new URL("../names.json", import.meta.url), "utf8"));
  const said = (what) => explain({code: "invalid-name", message: `target: a name must not contain ${what}`});
  await speak("en");
  assert.equal(said(refused[0][1]), `a name must not contain ${refused[0][1]}`);
  await speak("zh");
  for (const [, what] of refused) assert.match(said(what), /^名字不可用：[^A-Za-z]+(?:[（][\w +-]+）)?$/, what);
  assert.equal(said("an invisible character (zero width space)"), "名字不可用：名字里不能有看不见的字符（零宽空格）");
  assert.equal(said("a character without a meaning (U+E000)"), "名字不可用：名字里不能有没有含义的字符（U+E000）");
  assert.equal(explain({code: "invalid-name", message: "a name has 1 to 64 characters"}), "名字不可用：名字须有 1 到 64 个字符");
  assert.equal(explain({code: "invalid-field", message: "message: nothing in the text can be seen"}), "填写有误：内容里没有可见的字符");
  const server = new URL("../../tornado_chat/", import.meta.url);
  const names = ["chat/", "auth/"].flatMap((folder) => readdirSync(new URL(folder, server)).filter((file) => file.endsWith(".py"))
    .map((file) => readFileSync(new URL(folder + file, server), "utf8"))).join();
  for (const words of ["a name has 1 to ", "a name must not contain ", "nothing in the text can be seen", "text has 1 to ",
    "that name is taken; choose another", "a name must not mix "]) assert.ok(names.includes(words), words);
});

test("times and days are written as the reader's variety of the language writes them", async () => {
  const now = new Date(2026, 2, 3, 15, 4).getTime();
  await speak("en", ["de", "en-GB"]);
  assert.equal(clock(now), "15:04");
  await speak("en", ["en-US"]);
  assert.match(clock(now), /^3:04.PM$/);
  assert.equal(day(now, now), "Today, March 3");
  assert.equal(day(now - 86_400_000, now), "Yesterday, March 2");
  assert.equal(day(now - 5 * 86_400_000, now), "Thursday, February 26");
  assert.equal(day(now - 400 * 86_400_000, now), "January 27, 2025");
  await speak("en", ["en-US"], "24");
  assert.equal(clock(now), "15:04");
  assert.equal(clock(new Date(2026, 2, 3, 0, 4)), "00:04");
  await speak("en", ["en-GB"], "12");
  assert.match(clock(now), /^3:04.pm$/);
  assert.match(fullDate(now), /3:04:00.pm$/);
  await speak("zh", ["zh-CN"]);
  assert.equal(day(now - 86_400_000, now), "昨天，3月2日");
});

test("every icon that a component names is there", async () => {
  const {PATHS} = await import(new URL("ui/icons.js", assets));
  await import(new URL("ui/more_icons.js", assets));
  for (const [file, source] of Object.entries(sources)) {
    for (const [, icon, name = icon] of source.matchAll(/\$\{(?:Icon|Tile)\} name="(\w+)"|\$\{StateCard\} icon="(\w+)"/g)) assert.ok(name in PATHS, `${file}: ${name}`);
  }
});
