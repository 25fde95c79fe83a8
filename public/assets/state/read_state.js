// How far one has read, here and in the user's other windows.

import {canName, mentionsMe, namesOf} from "../text/mentions.js";

const TELL_EVERY = 2_000; // ms: a busy channel is read many times a second
const KEEP_EVERY = 200; // ms

/** Whether what comes into a channel is seen at once. */
export function seen(chat, channel) {
  return channel.name === chat.current && !chat.away;
}

/** The page is looked at (again): the open channel is read from here on. */
export function look(chat) {
  const channel = chat.channels.get(chat.current);
  if (!channel || chat.away || !chat.user) return;
  if (channel.unread(chat.user.id) && !channel.mark) channel.mark = channel.read || 0.5;
  if (channel.atEnd !== false) readUpTo(chat, channel, channel.seq);
  channel.trim();
}

/** Remember how far one has read; other tabs learn it from what is kept, other machines from the server. */
export function readUpTo(chat, channel, seq) {
  if (seq <= channel.read) return;
  channel.read = seq;
  channel.mentions = 0;
  remember(chat, channel);
}

/** Keep the reading position for the next visit, even that of a newcomer, who has seen nothing new yet. */
export function remember(chat, channel) {
  if (!channel.keeping) {
    keep(chat, channel);
    channel.keeping = setTimeout(() => {
      channel.keeping = null;
      keep(chat, channel);
    }, KEEP_EVERY);
  }
  channel.telling ??= setTimeout(() => {
    channel.telling = null;
    chat.connection.call("read", {target: channel.name, seq: channel.read}).catch(() => {});
  }, TELL_EVERY);
}

function keep(chat, channel) {
  if (chat.channels.get(channel.name) === channel) chat.storage.write(`read/${channel.name}`, channel.read); // not left meanwhile
}

/** Put messages where they belong; what is new and of someone else is read, or marked as unread. */
export function take(chat, channel, messages) {
  channel.early?.push(...messages);
  settle(chat, channel, channel.merge(messages));
}

/** Do what new messages in a channel entail; nobody is notified of old ones. */
export function settle(chat, channel, fresh, old = false) {
  const me = chat.user;
  for (const message of fresh) {
    const mine = message.sender?.id === me.id;
    if (mine && message.ref) chat.outbox.done(message.ref);
    if (message.sender) channel.typing.delete(message.sender.id);
    if (seen(chat, channel) && (mine || channel.atEnd !== false)) readUpTo(chat, channel, message.seq);
    else if (!mine && message.seq > channel.read) {
      channel.mark ||= channel.read;
      const mentioned = canName(message.message) && mentionsMe(message.message, namesOf(chat, channel));
      if (mentioned) channel.mentions++;
      if (!old) chat.tell(channel, message, mentioned);
    }
  }
  channel.trim();
}
