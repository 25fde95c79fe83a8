// What one can set for oneself, and the way out.

import {html} from "../html.js";
import {t} from "../language.js";
import {signOut} from "../leaving.js";
import {Dialog} from "./dialog.js";
import {Icon} from "./icons.js";
import {LanguageChoice} from "./language.js";
import {NotificationChoice} from "./notifications.js";
import {Password} from "./password.js";

export function Settings({chat, show, close}) {
  return html`<${Dialog} title=${t("settings.title")} close=${close}>
    <div class="settings">
      <label>${t("app.language")} <${LanguageChoice} chat=${chat} /></label>
      <${NotificationChoice} chat=${chat} />
      ${chat.user?.id.startsWith("a:") && html`<${Password} chat=${chat} />`}
      ${chat.user?.role === "admin" && html`<a href="admin">${t("settings.admin")}</a>`}
      <button class="quiet" onClick=${() => show("keys")}><${Icon} name="keyboard" /> ${t("keys.title")}</button>
      <button class="quiet" onClick=${() => signOut(chat)}><${Icon} name="leave" /> ${t("me.leave")}</button>
    </div>
  <//>`;
}
