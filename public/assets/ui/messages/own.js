// What only this person sees.

import {html, memo} from "../../html.js";
import {t} from "../../i18n/index.js";
import {namesIn} from "../../text/mentions.js";
import {Avatar, Name, pluginSender} from "../avatar.js";
import {Icon, SERVER, Tile} from "../icons.js";
import {Time} from "./message.js";

/** An ordinary message of the server or a plugin, with a line below it that says so. */
export const Own = memo(({line, names, dismiss}) => html`<article class="message own" data-id=${line.id} tabindex="-1">
  ${line.plugin ? html`<${Avatar} user=${pluginSender(line.plugin)} />` : html`<${Tile} />`}
  <div class="body">
    <header>${line.plugin ? html`<${Name} user=${pluginSender(line.plugin)} />` : html`<span class="name" dir="auto">${SERVER}</span>`} <${Time} time=${line.time} /></header>
    ${line.content ? html`<${line.content} />` : html`<div class="text"><div class="words" dir="auto">${namesIn(line.message, names).map((piece) => (piece.name ? html`<bdi>${piece.name}</bdi>` : piece))}</div></div>`}
    <p class="fate"><span><${Icon} name="eyeOff" />${t("notice.own")}</span><button class="link" onClick=${() => dismiss(line)}>${t("notice.dismiss")}</button></p>
  </div>
</article>`);
