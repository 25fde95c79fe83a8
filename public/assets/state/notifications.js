// Notifications of the system: off until the user turns them on, then for mentions or for all messages;
// one per message, however many tabs are open.

import {OURS} from "./storage.js";

import {shorten} from "../text/characters.js";
import {listOf} from "../text/files.js";

const MOMENT = 500; // ms: no notification for what is read within it
const CLAIMED = 60_000; // ms in which no other tab shows it again

/** Whether notifications are possible: browsers have them on https and on localhost. */
export const possible = () => "Notification" in globalThis && Boolean(navigator.locks) && Notification.permission !== "denied";

/** "off", "mentions" or "all". */
export function choice(chat) {
  return possible() && Notification.permission === "granted" ? chat.storage.read("notify", "off") : "off";
}

/** Change the choice. Call it from a click: the browser may ask for permission. */
export async function choose(chat, wanted) {
  const granted = wanted === "off" || (await Notification.requestPermission()) === "granted";
  chat.storage.write("notify", granted ? wanted : "off");
  chat.changed();
}

/** Show a notification, unless the message is read within a moment; a click opens its channel, or its thread. number: see Chat.notify. */
export function arrived(chat, channel, message, mentioned, number = message.seq) {
  const wanted = choice(chat);
  const level = channel.level === "mentions" ? "mentions" : wanted;
  if (!message.sender || wanted === "off" || channel.level === "none" || (level === "mentions" && !mentioned)) return;
  setTimeout(() => {
    if (number <= readUpTo(chat, channel, message) || channel.get(message.seq)?.deleted) return;
    // The tab that gets the lock shows it; locks are the one thing that all tabs see at the same moment.
    navigator.locks.request(`${OURS}notify/${channel.name}/${message.seq}`, {ifAvailable: true}, async (lock) => {
      if (!lock) return;
      await show(chat, channel, message).catch(() => {});
      await new Promise((done) => setTimeout(done, CLAIMED));
    });
  }, MOMENT);
}

/** How far the user has read where a message is: in its channel, or in its thread alone. */
const readUpTo = ({threads}, channel, message) => (channel.holds(message) ? channel.read : threads?.entry({name: channel.name, root: message.thread})?.read ?? 0);

async function show(chat, channel, message) {
  const title = channel.kind === "direct" && channel.about.with?.length === 1 ? message.sender.name : `${message.sender.name} · ${channel.called}`;
  const seq = channel.holds(message) ? undefined : message.seq; // a reply has its thread opened
  const data = `#/${encodeURIComponent(channel.name)}${seq ? `/${seq}` : ""}`;
  const words = {body: [shorten(message.message, 200), message.files && listOf(message.files)].filter(Boolean).join(" · "), tag: `${channel.name}/${message.seq}`, data};
  let shown;
  try {
    shown = new Notification(title, words);
  } catch {
    return (await navigator.serviceWorker?.getRegistration())?.showNotification(title, words); // on phones only workers can show them
  }
  shown.onclick = () => {
    window.focus();
    shown.close();
    if (!seq) channel.place = null;
    chat.open(channel.name, seq);
  };
}
