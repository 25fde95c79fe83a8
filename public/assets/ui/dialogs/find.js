// Finding channels by a part of their names, and joining them by their whole name.

import {fold} from "../../text/characters.js";
import {html, useEffect, useState} from "../../html.js";

const ASK_AFTER = 150; // ms without another key
const LIMIT = 100;

/** A name as it is typed, without the # before it. */
export const plain = (word) => word.trim().replace(/^#/, "");

/** What the server's list says of a channel: `label` is what people see; `count`: how many are in it, or its members. */
function read({channel, name = channel, title, members, count = members, ...more}) {
  return {...more, name, count, label: title || name};
}

/** The channels with a word in their names. */
async function ask({connection, served}, word) {
  const {channels, more} = await connection.call(served ? "browse" : "channels", {find: word, limit: LIMIT});
  return {channels: channels.map(read), more, word};
}

/** The server's channels with this word in their names: {channels: [{name, label, count, …}], more}; null before it has answered. */
export function useChannels(chat, word) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let late = false;
    const timer = setTimeout(() => ask(chat, word).then((answer) => late || setFound(answer), () => {}), word && ASK_AFTER);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [word]);
  return found && {...found, current: found.word === word};
}

/** Whether a name contains what was typed. */
export const fits = (name, word) => fold(name).includes(fold(word));

/** Whether the server calls two names the same. */
export const same = (name, word) => name === word.normalize("NFKC");

/** Join a channel by its name, making it if there is none; an Error if that is refused. Return its name. */
export async function join(chat, name) {
  if (!chat.connection.open || chat.channels.has(name)) return name; // later, with all others
  const {channel} = await chat.connection.call("join-channel", {target: name, history: 1});
  chat.add(channel);
  return channel;
}

/** A name, in which what was typed is marked. */
export function Found({name, word}) {
  const at = word ? name.toLowerCase().indexOf(word.toLowerCase()) : -1;
  if (at < 0) return html`<bdi>${name}</bdi>`;
  const end = at + word.length;
  return html`<bdi>${name.slice(0, at)}<mark>${name.slice(at, end)}</mark>${name.slice(end)}</bdi>`;
}
