// Of what to hear in a channel: a bell in the header, and the choices, which on a phone are in the channel's menu.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";
import {setLevel} from "../../state/managing.js";
import {Icon} from "../icons.js";
import {HUSHED} from "./face.js";

export const BELL = "M10.268 21a2 2 0 0 0 3.464 0M3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326";
const LEVELS = ["all", "mentions", "none"];
const HOUR = 60; // minutes

/** open: whether the choices are shown. toggle(event): show them, or show them no more. */
export function Bell({chat, channel, open, toggle}) {
  const said = `${t("notify.label")}: ${t(`hear.${channel.level}`)}`;
  return chat.served && html`<button class="quiet bell" onClick=${toggle} aria-expanded=${open} aria-label=${said} title=${said}>
    <${Icon} path=${channel.level === "none" ? HUSHED : BELL} />${channel.level === "mentions" && html`<span class="level" aria-hidden="true">${"@"}</span>`}</button>`;
}

/** close(): show them no more. children: what else is in the menu. */
export function Levels({chat, channel, close}) {
  const [words, setWords] = useState("");
  const {kind, level, about} = channel;
  const hear = (wanted, minutes) => () => setLevel(chat, channel, wanted, minutes).then(close, (error) => setWords(explain(error)));
  const until = level === "none" && about.notify_until > Date.now() ? t("hear.until", {until: comingTime(about.notify_until)}) : "";
  return html`<div role="group" aria-label=${t("hear.title")}>
    <p class="muted">${t("hear.title")}${until && ` · ${until}`}</p>
    ${LEVELS.filter((one) => kind !== "direct" || one !== "mentions").map((one) => html`<button key=${one} class="quiet" aria-pressed=${level === one} onClick=${hear(one)}>
      <${Icon} name=${level === one ? "check" : "none"} />${t(`hear.${one}`)}</button>`)}
    ${level !== "none" && html`<button class="quiet" onClick=${hear("none", HOUR)}><${Icon} path=${HUSHED} />${t("hear.hour")}</button>`}
    ${words && html`<p class="alert" role="alert">${words}</p>`}
  </div>`;
}
