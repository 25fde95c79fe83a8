// Keeps the conversation for the next visit, when the page is hidden or goes: see last_conversation.js. Loaded with the dialogs.

import {LAST} from "./storage.js";

const MOST = 100; // messages: as many as a join brings

/** Keep the newest messages of the channel in view, without what only this person sees. Once signed out, nothing is kept. */
export function keepConversation({channels, current, session, storage}) {
  const channel = channels.get(current);
  const messages = channel?.lines.filter(({seq}) => seq) ?? [];
  const whole = channel?.joined && !channel.later && channel.catching === null;
  if (!session.user || !storage.read("name", "") || !whole || !messages.length) return;
  storage.write(LAST, {
    token: session.token,
    user: session.user.id,
    channel: channel.name,
    epoch: channel.epoch,
    known: channel.known,
    mentions: channel.mentions,
    more: channel.more || messages.length > MOST,
    messages: messages.slice(-MOST),
  });
}

/** Remove the texts of deleted messages, by their seqs, from what is stored. */
export function forgetTexts({storage}, channel, gone) {
  const {name} = channel;
  for (const one of [channel, channel.thread]) {
    if (gone.has(one?.editing?.seq)) storage.write(`edit/${one.key}`, (one.editing = {...one.editing, was: ""}));
  }
  const kept = storage.read(LAST, null);
  if (kept?.channel !== name || !kept.messages.some(({seq, deleted}) => !deleted && gone.has(seq))) return;
  const empty = ({id, seq, rev, sender, time}) => ({id, seq, rev, sender, time, message: "", deleted: {}});
  const messages = kept.messages.map((one) => (gone.has(one.seq) ? channel.get(one.seq) ?? empty(one) : one));
  storage.write(LAST, {...kept, messages});
}
