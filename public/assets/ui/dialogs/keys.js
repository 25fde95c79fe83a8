// The keys, as ? shows them.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Dialog} from "./dialog.js";

const KEYS = [
  ["keys.send", "Enter"],
  ["keys.send-always", "Ctrl Enter"],
  ["keys.line", "Shift Enter"],
  ["keys.complete", "@ # / : Tab"],
  ["keys.close", "Esc"],
  ["keys.jump", "Ctrl K"],
  ["keys.channel", "Alt ↑ ↓"],
  ["keys.unread", "Alt Shift ↑ ↓"],
  ["keys.message", "↑ ↓"],
  ["keys.copy", "c"],
  ["keys.quote", "q"],
  ["keys.inspector", "F2"],
  ["keys.keys", "?"],
];

export function Keys({close}) {
  return html`<${Dialog} title=${t("keys.title")} close=${close}>
    <dl class="keys">
      ${KEYS.map(([key, strokes]) => html`<div key=${key}>
        <dt>${t(key)}</dt><dd>${strokes.split(" ").map((stroke) => html`<kbd>${stroke}</kbd> `)}</dd>
      </div>`)}
    </dl>
  <//>`;
}
