// In the place of a channel that cannot be joined: why, and where to go instead.

import {fold, shorten} from "../../text/characters.js";
import {html} from "../../html.js";
import {t} from "../../i18n/index.js";

const SHOWN = 64; // characters of a name

/** Card: the component of such states, which the page has. */
export function Refused({chat, show, Card}) {
  const {name, words} = chat.sync.refused;
  const wanted = shorten(name, SHOWN);
  const near = nearest(wanted, [...chat.channels.keys()]);
  const other = near ?? [...chat.channels.keys()][0];
  return html`<div class="refused"><${Card} icon="ban" title=${t("refused.title", {name: wanted})}>
    <p role="alert">${words}</p>
    ${near && html`<p>${t("refused.near", {name: near})}</p>`}
    <div>
      ${other && html`<button class="primary" onClick=${() => chat.open(other)}>${t("refused.go", {name: other})}</button>`}
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
