// How what the server says of a message becomes what the page knows of it. Nothing is changed in place: a line that is
// another object is another state.

/** The number of a message's last change, or of the message itself. */
export const revOf = ({rev, seq}) => rev ?? seq;

/** The later of two states of a message. While one is being written, it becomes longer between two changes. */
export const newer = (one, other) => (revOf(other) - revOf(one) || (other.growing && other.message.length - one.message.length)) > 0 ? other : one;

/** A message after a `changed` event: the same one if it knows that already, null if it lacks something before it. */
export function applied(line, {seq, after, set}) {
  if (revOf(line) >= seq) return line;
  if (revOf(line) < after) return null;
  const next = {...line, ...set, rev: seq};
  for (const name of Object.keys(set)) if (set[name] === null) delete next[name];
  return next;
}
