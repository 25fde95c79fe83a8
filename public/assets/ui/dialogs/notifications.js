// The choice of notifications.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {choice, choose, possible} from "../../state/notifications.js";

export function NotificationChoice({chat}) {
  if (!possible()) return null;
  const change = ({target}) => choose(chat, target.value);
  return html`<label>${t("notify.label")} <select value=${choice(chat)} onChange=${change}>
    ${["off", "mentions", "all"].map((one) => html`<option key=${one} value=${one}>${t(`notify.${one}`)}</option>`)}
  </select></label>`;
}
