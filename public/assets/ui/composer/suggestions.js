// A list of suggestions over a field: the field keeps the focus, and says which one is chosen.

import {html, useEffect, useRef} from "../../html.js";
import {t} from "../../i18n/index.js";

/** Attributes of the field, with which screen readers follow the list with this id. */
export function carries(id, options, choice) {
  return {
    "aria-autocomplete": "list",
    "aria-controls": options.length ? id : undefined,
    "aria-activedescendant": options.length ? `${id}-${choice}` : undefined,
  };
}

/** The option that an arrow key leads to. */
export const moved = (key, choice, count) => (choice + (key === "ArrowDown" ? 1 : count - 1)) % count;

/** options: [{name, label, more, detail, why}], with `why` it cannot be taken; take(at): one of them was clicked. */
export function Suggestions({id, label, options, choice, take}) {
  const list = useRef();
  useEffect(() => list.current?.children[choice]?.scrollIntoView({block: "nearest"}), [choice, options.length]);
  return html`<p class="hidden" role="status">${options.length > 0 && t("suggestions.count", {count: options.length})}</p>
    ${options.length > 0 && html`<ul class="popup" role="listbox" tabindex="0" id=${id} ref=${list} aria-label=${label}>
      ${options.map((option, at) => html`<li
        key=${option.name} id=${`${id}-${at}`} role="option" aria-selected=${at === choice} aria-disabled=${option.why ? true : undefined}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => option.why || take(at)}
      ><b dir="auto">${option.label}</b>${option.more && html` <span class="arg">${option.more}</span>`}${option.detail && html` <span class="muted">${option.detail}</span>`}</li>`)}
    </ul>`}`;
}
