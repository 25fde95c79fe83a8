// A state with nothing else to show: a tile, what is the case, and one thing to do.

import {html, useState} from "../html.js";
import {t} from "../i18n/index.js";
import {Icon, Tile} from "./icons.js";

/** icon: of the tile. title: a heading. children: paragraphs, and the button of what can be done. */
export function StateCard({icon, title, children}) {
  return html`<section class="empty">
    <${Tile} name=${icon} kind="large" />
    <h2>${title}</h2>
    ${children}
  </section>`;
}

/** A command of the command line, with a button that copies it where the browser lets pages do so. */
export function Command({text}) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {});
  return html`<code class="command">${text}</code>
    ${navigator.clipboard && html`<button onClick=${copy}><${Icon} name="copy" /><span role="status">${t(copied ? "state.copied" : "state.copy")}</span></button>`}`;
}
