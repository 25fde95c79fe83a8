// Settings, and signing out.

import {html, useState} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Dialog} from "./dialog.js";
import {Icon} from "../icons.js";
import {LanguageChoice} from "../language.js";
import {NotificationChoice} from "./notifications.js";
import {Password} from "./password.js";

export function Settings({chat, show, close}) {
  const [sure, setSure] = useState(false);
  const unsent = chat.outbox.items.length;
  const guest = !/^[a-z]:/.test(chat.user?.id ?? "") || chat.user.id.startsWith("g:");
  function leave() {
    if ((unsent || guest) && !sure) return setSure(true);
    close();
    chat.session.signOut();
  }
  return html`<${Dialog} title=${t("settings.title")} close=${close}>
    <div class="settings">
      <label>${t("app.language")} <${LanguageChoice} chat=${chat} /></label>
      <${Pick} chat=${chat} name="theme" values=${["", "light", "dark"]} />
      <${Pick} chat=${chat} name="size" values=${["small", "", "large", "largest"]} />
      <${NotificationChoice} chat=${chat} />
      ${chat.user?.id.startsWith("a:") && html`<${Password} chat=${chat} />`}
      ${chat.user?.role === "admin" && html`<a href="admin">${t("settings.admin")}</a>`}
      <button class="quiet" onClick=${() => show("keys")}><${Icon} name="keyboard" /> ${t("keys.title")}</button>
      ${sure && html`<p class="alert" role="alert">
        ${guest && t("me.lose-name", {name: chat.session.name})} ${unsent > 0 && t("me.lose-messages", {count: unsent})}
      </p>`}
      <button class="quiet" onClick=${leave}><${Icon} name="leave" /> ${t(sure ? "me.leave-anyway" : "me.leave")}</button>
    </div>
  <//>`;
}

/** One of a few values, kept for this browser; appearance.js applies it. "" is what the system has. */
function Pick({chat, name, values}) {
  const chosen = chat.storage.read(name, "");
  function change(value) {
    chat.storage.write(name, value || undefined);
    window.dispatchEvent(new Event("appearance"));
    chat.changed();
  }
  return html`<fieldset>
    <legend>${t(`settings.${name}`)}</legend>
    <span class="pick">${values.map((value) => html`<label key=${value}>
      <input type="radio" name=${name} checked=${value === chosen} onChange=${() => change(value)} />${t(`settings.${name}-${value || "system"}`)}
    </label>`)}</span>
  </fieldset>`;
}
