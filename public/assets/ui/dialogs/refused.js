// In the place of a channel that cannot be joined: why, and where to go instead.

import {fold, shorten} from "../../text/characters.js";
import {html} from "../../html.js";
import {mayMake} from "../../state/may.js";
import {t} from "../../i18n/index.js";
import {Unsent} from "../places/unsent.js";
import {why} from "../places/why.js";
import {StateCard} from "../state_card.js";

const SHOWN = 64; // characters of a name

/** There is no channel to be shown. */
export function Nothing({chat, show}) {
  return html`<${StateCard} icon="compass" title=${t("channels.none")}>
    <p dir="auto">${chat.welcome ?? t(mayMake(chat) ? "channels.none-hint" : "channels.none-yet")}</p>
    <button class="primary" onClick=${() => show("browse")}>${t("channels.browse")}</button>
  <//>`;
}

export function Refused({chat, show}) {
  const {name, error, gone} = chat.sync.refused;
  if (gone) return html`<${Gone} chat=${chat} show=${show} />`;
  const none = error.code === "not-found";
  const wanted = shorten(name, SHOWN);
  const secret = /^(p|dm):/.test(name);
  const near = secret ? undefined : nearest(wanted, [...chat.channels.values()].filter(({kind}) => kind === "public").map((channel) => channel.name));
  const other = chat.channels.get(near) ?? lately(chat);
  const title = none ? t("refused.none") : t("refused.title", {name: wanted});
  return html`<div class="refused"><${StateCard} icon=${none ? "compass" : "ban"} title=${title}>
    <p role="alert">${none ? t("refused.none-why") : why(error)}</p>
    ${near && html`<p>${t("refused.near", {name: near})}</p>`}
    <div>
      ${other && html`<button class="primary" onClick=${() => chat.open(other.name)}>${t("refused.go", {name: other.called})}</button>`}
      <button onClick=${() => show("browse")}>${t("channels.browse")}</button>
    </div>
  <//></div>`;
}

/** The channel where the user was before. */
const lately = ({channels, storage}) => storage.read("recent", []).map((name) => channels.get(name)).find(Boolean) ?? [...channels.values()][0];

/** A channel that was the user's, and is not any more. */
function Gone({chat, show}) {
  const {name, called, kind, by, reason, deleted} = chat.sync.refused;
  const first = lately(chat);
  const lost = chat.places?.lost.all.get(name);
  return html`<div class="refused"><${StateCard} icon="leave" title=${t(deleted ? "gone.deleted" : by ? "gone.removed" : "gone.title", {name: called})}>
    <p role="alert">${deleted ? t("gone.deleted-why") : by ? reason ? t("gone.by-because", {by: by.name, reason}) : t("gone.by", {by: by.name}) : t(kind === "public" ? "gone.why" : "gone.why-private")}</p>
    ${lost && html`<p class="muted">${t("lost.here")}</p><${Unsent} chat=${chat} lost=${lost} />`}
    <div>
      ${first && html`<button class="primary" onClick=${() => chat.open(first.name)}>${t("refused.go", {name: first.called})}</button>`}
      ${kind === "public" && !by && !deleted && html`<button onClick=${() => chat.open(name)}>${t("gone.join")}</button>`}
      <button onClick=${() => show("browse")}>${t("channels.browse")}</button>
    </div>
  <//></div>`;
}

/** The name that differs least, if it is similar. */
function nearest(wanted, names) {
  const rated = names.map((name) => ({name, far: distance(fold(wanted), fold(name))})).sort((one, other) => one.far - other.far);
  return rated[0]?.far <= Math.max(1, wanted.length / 3) ? rated[0].name : undefined;
}

/** How many letters are added, removed or replaced between two words. */
function distance(one, other) {
  let row = Array.from({length: other.length + 1}, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(one[i - 1] !== other[j - 1]));
    row = next;
  }
  return row.at(-1);
}
