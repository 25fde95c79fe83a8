// A message as it will be when what this user did to it and what still waits is done. Pure.

import {revOf} from "./merge.js";

const OF_A_DELETED = ["reactions", "pinned", "edited", "files"];

/** A line under the changes about it: {what, message, key, on, time, number}; `number`: drawn by one that is done. me: id. */
export function laid(line, changes, me) {
  const waits = [];
  let next = line;
  for (const change of changes) {
    if (change.number && revOf(line) >= change.number) continue;
    next = after(next, change, me);
    if (!change.number) waits.push(change.what);
  }
  return next === line ? line : {...next, waits};
}

function after(line, {what, message, key, on, time}, me) {
  if (line.deleted) return line;
  if (what === "edited") return {...line, message, edited: time};
  if (what === "reacted") return {...line, reactions: react(line.reactions ?? [], key, on, me)};
  if (what === "pinned") return {...line, pinned: on ? {by: me, time} : undefined};
  const gone = {...line, message: "", deleted: {by: me, time}};
  for (const name of OF_A_DELETED) delete gone[name];
  return gone;
}

function react(reactions, key, on, me) {
  const one = reactions.find((other) => other.key === key) ?? {key, count: 0, users: []};
  const had = one.users.includes(me);
  if (had && on) return reactions;
  const users = on ? [...one.users, me] : one.users.filter((id) => id !== me);
  const changed = {key, count: one.count + (on ? 1 : -1), users};
  const all = reactions.includes(one) ? reactions.map((other) => (other === one ? changed : other)) : [...reactions, changed];
  return all.filter(({count}) => count > 0);
}
