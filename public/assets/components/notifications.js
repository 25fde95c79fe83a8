// The choice of what the system tells one of.

import {html} from "../html.js";
import {t} from "../language.js";

export function NotificationChoice({chat}) {
  const {notifier} = chat;
  if (!notifier.possible) return null;
  const change = ({target}) => notifier.choose(target.value);
  return html`<label>${t("notify.label")} <select value=${notifier.choice} onChange=${change}>
    ${["off", "mentions", "all"].map((choice) => html`<option key=${choice} value=${choice}>${t(`notify.${choice}`)}</option>`)}
  </select></label>`;
}
