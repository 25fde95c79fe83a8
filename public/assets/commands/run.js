// Parses and runs slash commands. Loaded when the page has come to rest, or with the first command.
// tests/commands.json has the grammar by example; tornado_chat/testing/slash.py follows it, too.

import {shorten} from "../text/characters.js";
import {commands, ownCommand, usage, written} from "./schema.js";
import {fullDate, t} from "../i18n/index.js";
import {leave} from "../state/leaving.js";

/** Split words at blanks; quotes keep them together. */
function words(text) {
  return Array.from(text.matchAll(/([^\s"=]+=)?"([^"]*)"|\S+/g), (found) =>
    found[2] === undefined ? found[0] : (found[1] ?? "") + found[2],
  );
}

function convert(value, parameter) {
  const wrong = (kind, values) => new Error(t(`command.${kind}`, {field: parameter.called, ...values}));
  switch (parameter.type) {
    case "int":
      if (!/^-?\d+$/.test(value)) throw wrong("int");
      return Number(value);
    case "float":
      if (!/^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value) || !Number.isFinite(Number(value))) throw wrong("float");
      return Number(value);
    case "bool":
      if (!/^(true|false|yes|no)$/i.test(value)) throw wrong("bool");
      return /^(true|yes)$/i.test(value);
    case "choice": {
      const choice = parameter.choices.find((one) => String(one) === value);
      if (choice === undefined) throw wrong("choice", {choices: parameter.choices.map(String).join(", ")});
      return choice;
    }
    default:
      return value;
  }
}

/**
 * Parse a line: null if it is no command, else {action, fields}. The last text field takes the rest of the line.
 * Throws an Error with words for the user.
 */
export function parse(line, actions) {
  if (!line.startsWith("/") || line.startsWith("//")) return null;
  const [, name, rest] = line.match(/^\/(\S*)\s*([^]*)$/);
  const action = commands(actions).find((one) => one.name === name);
  if (!action) throw new Error(t("command.unknown", {name: shorten(name, 32)}));
  const parameters = written(action);
  const fields = {};
  const given = words(rest);
  const places = parameters.filter((one) => !given.some((word) => word.startsWith(`${one.name}=`)));
  const last = places.at(-1);
  for (let at = 0; at < given.length; at++) {
    const word = given[at];
    const named = parameters.find((one) => word.startsWith(`${one.name}=`));
    const parameter = named ?? places.shift();
    if (!parameter) throw new Error(t("command.more", {usage: usage(action)}));
    if (!named && parameter === last && parameter.type === "str") {
      fields[parameter.name] = given.slice(at).join(" ");
      break;
    }
    fields[parameter.name] = convert(named ? word.slice(named.name.length + 1) : word, parameter);
  }
  const missing = parameters.find((one) => one.required && !(one.name in fields));
  if (missing) throw new Error(t("command.missing", {field: missing.called, usage: usage(action)}));
  return {action: name, fields};
}

/** Run an action in a channel; the promise is rejected with the server's error. */
export async function perform(chat, channel, {action, fields}) {
  const own = ownCommand(action, chat.actions);
  if (own?.run) return own.run(chat, channel, Object.values(fields).join(" "));
  if (own) {
    const {listOf} = await import("../ui/messages/help.js");
    return chat.say(channel.name, t("command.these"), listOf(chat.actions));
  }
  const answer = await chat.connection.call(action, {target: channel.name, ...fields});
  if (action === "join-channel") chat.open(answer.channel);
  else if (action === "leave-channel") leave(chat, answer.channel);
  else if (action === "who") chat.say(chat.current, answer.users.map((user) => user.name).join(", "));
  else if (action === "ban") chat.say(chat.current, t("command.banned", {whom: answer.name || answer.whom, until: fullDate(answer.until * 1000), lift: `/unban ${answer.whom}`}));
  else if ("ended" in answer) chat.say(chat.current, t("command.ended", {count: answer.ended}));
}
