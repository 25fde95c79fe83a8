// The keys, as ? shows them.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Dialog} from "./dialog.js";

const KEYS = {
  writing: [
    ["send", "Enter"], ["send-always", "Ctrl Enter"], ["line", "Shift Enter"], ["edit-last", "↑"], ["complete", "@ # / : Tab"], ["bold", "Ctrl B"], ["italic", "Ctrl I"],
    ["code", "Ctrl E"],
  ],
  reading: [
    ["message", "↑ ↓"], ["reply", "r"], ["thread", "t"], ["react", "+ :"], ["edit", "e"], ["delete", "Delete"], ["pin", "p"], ["quote", "q"], ["copy", "c"], ["markdown", "m"],
    ["link", "l"], ["unread-from", "u"], ["close", "Esc"],
  ],
  going: [["jump", "Ctrl K"], ["search", "Ctrl F"], ["channel", "Alt ↑ ↓"], ["unread", "Alt Shift ↑ ↓"], ["pane", "F6"], ["read-all", "Shift Esc"],
    ["inspector", "F2"], ["keys", "?"]],
};

export function Keys({close}) {
  return html`<${Dialog} title=${t("keys.title")} close=${close}>
    <div class="keys">
      ${Object.entries(KEYS).map(([group, keys]) => html`<section key=${group}>
        <h3>${t(`keys.group-${group}`)}</h3>
        <dl>${keys.map(([key, strokes]) => html`<div key=${key}>
          <dt>${t(`keys.${key}`)}</dt><dd>${strokes.split(" ").map((stroke) => html`<kbd>${stroke}</kbd> `)}</dd>
        </div>`)}</dl>
      </section>`)}
    </div>
  <//>`;
}
