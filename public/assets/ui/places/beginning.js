// Above the first message: what kind of place this is, who made it, who can read it.

import {html} from "../../html.js";
import {day, t} from "../../i18n/index.js";
import {Avatar} from "../avatar.js";
import {barred} from "../../state/may.js";
import {Tile} from "../icons.js";

/** children: what to do in an empty channel. */
export function PlaceBeginning({chat, channel, empty, children}) {
  const {kind, label, called, about} = channel;
  if (kind === "direct") {
    const others = about.with ?? [];
    return html`<div class="beginning">
      ${others.length === 1 ? html`<${Avatar} user=${others[0]} large />` : html`<${Tile} name="members" kind=${empty ? "large warm" : "large"} />`}
      <h2 dir="auto">${label}</h2>
      <p>${others.length > 1 ? t("direct.beginning-many", {count: others.length + 1}) : t("direct.beginning")}</p>
    </div>`;
  }
  const made = about.creator?.name && about.made ? t("place.made", {name: about.creator.name, day: day(about.made)}) : "";
  const who = t(kind === "private" ? "create.private-about" : about.listed === false ? "place.unlisted" : "place.public");
  return html`<div class="beginning">
    <${Tile} name=${kind === "private" ? "lock" : "hash"} kind=${empty ? "large warm" : "large"} />
    <h2 dir="auto">${t("messages.this-is", {name: called})}</h2>
    ${about.description && html`<p class="described" dir="auto">${about.description}</p>`}
    <p>${[made, who, t(empty ? "place.empty" : "messages.beginning")].filter(Boolean).join(" ")}</p>
    ${!barred(chat, channel) && children}
  </div>`;
}
