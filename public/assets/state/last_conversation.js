// The last known conversation, shown at the next visit before the server has answered; and where one was, further up, in this tab.

import {LAST, OURS} from "./storage.js";

/** Keep of the stored messages of a channel, which has been joined, those that are here, in their present state. */
export function refreshConversation({session, storage}, channel) {
  if (session.keptIn !== channel.name) return;
  session.keptIn = undefined;
  const kept = storage.read(LAST, null);
  if (kept?.channel !== channel.name) return;
  const messages = kept.messages.flatMap(({seq}) => channel.get(seq) ?? []);
  storage.write(LAST, {...kept, epoch: channel.epoch, known: channel.known, messages});
}

/** Show what was kept if it is the same user: the token is the same, or the server says who it is. Otherwise forget it. */
export function restoreConversation(chat) {
  const {account, token} = chat.session;
  const kept = chat.storage.read(LAST, null);
  if (!kept || (!token && !account.known)) return;
  const same = token ? kept.token === token : kept.user === account.user?.id;
  if (!same || !chat.channels.has(kept.channel)) return chat.storage.write(LAST, undefined);
  const channel = chat.channels.get(kept.channel);
  channel.load(kept.messages);
  const known = kept.known ?? channel.last; // the version before kept none
  Object.assign(channel, {epoch: kept.epoch, known, mentions: kept.mentions, more: kept.more});
  chat.session.restored = {user: kept.user, channel};
  chat.session.keptIn = kept.channel;
}

/** Remove what was restored if the server says that this is another user. */
export function checkConversation(session, user) {
  const {restored} = session;
  session.restored = null;
  if (!restored || restored.user === user.id) return;
  restored.channel.renew({messages: [], more: false});
  Object.assign(restored.channel, {epoch: "", known: 0, mentions: 0});
}

const PLACES = `${OURS}places`;

export function keepPlaces({channels}) {
  const places = Array.from(channels, ([name, {place, placed}]) => [name, place ?? placed?.()]);
  try {
    sessionStorage.setItem(PLACES, JSON.stringify(places));
  } catch {
    // storage is forbidden
  }
}

export function recallPlaces({channels}) {
  try {
    for (const [name, place] of JSON.parse(sessionStorage.getItem(PLACES)) ?? []) if (channels.has(name)) channels.get(name).place = place;
  } catch {
    // storage is forbidden, or what is there is not ours
  }
}
