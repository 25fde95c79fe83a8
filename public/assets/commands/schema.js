// Slash commands: what the server's actions are called here, and how their fields are written.

const unwritten = ({type}) => type === "object" || type === "list";

/** The actions that can be written as commands. */
export const commands = (actions) =>
  actions.filter(({command, parameters}) => command !== false && !parameters.some((one) => one.required && unwritten(one)));

/** The fields that a person writes: not the channel, which is the one that is open, nor what has a structure. */
export function written({parameters}) {
  return parameters.filter((one) => one.name !== "target" && !unwritten(one));
}

/** How a command is written: /roll [sides]. */
export function usage(action) {
  return ["/" + action.name, ...written(action).map((one) => (one.required ? `<${one.name}>` : `[${one.name}]`))].join(" ");
}
