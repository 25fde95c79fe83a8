// Made-up people, channels and messages for the gallery; the state that holds them is the page's own.

import {openStorage} from "../assets/state/storage.js";
import {Chat} from "../assets/state/chat.js";
import {hue} from "../assets/text/people.js";

/** An id with this hue of the twelve. */
function idOf(which, name) {
  for (let at = 0; ; at++) {
    const id = `g:${name}-${at}`;
    if (Math.floor(hue(id) / 30) === which - 1) return id;
  }
}

const person = (which, name, role) => ({id: idOf(which, name), name, role});
export const ANN = person(7, "Ann Becker");
export const BEN = person(2, "Ben");
export const NOOR = person(10, "نور");
export const WEI = person(5, "王伟");
export const BOSS = {...person(12, "Ida Holm", "admin"), id: "a:ida"};
export const LONG = person(4, "Maximiliane von Hohenfels-Wartenberg zu Oberstein");
export const CIARA = person(9, "Ciarán");
export const EVERYONE = [ANN, BEN, NOOR, WEI, BOSS, LONG, CIARA];
/** One person for each hue. */
export const HUES = ["Ann Becker", "Ben", "王伟", "さくら", "نور", "Łukasz Ż", "🐙", "Ó", "i", "W W", "Ciarán", "Zoë Q"].map((name, at) => person(at + 1, name));

/** A time of today, such as "9:41", or of some days ago. */
export function at(clock, ago = 0) {
  const [hours, minutes] = clock.split(":").map(Number);
  const date = new Date();
  date.setDate(date.getDate() - ago);
  return date.setHours(hours, minutes, 0, 0);
}

let count = 0;

/** A message: who, when, what. */
export const says = (sender, time, message) => ({id: `m${++count}`, time, message, sender});
/** A line that is not stored. */
export const notice = (message, time, more) => ({id: `n${++count}`, time, message, sender: null, ...more});
export const joins = (user, time) => notice(`${user.name} joined the channel`, time, {event: "join", user});
export const leaves = (user, time) => notice(`${user.name} left the channel`, time, {event: "leave", user});

/** Put lines into a channel, as if the server had answered a join. */
export function fill(channel, lines, {users = [ANN, BEN, BOSS], read, joined = true} = {}) {
  const numbered = lines.map((line, place) => (line.sender ? {...line, seq: place + 1} : line));
  const seq = numbered.length;
  channel.join({epoch: "made up", seq, messages: [], recovered: false, more: false, users, count: users.length, read: read ?? seq});
  Object.assign(channel, {lines: numbered, seq, read: read ?? seq, joined});
  return channel;
}

/** A chat (or one that extends it) that is connected to nothing. answers: action -> what its calls are answered with, or a function of their fields. */
export function made(Kind, {me = ANN, channels = [], state = {kind: "open"}, answers = {}} = {}) {
  const chat = new Kind(openStorage(), new URL("..", document.baseURI).href, () => {}, false);
  chat.connection.call = (action, fields) => (action in answers ? Promise.resolve(answers[action]?.call ? answers[action](fields) : answers[action]) : new Promise(() => {}));
  Object.assign(chat.session, {user: me, name: me?.name ?? "", state});
  chat.session.refreshWays = () => {};
  for (const name of channels) chat.know(name);
  chat.current = channels[0] ?? "";
  return chat;
}

export const makeChat = ({channels = ["general"], ...options} = {}) => made(Chat, {channels, ...options});

/** A chat with one channel that holds these lines. */
export function conversation(lines, {draft = "", name = "general", more = {}, ...options} = {}) {
  const chat = makeChat({channels: [name], ...options});
  const channel = fill(chat.channels.get(name), lines, options);
  channel.draft = draft;
  Object.assign(channel, more);
  return chat;
}

/** The channel that a chat shows. */
export const current = (chat) => chat.channels.get(chat.current);
