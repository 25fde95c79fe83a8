// What can be done with a message: in a bar on it, and by keys; and copying several.

import {html, useEffect, useState} from "../../html.js";
import {clock, t} from "../../i18n/index.js";
import {can, react} from "../../state/changes.js";
import {listOf} from "../../text/files.js";
import {plain} from "../../text/plain.js";
import {Icon} from "../icons.js";
import {options, quick} from "./options.js";

const TOLD = 1_500; // ms for which the bar says that something was copied
const QUICK = 3; // emoji in it
const SHORT = ["stop", "react", "reply", "thread", "edit"]; // in the bar itself

let tell = () => {}; // the bar that something was copied

/** Do what a key means on a message; return whether it means anything. where: {chat, channel, show}. */
export function act(key, where, line) {
  const found = options({...where, told: () => tell(true)}, line).find(({keys}) => keys.includes(key));
  if (!found?.why) found?.run();
  return Boolean(found);
}

export function Bar({chat, channel, show, line}) {
  const [done, setDone] = useState(false);
  useEffect(() => void (tell = setDone), []);
  useEffect(() => {
    const timer = setTimeout(() => setDone(false), TOLD);
    return () => clearTimeout(timer);
  }, [done]);
  const all = options({chat, channel, show}, line);
  const more = ({currentTarget}) => show({about: "options", line, at: currentTarget, told: () => tell(true)});
  return all.length > 0 && html`<div class="bar" role="group" aria-label=${t("message.options")}>
    ${can(chat, channel, "react", line) && quick(chat, QUICK).map((key) => html`<button key=${key} class="quiet wide" onClick=${() => react(chat, channel, line, key)}
      aria-label=${t("message.react-with", {key})} aria-pressed=${chat.reacted(channel, line, key)}>${key}</button>`)}
    ${all.filter(({name}) => SHORT.includes(name)).map(({name, words, icon, run, why}) => html`<button key=${name} class=${name === "edit" || name === "thread" ? "quiet wide" : "quiet"}
      onClick=${why ? undefined : run} aria-disabled=${Boolean(why)} aria-label=${words} title=${why || words}><${Icon} ...${icon} /></button>`)}
    <button class="quiet" onClick=${more} aria-label=${t("message.more")} title=${t("message.more")} aria-haspopup="dialog"><${Icon} name=${done ? "check" : "more"} /></button>
    <span class="hidden" role="status">${done && t("message.copied")}</span>
  </div>`;
}

/** Copying from several messages adds names and times, and is Markdown, too; from within one it copies the selection. */
export function copied(event, lines) {
  const selection = document.getSelection();
  const rows = [...event.currentTarget.querySelectorAll("[data-id]")].filter((row) => selection.containsNode(row, true));
  if (rows.length < 2) return;
  const ids = new Set(rows.flatMap((row) => [row.dataset.id, ...(row.dataset.more?.split(" ") ?? [])]));
  const chosen = lines.filter((line) => ids.has(line.id) && (line.message || line.files));
  const whole = (words, files) => [words, files && listOf(files)].filter(Boolean).join("\n");
  const said = chosen.map(({sender, message, files, time}) => `[${clock(time)}] ${sender ? `${sender.name}: ${whole(plain(message), files)}` : message}`);
  const marked = chosen.map(({sender, message, files, time}) => (sender ? `**${sender.name}**, ${clock(time)}\n\n${whole(message, files)}` : message));
  event.clipboardData.setData("text/plain", said.join("\n"));
  event.clipboardData.setData("text/markdown", marked.join("\n\n"));
  event.preventDefault();
}
