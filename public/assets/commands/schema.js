// Which slash commands there are, and how their fields are written.

import {t, translated} from "../i18n/index.js";

const unwritten = ({type}) => type === "object" || type === "list";

/** What people call fields of built-in actions; null where only programs write them. */
const CALLED = {
  "join-channel": {message: "channel", history: null},
  "leave-channel": {message: "channel"},
  who: {find: "name", after: null, limit: null},
};

/** The page's own; a plugin may have one of the same name. */
const HELP = {
  name: "help",
  parameters: [],
  get help() {
    return t("command.help");
  },
};

/** The actions that can be written as commands, and /help. */
export function commands(actions) {
  const found = actions.filter(({command, parameters}) => command !== false && !parameters.some((one) => one.required && unwritten(one)));
  return found.some(({name}) => name === HELP.name) ? found : [...found, HELP].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Whether a command is the page's own, which the server does not know. */
export const isOwn = (name, actions) => name === HELP.name && !actions.some((one) => one.name === name);

/** The fields that users write, each with what they call it: not the channel, which is the open one, and no structured ones. */
export function written({name, parameters}) {
  const own = CALLED[name] ?? {};
  return parameters
    .filter((one) => one.name !== "target" && !unwritten(one) && own[one.name] !== null)
    .map((one) => ({
      ...one,
      required: one.required || name === "join-channel", // where `target` is another way to name it
      called: own[one.name] ? t(`command.${own[one.name]}`) : one.name,
    }));
}

/** What it does, in the language of the page if it is a built-in one. */
export const about = ({help}) => translated(help).replaceAll("`", "");

/** How a command is written: /roll [sides]. */
export const usage = (action) => [`/${action.name}`, ...fields(action)].join(" ");

/** How its fields are written. */
export const fields = (action) => written(action).map((one) => (one.required ? one.called : `[${one.called}]`));
