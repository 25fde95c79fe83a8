// The last known conversation, shown at the next visit before the server has answered; and where one was, further up, in this tab.

import {OURS} from "./storage.js";

const MOST = 100; // messages: as many as a join brings
export const KEY = "conversation";

/** Keep the newest messages of the channel in view, without what only this person sees. Once signed out, nothing is kept. */
export function keepConversation({channels, current, session, storage}) {
  const channel = channels.get(current);
  const messages = channel?.lines.filter(({seq}) => seq) ?? [];
  const whole = channel?.joined && !channel.later && channel.catching === null;
  if (!session.user || !storage.read("name", "") || !whole || !messages.length) return;
  storage.write(KEY, {
    token: session.token,
    user: session.user.id,
    channel: channel.name,
    epoch: channel.epoch,
    mentions: channel.mentions,
    more: channel.more || messages.length > MOST,
    messages: messages.slice(-MOST),
  });
}

/** Show what was kept if it is the same user: the token is the same, or the server says who it is. Otherwise forget it. */
export function restoreConversation(chat) {
  const {account, token} = chat.session;
  const kept = chat.storage.read(KEY, null);
  if (!kept || (!token && !account.known)) return;
  const same = token ? kept.token === token : kept.user === account.user?.id;
  if (!same || !chat.channels.has(kept.channel)) return chat.storage.write(KEY, undefined);
  const channel = chat.channels.get(kept.channel);
  channel.merge(kept.messages);
  Object.assign(channel, {epoch: kept.epoch, mentions: kept.mentions, more: kept.more});
  chat.session.restored = {user: kept.user, channel};
}

/** Remove what was restored if the server says that this is another user. */
export function checkConversation(session, user) {
  const {restored} = session;
  session.restored = null;
  if (!restored || restored.user === user.id) return;
  restored.channel.renew({messages: [], more: false});
  Object.assign(restored.channel, {epoch: "", mentions: 0, seq: 0});
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
