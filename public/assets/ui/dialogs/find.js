// Finding channels by a part of their names, and joining them by their whole name.

import {fold} from "../../text/characters.js";
import {html, useEffect, useState} from "../../html.js";

const ASK_AFTER = 150; // ms without another key
const LIMIT = 100;

/** A name as it is typed, without the # before it. */
export const plain = (word) => word.trim().replace(/^#/, "");

/** The server's channels with this word in their names: {channels: [{name, count}], more}; null before it has answered. */
export function useChannels(chat, word) {
  const [found, setFound] = useState(null);
  useEffect(() => {
    let late = false;
    const ask = () => chat.connection.call("channels", {find: word, limit: LIMIT}).then((answer) => late || setFound({...answer, word}), () => {});
    const timer = setTimeout(ask, word && ASK_AFTER);
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
