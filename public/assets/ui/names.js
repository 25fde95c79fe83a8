// The names of people of whom only ids are known.

import {useEffect, useState} from "../html.js";

/** id of a user -> name: who was here when a reaction of theirs was drawn, or whom the server was asked for; "": it knows none. */
export const seen = new Map();

/** The name of a user: in the channel, or else in any; undefined if this page has not heard of them. */
export function nameOf(chat, channel, id) {
  for (const {users, ranks, lines} of new Set([channel, ...chat.channels.values()])) {
    const line = users.has(id) ? null : lines.findLast(({sender, user}) => (sender ?? user)?.id === id);
    const known = users.get(id) ?? ranks?.get(id)?.user ?? line?.sender ?? line?.user;
    if (known) return known.name;
  }
  return seen.get(id) || undefined;
}

let asking = null; // {ids, answer} that are asked for together

function learnNames(chat, ids) {
  asking ??= {ids: new Set(), answer: new Promise((wait) => setTimeout(wait)).then(() => ask(chat))};
  for (const id of ids) asking.ids.add(id);
  return asking.answer;
}

async function ask(chat) {
  const ids = [...asking.ids];
  asking = null;
  const {users} = await chat.connection.call("users", {ids});
  for (const id of ids) seen.set(id, users.find(({user}) => user.id === id)?.user.name ?? "");
}

/** Users by their ids, [{id, name}]; the name is "" as long as it is not known. */
export function usePeopleOf(chat, channel, ids) {
  const [, drawn] = useState(0);
  const people = ids.map((id) => ({id, name: id.startsWith("plugin:") ? id.slice(7) : nameOf(chat, channel, id) ?? ""}));
  const unknown = people.filter(({id, name}) => !name && !seen.has(id)).map(({id}) => id).join(" ");
  useEffect(() => {
    if (unknown && chat.served) learnNames(chat, unknown.split(" ")).then(() => drawn((count) => count + 1), () => {}); // or no connection
  }, [unknown]);
  return people;
}
