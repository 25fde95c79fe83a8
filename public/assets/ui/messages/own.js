// What only this person sees.

import {html, memo} from "../../html.js";
import {t} from "../../i18n/index.js";
import {namesIn} from "../../text/mentions.js";
import {Avatar, Name, pluginSender} from "../avatar.js";
import {Icon, SERVER, Tile} from "../icons.js";
import {Time} from "./message.js";

const HIDDEN = "M10.733 5.076a10.744 10.744 0 0 1 11.205 6.575 1 1 0 0 1 0 .696 10.747 10.747 0 0 1-1.444 2.49M14.084 14.158a3 3 0 0 1-4.242-4.242M17.479 17.499a10.75 10.75 0 0 1-15.417-5.151 1 1 0 0 1 0-.696 10.75 10.75 0 0 1 4.446-5.143M2 2l20 20"; // an eye, crossed out

/** An ordinary message of the server or a plugin, with a line below it that says so. */
export const Own = memo(({line, names, dismiss}) => html`<article class="message own" data-id=${line.id} tabindex="-1">
  ${line.plugin ? html`<${Avatar} user=${pluginSender(line.plugin)} />` : html`<${Tile} />`}
  <div class="body">
    <header>${line.plugin ? html`<${Name} user=${pluginSender(line.plugin)} />` : html`<span class="name" dir="auto">${SERVER}</span>`} <${Time} time=${line.time} /></header>
    ${line.content ? html`<${line.content} />` : html`<div class="text"><div class="words" dir="auto">${namesIn(line.message, names).map((piece) => (piece.name ? html`<bdi>${piece.name}</bdi>` : piece))}</div></div>`}
    <p class="fate"><span><${Icon} path=${HIDDEN} />${t("notice.own")}</span><button class="link" onClick=${() => dismiss(line)}>${t("notice.dismiss")}</button></p>
  </div>
</article>`);
