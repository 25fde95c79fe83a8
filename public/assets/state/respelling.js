// The server spells the name of a channel in one way, whatever was typed. Loaded when needed.

/** Move what is written in a channel to the one of the server's spelling. Return that. */
export function respell(chat, {name: before, attached, draft, wanted}, name) {
  const channel = chat.know(name);
  for (const item of chat.outbox.all(before)) {
    item.target = name;
    chat.outbox.keep(item);
  }
  if (draft && !channel.draft) chat.storage.write(`draft/${name}`, (channel.draft = draft));
  if (attached.length) chat.storage.write(`attached/${name}`, (channel.attached = [...attached, ...channel.attached]));
  channel.wanted ??= wanted;
  chat.forgetStored(before);
  if (chat.current === before) chat.current = name;
  chat.channels.delete(before);
  chat.keep(before, false);
  chat.keep(name);
  return channel;
}
