// What was written in a channel that is the user's no more, and was not sent: to copy it, or to let it go.

import {html, useState} from "../../html.js";
import {t} from "../../i18n/index.js";

/** lost: {name, called, texts}. */
export function Unsent({chat, lost: {name, texts}}) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(texts.join("\n\n")).then(() => setCopied(true), () => {});
  function discard() {
    chat.places.lost.discard(name);
    chat.changed();
  }
  return html`<div class="unsent">
    <div class="texts" tabindex="0">${texts.map((text) => html`<p dir="auto">${text}</p>`)}</div>
    <span>${navigator.clipboard && html`<button class="primary" onClick=${copy}>${t(copied ? "lost.copied" : "lost.copy")}</button>`}
      <button class="quiet" onClick=${discard}>${t("message.discard")}</button></span>
  </div>`;
}

/** What is not shown in the place of its channel. */
export const lostElsewhere = ({places, sync}) => [...(places?.lost.all.values() ?? [])].find(({name}) => name !== sync.refused?.name);
