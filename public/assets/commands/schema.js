// Which slash commands there are, and how their fields are written.

import {has, t, translated} from "../i18n/index.js";
import {LISTED_AS, OWN} from "./own.js";

const unwritten = ({type}) => type === "object" || type === "list";

/** What people call fields of built-in actions; null where only programs write them. */
const CALLED = {
  "join-channel": {message: "channel", history: null, changes: null, timeline: null},
  "leave-channel": {message: "channel"},
  who: {find: "name", after: null, limit: null},
};

/** The actions that can be written as commands, and the page's own. */
export function commands(actions) {
  const found = actions.filter(({command, parameters}) => command !== false && !parameters.some((one) => one.required && unwritten(one)));
  const names = new Set(actions.map(({name}) => name));
  const own = OWN.filter(({name, needs}) => !found.some((one) => one.name === name) && (!needs || names.has(needs)));
  return [...found, ...own].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Those that are listed: each under one name. */
export function listedCommands(actions) {
  const all = commands(actions);
  return all.filter(({name}) => !all.some((one) => one.name === LISTED_AS[name] && one.run));
}

/** The page's own command of this name, which the server does not know; a plugin may have one of the same name. */
export const ownCommand = (name, actions) => (actions.some((one) => one.name === name && one.command !== false) ? undefined : OWN.find((one) => one.name === name));

/** The fields that users write, each with what they call it: not the channel, which is the open one, and no structured ones. */
export function written({name, parameters}) {
  const own = CALLED[name] ?? {};
  return parameters
    .filter((one) => one.name !== "target" && !unwritten(one) && own[one.name] !== null)
    .map((one) => ({
      ...one,
      required: one.required || name === "join-channel", // where `target` is another way to name it
      called: own[one.name] ? t(`command.${own[one.name]}`) : has(`command.as-${one.name}`) && OWN.some((other) => other.name === name) ? t(`command.as-${one.name}`) : one.name,
    }));
}

/** What it does, in the language of the page if it is a built-in one. */
export const about = ({help}) => translated(help).replaceAll("`", "");

/** How a command is written: /roll [sides]. */
export const usage = (action) => [`/${action.name}`, ...fields(action)].join(" ");

/** The command that a text begins with: how it is written, what it does, and the action whose form there is; undefined: none. */
export function commandOf(actions, text) {
  const found = text.startsWith("/") && commands(actions).find(({name}) => text.startsWith(`/${name} `));
  return found ? {usage: usage(found), about: about(found), form: written(found).length > 0 && found} : undefined;
}

/** How its fields are written. */
export const fields = (action) => written(action).map((one) => (one.required ? one.called : `[${one.called}]`));
