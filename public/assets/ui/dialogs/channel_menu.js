// What can be done with the open channel; and of what to hear there.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {address} from "../../state/changes.js";
import {leave} from "../../state/leaving.js";
import {lacks} from "../../state/may.js";
import {Icon} from "../icons.js";
import {PATHS} from "../messages/living.js";
import {pinned} from "../pins.js";
import {Levels} from "../places/bell.js";

/** bell: whether it is that of the bell alone. pins(): show what is pinned, where the header has no room for that. */
export function ChannelMenu({chat, channel, bell, show, close, pins}) {
  const direct = channel.kind === "direct";
  const {length} = pinned(chat, channel);
  function copy() {
    navigator.clipboard.writeText(address(channel)).catch(() => {});
    close();
  }
  function go() {
    close();
    leave(chat, channel.name);
  }
  const open = (place) => () => show({place});
  if (bell) return html`<aside class="menu bell" aria-label=${t("hear.title")}><${Levels} ...${{chat, channel, close}} /></aside>`;
  return html`<aside class="menu" aria-label=${t("channels.more")}>
    ${chat.served && html`<div class="only-phone"><${Levels} ...${{chat, channel, close}} /><hr /></div>`}
    ${chat.served && !direct && html`<button class="quiet" onClick=${open("channel")}><${Icon} name="settings" />${t("place.settings")}</button>`}
    ${chat.served && !lacks(chat, channel, "invite") && html`<button class="quiet" onClick=${open("invite")}><${Icon} name="members" />${t("invite.do")}</button>`}
    ${length > 0 && html`<button class="quiet only-narrow" onClick=${pins}><${Icon} path=${PATHS.pin} /><span class="name">${t("pins.title")}</span> <span class="count">${length}</span></button>`}
    ${navigator.clipboard && html`<button class="quiet" onClick=${copy}><${Icon} name="link" />${t("messages.copy-link")}</button>`}
    <button class="quiet" onClick=${go}><${Icon} name=${direct ? "close" : "leave"} /><span class="name">${direct ? t("direct.close") : t("channels.leave", {name: channel.label})}</span></button>
  </aside>`;
}
