// In the place of the box for new messages, where nobody, or not this user, may write.

import {html, useEffect} from "../../html.js";
import {t} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";
import {setChannel} from "../../state/managing.js";
import {lacks} from "../../state/may.js";
import {Icon} from "../icons.js";
import {HUSHED} from "./face.js";

export {barred} from "../../state/may.js";

const SOON = 2 ** 31 - 1; // ms: the longest timer

export function Barred({chat, channel, rule, until}) {
  useEffect(() => {
    if (!until) return undefined;
    const timer = setTimeout(chat.changed, Math.min(SOON, until - Date.now() + 50));
    return () => clearTimeout(timer);
  }, [until]);
  const open = rule === "archived" && !lacks(chat, channel, "set-channel", {settings: ["archived"]});
  return html`<div class="refusal whole" role="status"><${Icon} name="lock" path=${rule === "silenced" ? HUSHED : undefined} />
    <span class="grow">${t(`barred.${rule}`, {until: until ? comingTime(until) : ""})}</span>
    ${open && html`<button class="link" onClick=${() => setChannel(chat, channel, {archived: false}).catch(() => {})}>${t("place.unarchive")}</button>`}</div>`;
}
