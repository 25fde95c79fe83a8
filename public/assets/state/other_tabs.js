// What the tabs of a browser tell each other through the storage.

/** Another tab has changed what is stored: {folder, name, value}. */
export function changedElsewhere(chat, {folder, name, value}) {
  const {connection, session} = chat;
  const home = chat.channels.get(name.split("\n")[0]);
  const channel = home?.key === name ? home : home?.thread?.key === name ? home.thread : undefined;
  if (folder === "name" && !value) session.end();
  else if (folder === "become") {
    session.reload(); // also where that tab's socket is this one's, which may become the leader again
    if (connection.line.leads === undefined) connection.reconnect();
  } else if (folder === "token" && value && session.state.kind === "out") {
    session.reload();
    connection.connect();
  } else if (folder === "channels") chat.follow(value ?? []);
  else if (folder === "outbox" || folder === "changes") chat.outbox.changedElsewhere(name, value);
  else if (folder === "lost") chat.places?.lost?.changedElsewhere(name, value);
  else if (folder === "draft" && channel) channel.draft = value ?? "";
  else if (folder === "attached" && channel) channel.attached = value ?? [];
  else if (folder === "edit" && channel) channel.editing = value ?? null;
  else if (folder === "reply" && channel) channel.replyTo = value ?? null;
  else if (folder === "reacted" && channel) channel.reacted = value ?? [];
  else if (folder === "read") channel?.readElsewhere(value);
  else if (folder === "unread" && value) channel?.readElsewhere(value.seq, true);
  chat.changed();
}
