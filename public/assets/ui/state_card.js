// A state with nothing else to show: a tile, what is the case, and one thing to do.

import {html, useEffect, useState} from "../html.js";
import {learn, t} from "../i18n/index.js";
import {Tile} from "./icons.js";

/** icon, or path: of the tile. title, level: of the heading. children: paragraphs, and the button of what can be done. */
export function StateCard({icon, path, title, level = "h2", children}) {
  return html`<section class="empty">
    <${Tile} name=${icon} path=${path} kind="large" />
    <${level} class="title">${title}<//>
    ${children}
  </section>`;
}

/** Where names and words will be, on a slow line. */
export const Bones = () => html`<div class="bones" aria-hidden="true">${[0, 1, 2].map((at) => html`<div key=${at}><i></i><i></i></div>`)}</div>`;

/** Nothing is known of a channel yet, and there is no connection; the strip has the way to try again. */
export const Offline = () => html`<${StateCard} icon="offline" title=${t("messages.offline")}><p>${t("messages.offline-why")}</p><//>`;

/** What is shown where there is no connection, nor will there be one; see shut_out.js. */
export function Ended(properties) {
  const [Card, setCard] = useState(null);
  useEffect(() => {
    Promise.all([import("./dialogs/index.js"), learn("dialogs")]).then(([{Ended}]) => setCard(() => Ended), () => {});
  }, []);
  return Card && html`<${Card} ...${properties} />`;
}
