// Completes the word before the caret: /commands, @people, #channels, :emoji. No DOM.

import {fold} from "../text/characters.js";
import {about, commands, fields} from "./schema.js";
import {EMOJI} from "../text/emoji.js";

const MOST = 8;

/**
 * Return {kind, from, options}, or null. `from`: where the word begins that an option's `text` replaces.
 * people, channels: names; actions: those of `hello`.
 */
export function complete(text, caret, {actions, people, channels}) {
  const before = text.slice(0, caret);
  const [sign, from] = begun(before);
  if (from < 0) return null;
  const word = fold(before.slice(from + 1));
  let options = [];
  if (sign === "/") {
    options = rank(commands(actions), word, ({name}) => name, Infinity)
      .map((action) => ({name: action.name, label: `/${action.name}`, more: fields(action).join(" "), detail: about(action), text: `/${action.name} `}));
  } else if (sign === ":") {
    options = rank([...EMOJI], word, ([name]) => name)
      .map(([name, character]) => ({name, label: `${character} :${name}:`, text: `${character} `}));
  } else {
    options = rank(sign === "@" ? people : channels, word, (name) => name)
      .map((name) => ({name, label: sign + name, text: `${sign}${name} `}));
  }
  const whole = options.length === 1 && fold(options[0].name) === word && sign !== ":";
  return options.length && !whole ? {kind: sign, from, options} : null;
}

const ASK_AFTER = 150; // ms without another key
let asking = 0;

/** Ask the server for people of a very large channel whom the page does not know, by the start of a name. */
export function lookUp(chat, channel, before) {
  clearTimeout(asking);
  const [sign, from] = begun(before);
  const find = fold(before.slice(from + 1));
  if (sign !== "@" || !find || channel.count <= channel.users.size) return;
  if (channel.nobody && find.startsWith(channel.nobody)) return; // the sentence goes on
  asking = setTimeout(async () => {
    try {
      channel.found = (await chat.connection.call("who", {target: channel.name, find, limit: 20})).users;
      channel.nobody = channel.found.length ? "" : find;
    } catch {
      return; // asked again with the next key
    }
    chat.changed();
  }, ASK_AFTER);
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
