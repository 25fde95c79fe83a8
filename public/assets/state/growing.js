// Messages that are being written: what is added to them. Loaded with the user's list of channels.

import {length} from "../text/characters.js";

const ASK_EVERY = 1_000; // ms
const asked = new WeakMap(); // channel -> {seq of a message: when it was asked for, as something was missing}

/** A message with what a `growing` event adds: the same one if it has that already, null if it lacks something before it. */
export function grown(line, {from, add}) {
  const missing = length(line.message) - from;
  if (missing < 0) return null;
  const more = missing ? Array.from(add).slice(missing).join("") : add;
  return more ? {...line, message: line.message + more} : line;
}

/** Receive a `growing` event of a channel, for its stretch and for the thread that is open. */
export function receive(chat, channel, event) {
  const {about} = event;
  const {thread} = channel;
  let lacks = false;
  function next(line) {
    const found = grown(line, event);
    lacks ||= !found;
    return found ?? line;
  }
  for (const stretch of thread ? [channel, thread] : [channel]) {
    const at = stretch.indexOf(about);
    if (stretch.lines[at]?.growing) stretch.lines[at] = next(stretch.lines[at]);
  }
  if (thread?.root === about && thread.line?.growing) thread.line = next(thread.line);
  if (lacks) ask(chat, channel, about);
}

/** Ask for a message of which something is missing. What comes meanwhile is part of the answer. */
function ask(chat, channel, seq) {
  const times = asked.get(channel) ?? {};
  asked.set(channel, times);
  if (Date.now() - (times[seq] ?? 0) < ASK_EVERY) return;
  times[seq] = Date.now();
  channel.stale.add(seq);
  chat.settled(channel);
}

/** The newest message of a stretch that is being written. */
export const growing = ({lines}) => lines.findLast((line) => line.growing && !line.deleted);
