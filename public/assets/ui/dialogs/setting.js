// A row of the settings: what it is, one line of help, and a control.

import {html} from "../../html.js";

/** id: of the row, for its control to be labelled by. below: what opens under it. */
export function Setting({id, title, help, children, below}) {
  return html`<div class="setting">
    <div><b id=${id}>${title}</b>${help && html`<small id=${`${id}-help`}>${help}</small>`}</div>
    ${children}
    ${below}
  </div>`;
}

/** One of a few values, side by side. label(value): its words. */
export function Pick({name, title, help, label, values, chosen, change, disabled}) {
  const id = `setting-${name}`;
  return html`<${Setting} id=${id} title=${title} help=${help}>
    <div class="pick" role="radiogroup" aria-labelledby=${id} aria-describedby=${help && `${id}-help`}>
      ${values.map((value) => html`<label key=${value}>
        <input type="radio" name=${name} checked=${value === chosen} disabled=${disabled} onChange=${() => change(value)} />${label(value)}
      </label>`)}
    </div>
  <//>`;
}
