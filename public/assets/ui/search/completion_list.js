// The suggestions below the field of the search.

import {html, useEffect, useRef} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Avatar, Twin} from "../avatar.js";
import {Found} from "../dialogs/find.js";
import {Icon} from "../icons.js";
import {PATHS} from "../messages/living.js";
import {Face} from "../places/face.js";

/** kind: the key of the filter. word: what was typed of its value. take(option). */
export function Completion({chat, id, kind, options, choice, word, take}) {
  const list = useRef();
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({block: "nearest"}), [choice, options.length]);
  return html`<p class="hidden" role="status">${options.length > 0 && t("suggestions.count", {count: options.length})}</p>
    ${options.length > 0 && html`<div class="entries" role="listbox" tabindex="-1" id=${id} ref=${list} aria-label=${t(`search.complete-${kind}`)}>
      <h3 aria-hidden="true">${t(`search.complete-${kind}`)}</h3>
      <ul role="presentation">${options.map((option, at) => html`<li key=${option.name} id=${`${id}-${at}`} role="option" aria-selected=${at === choice}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => take(option)}>
        <${Picture} chat=${chat} ...${option} /><span class="name"><${Found} name=${option.label} word=${word.replace(/^#/, "")} />${option.twin && html`<${Twin} user=${option.user} />`}</span>
        <small>${option.code ? html`<code>${option.code}</code>` : option.detail}</small>${at === choice && html`<kbd aria-hidden="true">${"Tab"}</kbd>`}
      </li>`)}</ul>
    </div>`}`;
}

function Picture({chat, user, channel, day, filter}) {
  if (user) return html`<${Avatar} user=${user} small />`;
  if (channel?.kind === "direct") return html`<${Face} chat=${chat} channel=${channel} />`;
  if (channel) return html`<${Icon} name=${channel.kind === "private" ? "lock" : "hash"} />`;
  if (filter.value === "pinned") return html`<${Icon} path=${PATHS.pin} />`;
  return html`<${Icon} name=${day ? "clock" : filter.value || "compass"} />`; // the others are called as their icons are
}
