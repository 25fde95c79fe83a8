// Which slash commands there are, and how their fields are written.

const unwritten = ({type}) => type === "object" || type === "list";

/** The actions that can be written as commands. */
export const commands = (actions) =>
  actions.filter(({command, parameters}) => command !== false && !parameters.some((one) => one.required && unwritten(one)));

/** The fields that users write: not the channel, which is the open one, and no structured ones. */
export function written({parameters}) {
  return parameters.filter((one) => one.name !== "target" && !unwritten(one));
}

/** How a command is written: /roll [sides]. */
export function usage(action) {
  return ["/" + action.name, ...written(action).map((one) => (one.required ? `<${one.name}>` : `[${one.name}]`))].join(" ");
}
