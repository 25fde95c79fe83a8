// What can be done with a message: for the bar on it, its menu, the sheet after a long press, and the keys.

import {t} from "../../i18n/index.js";
import {address, can, pin, remove, reply, stop} from "../../state/changes.js";
import {plain} from "../../text/plain.js";
import {beginEdit} from "../composer/editing.js";
import {recentEmoji} from "../composer/emoji_picker.js";
import {boxOf, insert} from "../input.js";
import {PATHS} from "./living.js";

const QUICK = ["👍", "❤️", "🎉", "😂", "🚀", "👀"]; // until others were used

const PATH = {
  ...PATHS,
  delete: "M10 11v6M14 11v6M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6M3 6h18M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2",
  unread: "M21.2 8.4c.5.38.8.97.8 1.6v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V10a2 2 0 0 1 .8-1.6l8-6a2 2 0 0 1 2.4 0zM22 10l-8.97 5.7a1.94 1.94 0 0 1-2.06 0L2 10",
  markdown: "m16 18 6-6-6-6M8 6l-6 6 6 6",
  quote: "M16 3a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2 1 1 0 0 1 1 1v1a2 2 0 0 1-2 2 1 1 0 0 0-1 1v2a1 1 0 0 0 1 1 6 6 0 0 0 6-6V5a2 2 0 0 0-2-2zM5 3a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2 1 1 0 0 1 1 1v1a2 2 0 0 1-2 2 1 1 0 0 0-1 1v2a1 1 0 0 0 1 1 6 6 0 0 0 6-6V5a2 2 0 0 0-2-2z",
  reply: "M20 20v-7a4 4 0 0 0-4-4H4M9 14 4 9l5-5",
};
const ICON = {person: "members", edit: "pencil", reacted: "members"};

/** The emoji to react with at once: those used last. count: at most 6. */
export const quick = (chat, count) => [...new Set([...recentEmoji(chat), ...QUICK])].slice(0, count);

/**
 * [{name, keys, icon: properties of Icon, run(), why}], in the order of the menu; `why` not, if that is so, in words. show: see Shell. told(name): it is done,
 * and nothing else shows that.
 */
export function options({chat, channel, show, told = () => {}}, line) {
  const may = (what) => can(chat, channel, what, line);
  const view = chat.view(channel, line);
  const mine = !line.seq || line.sender?.id === chat.user?.id;
  const grows = mine && view.growing; // so that it cannot be edited
  const copies = (text) => () => navigator.clipboard.writeText(text).then(() => told(), () => {});
  const all = [
    ["stop", "s", view.growing && !view.deleted && chat.connection.open, () => stop(chat, channel, line)],
    ["react", "+ :", may("react"), () => show({about: "react", line})],
    ["reply", "r", may("reply"), () => (reply(chat, channel, line), boxOf(channel).focus())],
    ["thread", "t", !channel.root && chat.threads && (line.thread || line.replies || may("reply")), () => chat.threads.open(channel, line.thread ?? line.seq), line.thread || line.replies ? "open-thread" : "thread"],
    ["edit", "e", may("edit") || grows, () => beginEdit(chat, channel, line)],
    ["quote", "q", view.message, () => quote(channel, view)],
    ["copy", "c", navigator.clipboard && view.message, copies(plain(view.message))],
    ["markdown", "m", navigator.clipboard && view.message, copies(view.message)],
    ["link", "l", navigator.clipboard && line.seq, copies(line.seq && address(channel, line))],
    ["unread", "u", chat.places && line.seq && !mine, () => chat.places.unreadFrom(channel, line)],
    ["person", "", chat.served && line.sender && !mine, () => show({place: "person", user: line.sender})],
    ["pin", "p", may("pin"), () => pin(chat, channel, line), view.pinned ? "unpin" : "pin"],
    ["reacted", "", view.reactions, () => show({about: "reacted", line})],
    ["delete", "Delete", may("delete"), () => (mine ? remove(chat, channel, line) : show({about: "delete", line}))],
  ];
  const own = all.filter(([, , allowed]) => allowed).map(([name, keys, , run, word = name]) => ({
    name, keys: keys.split(" "), run, words: t(`message.${word}`), why: name === "edit" && grows ? t("message.growing-edit") : "", icon: {name: ICON[name] ?? name, path: PATH[name]},
  }));
  return [...own, ...((line.seq && !view.deleted && chat.plugins?.menu(channel, line)) || [])];
}

function quote(channel, {sender, message}) {
  const box = boxOf(channel);
  insert(box, `@${sender.name}\n${message.replace(/^/gm, "> ")}\n\n`, 0, 0);
  box.setSelectionRange(box.value.length, box.value.length);
}
