// What can be done with the open channel.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Icon} from "../icons.js";

export function ChannelMenu({chat, channel, close}) {
  function copy() {
    navigator.clipboard.writeText(location.href).catch(() => {});
    close();
  }
  function leave() {
    close();
    chat.sync.leave(channel.name);
  }
  return html`<div class="menu">
    ${navigator.clipboard && html`<button class="quiet" onClick=${copy}><${Icon} name="link" />${t("messages.copy-link")}</button>`}
    <button class="quiet" onClick=${leave}><${Icon} name="leave" /><span class="name">${t("channels.leave", {name: channel.name})}</span></button>
  </div>`;
}
