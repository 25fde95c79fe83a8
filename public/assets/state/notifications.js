// Notifications of the system: off until the user turns them on, then for mentions or for all messages;
// one per message, however many tabs are open.

import {OURS} from "./storage.js";

import {shorten} from "../text/characters.js";

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

/** Show a notification, unless the message is read within a moment; a click opens its channel. */
export function arrived(chat, channel, message, mentioned) {
  const wanted = choice(chat);
  if (!message.sender || wanted === "off" || (wanted === "mentions" && !mentioned)) return;
  setTimeout(() => {
    if (message.seq <= channel.read) return;
    // The tab that gets the lock shows it; locks are the one thing that all tabs see at the same moment.
    navigator.locks.request(`${OURS}notify/${channel.name}/${message.seq}`, {ifAvailable: true}, async (lock) => {
      if (!lock) return;
      await show(chat, channel, message).catch(() => {});
      await new Promise((done) => setTimeout(done, CLAIMED));
    });
  }, MOMENT);
}

async function show(chat, channel, message) {
  const title = `${message.sender.name} · #${channel.name}`;
  const data = `#/${encodeURIComponent(channel.name)}`;
  const words = {body: shorten(message.message, 200), tag: `${channel.name}/${message.seq}`, data};
  let shown;
  try {
    shown = new Notification(title, words);
  } catch {
    return (await navigator.serviceWorker?.getRegistration())?.showNotification(title, words); // on phones only workers can show them
  }
  shown.onclick = () => {
    window.focus();
    shown.close();
    channel.place = null;
    chat.open(channel.name);
  };
}
