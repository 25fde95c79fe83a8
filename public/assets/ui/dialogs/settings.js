// One's own settings, which apply at once and in every tab, and signing out.

import {html, useState} from "../../html.js";
import {clock, t} from "../../i18n/index.js";
import {Dialog} from "./dialog.js";
import {Icon} from "../icons.js";
import {LanguageChoice, speakHere} from "../language.js";
import {NameSetting} from "./name.js";
import {NotificationChoice} from "./notifications.js";
import {Password} from "./password.js";
import {Pick, Setting} from "./setting.js";
import {PictureSettings} from "../files/picture_setting.js";
import {signOut} from "../../state/sign_out.js";

const AFTERNOON = new Date(2026, 0, 1, 15, 4);

export function Settings({chat, show, close}) {
  const kind = chat.user?.id.match(/^([a-z]):/)?.[1] ?? "g";

  /** A choice that is kept for this browser. "" is what the system or the language has. */
  function kept(name, values, apply) {
    async function change(value) {
      chat.storage.write(name, value || undefined);
      await apply?.();
      window.dispatchEvent(new CustomEvent("appearance", {detail: {[name]: value}}));
      chat.changed();
    }
    const help = t(`settings.${name}-help`, {time: clock(AFTERNOON)});
    return html`<${Pick} name=${name} title=${t(`settings.${name}`)} help=${help} label=${(value) => t(`settings.${name}-${value || "system"}`)}
      values=${values} chosen=${chat.storage.read(name, "")} change=${change} />`;
  }

  return html`<${Dialog} title=${t("settings.title")} close=${close}>
    <div class="settings">
      ${(kind === "g" || kind === "a") && html`<${NameSetting} chat=${chat} guest=${kind === "g"} />`}
      <${PictureSettings} chat=${chat} show=${show} />
      ${kept("theme", ["", "light", "dark"])}
      ${kept("size", ["small", "", "large", "largest"])}
      <${Setting} id="setting-language" title=${t("app.language")} help=${t("settings.language-help")}><${LanguageChoice} chat=${chat} /><//>
      ${kept("clock", ["", "12", "24"], () => speakHere(chat.storage))}
      <${NotificationChoice} chat=${chat} />
      ${kept("comings", ["all", "", "none"])}
      ${kind === "a" && html`<${Password} chat=${chat} />`}
      ${chat.user?.role === "admin" && html`<${Setting} id="setting-admin" title=${t("settings.admin")} help=${t("settings.admin-help")}>
        <a class="button" href="admin" aria-describedby="setting-admin">${t("settings.open")}</a><//>`}
      <${Setting} id="setting-keys" title=${t("keys.title")} help=${t("settings.keys-help")}>
        <button onClick=${() => show("keys")} aria-describedby="setting-keys">${t("settings.show")}</button><//>
      <${Leave} chat=${chat} guest=${kind === "g"} close=${close} />
    </div>
  <//>`;
}

/** Signing out, which asks where something would be lost. */
function Leave({chat, guest, close}) {
  const [sure, setSure] = useState(false);
  const unsent = chat.outbox.items.length;
  function leave() {
    if ((unsent || guest) && !sure) return setSure(true);
    close();
    signOut(chat.session);
  }
  const lost = html`<p class="alert" role="alert">
    ${guest && t("me.lose-name", {name: chat.session.name})} ${unsent > 0 && t("me.lose-messages", {count: unsent})}
  </p>`;
  return html`<${Setting} id="setting-leave" title=${chat.session.name} help=${t(guest ? "settings.guest" : "settings.account")} below=${sure && lost}>
    <button class=${sure ? "danger" : ""} onClick=${leave}><${Icon} name="leave" />${t(sure ? "me.leave-anyway" : "me.leave")}</button>
  <//>`;
}
