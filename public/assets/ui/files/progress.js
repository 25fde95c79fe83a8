// How far an upload is.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {sizeOf} from "../../text/files.js";

/** entry: of attachments.js, which is not uploaded yet. */
export function Progress({chat, entry: {key, name, size}}) {
  const sent = chat.attachments?.uploads.running.get(key)?.sent;
  if (sent === undefined) return html`<small class="cut" dir="auto">${chat.connection.open ? t("files.waits", {size: sizeOf(size)}) : t("files.waits-for-line", {size: sizeOf(size)})}</small>`;
  return html`<small class="cut" dir="auto">${t("files.progress", {sent: sizeOf(sent), size: sizeOf(size)})}</small>
    <progress class="line" value=${sent} max=${size} aria-label=${t("files.uploaded", {name})}></progress>`;
}
