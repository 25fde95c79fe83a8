// The texts of the page. Each language is one file; only the one in use is loaded.

/** code (name of the file) -> its own name */
export const LANGUAGES = {en: "English", zh: "简体中文"};

let spoken = {lang: "en", dir: "ltr", words: {}};
const folders = new Set([""]); // whose words are loaded
let plural;
let tag; // for Intl: the reader's own variety of the language, with its way to write a time
let hours; // of the day, for Intl: undefined as the variety has it
let edition = 0; // counts changes of all this

/** The code of the first language wanted (BCP 47 tags, best first) that there is. */
export function choose(wanted) {
  return wanted.map((one) => one.toLowerCase().split("-")[0]).find((code) => code in LANGUAGES) ?? "en";
}

const load = async (folder, code) => (await import(`./${folder}${code}.js`)).default;

/** Load the texts of a folder of their own, too: those of another page, or of what is loaded later. */
export async function learn(name) {
  const [folder, wanted] = [`${name}/`, spoken];
  folders.add(folder);
  if (!plural) return; // `speak` loads them
  const words = await load(folder, language());
  if (spoken !== wanted) return learn(name); // another language was chosen meanwhile
  Object.assign(spoken.words, words);
}

/** Load a language and use it from now on; the promise is {lang, dir} for the root element. cycle: "12" or "24" hours. */
export async function speak(code, wanted = [], cycle = "") {
  const [language, ...more] = await Promise.all(Array.from(folders, (folder) => load(folder, code)));
  spoken = {...language, words: Object.assign({}, language.words, ...more)};
  tag = wanted.find((one) => choose([one]) === code && one.toLowerCase().startsWith(code)) ?? language.lang;
  plural = new Intl.PluralRules(language.lang);
  hours = {12: "h12", 24: "h23"}[cycle];
  edition++;
  formats.clear();
  return language;
}

/** The code of the language in use. */
export const language = () => spoken.lang.split("-")[0];

/** Another value once words or times are written differently: for what is drawn again only when a property changes. */
export const spelling = () => edition;

/** The text of a key; `{name}` in it becomes values.name, and values.count chooses the plural form. */
export const t = (key, values) => rich(key, values).join("");

/** Whether there are words for a key. */
export const has = (key) => key in spoken.words;

/** The same in pieces; values may be drawn elements. */
export function rich(key, values = {}) {
  let said = spoken.words[key];
  if (said === undefined) throw new Error(`No words for ${key}`);
  if (typeof said === "object") said = said[plural.select(values.count)];
  return said.split(/\{(\w+)\}/).map((piece, at) => {
    const value = at % 2 ? values[piece] : piece;
    return typeof value === "number" ? format("NumberFormat", "number", {}).format(value) : value;
  });
}

/** The text for an error: that of its code, which may include the server's; else the server's. */
export function explain({code, message}) {
  const words = translated(message.replace(/^(target: |\w+: (?=a name |nothing in |text has ))/, "")); // a word of the wire
  const key = code === "not-found" && message.includes("channel") ? "no-channel" : code;
  return `error.${key}` in spoken.words ? t(`error.${key}`, {words}) : words;
}

/** A sentence of the server in the language in use, if that has a translation for it: {sentences, characters}. */
export function translated(words) {
  for (const [english, own] of spoken.sentences ?? []) {
    const found = words.match(new RegExp(`^${english}$`));
    if (found) return own.replace("{}", spoken.characters[found[1]] ?? found[1]);
  }
  return words;
}

/** Names as a list, in pieces: [{type: "element" or "literal", value}]. */
export const listed = (names) => format("ListFormat", "list", {type: "conjunction"}).formatToParts(names);

// Intl's formatters are slow to make: each is made once.

const formats = new Map();

/** Intl[kind], made once for each name. */
export function format(kind, name, options) {
  if (!formats.has(name)) formats.set(name, new Intl[kind](tag, options));
  return formats.get(name);
}

export const clock = (time) => format("DateTimeFormat", "clock", {hour: "numeric", minute: "2-digit", hourCycle: hours}).format(time);
export const fullDate = (time) => format("DateTimeFormat", "full", {dateStyle: "full", timeStyle: "medium", hourCycle: hours}).format(time);

export const fullDay = (time) => format("DateTimeFormat", "full day", {dateStyle: "full"}).format(time);

/** The day of a time in words: "Today, 3 March", "Yesterday, 2 March", "Monday, 1 March". */
export function day(time, now = Date.now()) {
  const date = new Date(time);
  const today = new Date(now);
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  const short = () => format("DateTimeFormat", "short", {day: "numeric", month: "long"}).format(date);
  if (date.toDateString() === today.toDateString()) return t("day.today", {date: short()});
  if (date.toDateString() === yesterday.toDateString()) return t("day.yesterday", {date: short()});
  return date.getFullYear() === today.getFullYear()
    ? format("DateTimeFormat", "day", {weekday: "long", day: "numeric", month: "long"}).format(date)
    : format("DateTimeFormat", "year", {dateStyle: "long"}).format(date);
}
