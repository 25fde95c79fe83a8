// What plugins draw in a channel.

/** Show what a plugin draws, {view, draw}, in the place of a message's text, or in the box with this key; a new box is added at the end. */
export function box(channel, plugin, key, drawn, message) {
  if (message) return channel.drawn.set(message, {plugin, ...drawn});
  const id = `plugin ${plugin} ${key}`;
  const at = channel.lines.findIndex((line) => line.id === id);
  if (at < 0) channel.note({plugin, ...drawn, time: Date.now()}, id);
  else channel.lines[at] = {...channel.lines[at], ...drawn};
}

/** Remove all that a plugin has drawn. */
export function unbox(channel, plugin) {
  for (const [id, drawn] of channel.drawn) if (drawn.plugin === plugin) channel.drawn.delete(id);
  channel.lines = channel.lines.filter((line) => !line.view || line.plugin !== plugin);
}
