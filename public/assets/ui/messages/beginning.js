// Above the first message of a channel. Loaded with the dialogs.

import {html, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Icon, Tile} from "../icons.js";

/** PlaceBeginning: what says more, where the server has a list of channels. */
export function Beginning({chat, channel, PlaceBeginning}) {
  const empty = channel.lines.length === 0;
  if (chat?.served && PlaceBeginning) return html`<${PlaceBeginning} chat=${chat} channel=${channel} empty=${empty}>${empty && channel.kind !== "direct" && html`<${Invitation} />`}<//>`;
  return html`<div class="beginning">
    <${Tile} name="hash" kind=${empty ? "large warm" : "large"} />
    <h2 dir="auto">${t("messages.this-is", {name: channel.called})}</h2>
    <p>${t(empty ? "messages.empty" : "messages.beginning")}</p>
    ${empty && html`<${Invitation} />`}
  </div>`;
}

/** One thing to do in an empty channel. */
function Invitation() {
  const [copied, setCopied] = useState(false);
  return html`<div>
    <button class="primary" onClick=${() => document.querySelector(".composer textarea").focus()}><${Icon} name="hand" />${t("messages.hello")}</button>
    ${navigator.clipboard && html`<button onClick=${() => navigator.clipboard.writeText(location.href).then(() => setCopied(true), () => {})}>
      <${Icon} name="link" /><span role="status">${t(copied ? "messages.link-copied" : "messages.copy-link")}</span>
    </button>`}
  </div>`;
}
