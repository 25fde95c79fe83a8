// Completes the word before the caret: /commands, @people, #channels, :emoji. No DOM.

import {fold} from "../text/characters.js";
import {t} from "../i18n/index.js";
import {lacks} from "../state/may.js";
import {about, fields, listedCommands} from "./schema.js";
import {EMOJI} from "../text/emoji.js";

const MOST = 8;

/**
 * Return {kind, from, options, count}, or null. `from`: where the word begins that an option's `text` replaces. `count`: of those that can
 * be taken; after them come those with `why`, the reason that they cannot.
 * people, channels: names; outside: names of people who are not in the channel; all(): see everyone; actions: those of `hello`.
 */
export function complete(text, caret, {actions, people, outside = [], all = () => [], channels}) {
  const before = text.slice(0, caret);
  const [sign, from] = begun(before);
  if (from < 0) return null;
  const word = fold(before.slice(from + 1));
  let options = [];
  if (sign === "/") {
    options = rank(listedCommands(actions), word, ({name}) => name, Infinity)
      .map((action) => ({name: action.name, label: `/${action.name}`, more: fields(action).join(" "), detail: about(action), text: `/${action.name} `}));
  } else if (sign === ":") {
    options = rank([...EMOJI].sort(([one], [other]) => one.length - other.length), word, ([name]) => name) // the nearest name first
      .map(([name, character]) => ({name, label: `${character} :${name}:`, text: `${character} `}));
  } else {
    const option = (name) => ({name, label: sign + name, text: `${sign}${name} `});
    options = rank(sign === "@" ? people : channels, word, (name) => name).map(option);
    if (sign === "@" && word) options.push(...rank(outside, word, (name) => name, MOST - options.length).map((name) => ({...option(name), detail: t("people.outside")})));
    const taken = new Set(people.map(fold));
    const begins = (name) => fold(name).startsWith(word) && !taken.has(fold(name));
    if (sign === "@") options.push(...all().flatMap(({words, ...more}) => words.filter(begins).slice(0, 1).map((name) => ({...option(name), ...more}))));
    options.sort((one, other) => Boolean(one.why) - Boolean(other.why));
  }
  const whole = options.length === 1 && fold(options[0].name) === word && sign !== ":";
  return options.length && !whole ? {kind: sign, from, options, count: options.filter(({why}) => !why).length} : null;
}

/** The words that mention all of a channel: {words, detail: whom they reach, why: the reason that they do not}. */
function everyone(chat, channel) {
  if (!chat.served || channel.kind === "direct") return [];
  const no = lacks(chat, channel, "send-message", {mentions: ["@channel"]});
  const why = no?.rule && (no.rule === "channel-role" ? t("all.needs") : no.needs);
  const counts = {here: channel.count, channel: channel.about.members ?? channel.count};
  return Object.keys(counts).map((name) => ({words: [name, t(`all.${name}`)], detail: why || t(`all.reach-${name}`, {count: Math.max(0, counts[name] - 1)}), why}));
}

const FOUND = 20; // people in one answer
const ASK_AFTER = 150; // ms without another key
let asking = 0;

/** What can be completed in a channel: see complete. */
export function known(chat, channel) {
  const {actions, found = [], named, user: me} = chat;
  const users = new Map([...channel.users.values(), ...Array.from(channel.ranks?.values() ?? [], ({user}) => user), ...(channel.found ?? [])].map((user) => [user.id, user]));
  const names = (all) => [...new Set(Array.from(all, ({name}) => name))];
  const outside = (channel.outside ?? []).filter(({id}) => !users.has(id) && id !== me?.id);
  users.delete(me?.id);
  const people = names(users.values());
  return {actions, people, all: () => everyone(chat, channel), outside: names(outside).filter((name) => !people.includes(name)), channels: [...new Set([...named, ...found])]};
}

/** Ask the server for people whom the page does not know, of the channel and others, and for channels, by the start of a name. */
export function lookUp(chat, channel, before) {
  clearTimeout(asking);
  const [sign, from] = begun(before);
  const find = fold(before.slice(from + 1));
  if (sign === "#" && find && chat.served) asking = setTimeout(() => findChannels(chat, find), ASK_AFTER);
  if (sign !== "@" || !find) return;
  if (channel.nobody && find.startsWith(channel.nobody)) return; // the sentence goes on
  asking = setTimeout(() => findPeople(chat, channel, find).then(chat.changed, () => {}), ASK_AFTER); // asked again with the next key
}

async function findPeople(chat, channel, find) {
  const all = Math.max(channel.count, channel.about.members ?? 0);
  const whole = all <= Math.max(channel.users.size, channel.moreRanks ? 0 : channel.ranks?.size ?? 0); // whether all of the channel are known
  const ask = (action, fields) => chat.connection.call(action, {find, limit: FOUND, ...fields});
  const [here, members, anybody] = await Promise.all([
    !whole && ask("who", {target: channel.name}), !whole && chat.served && ask("members", {target: channel.name}), chat.served && ask("users"),
  ]);
  if (!whole) channel.found = [...here.users, ...(members ? members.members : []).map(({user}) => user)];
  // Where not all members were named, anybody may be one.
  channel.outside = anybody && !here.more && !members.more ? anybody.users.map(({user}) => user) : [];
  channel.nobody = (whole ? 0 : channel.found.length) + channel.outside.length ? "" : find;
}

async function findChannels(chat, find) {
  const {channels} = await chat.connection.call("browse", {find, limit: 20}).catch(() => ({channels: []}));
  chat.found = channels.filter(({kind}) => kind === "public").map(({channel}) => channel);
  chat.changed();
}

/** The sign of the word before the caret, and its position or -1. Names of people may contain blanks. */
function begun(before) {
  if (/^\/\S*$/.test(before)) return ["/", 0];
  const found = before.match(/(?:^|[\s(])(?:(:)[a-z0-9_+-]{2,}|([#])[^\s#]*|(@)[^@\n]{0,64})$/);
  if (!found) return ["", -1];
  const sign = found[1] ?? found[2] ?? found[3];
  return [sign, before.lastIndexOf(sign)];
}

/** Those whose name begins with a word, then those with a later word in it that does. */
function rank(all, word, nameOf, most = MOST) {
  const first = [];
  const then = [];
  for (const one of all) {
    const name = fold(nameOf(one));
    if (name.startsWith(word)) first.push(one);
    else if (name.split(/[\s_-]/).some((part) => word && part.startsWith(word))) then.push(one);
  }
  return [...first, ...then].slice(0, most);
}
