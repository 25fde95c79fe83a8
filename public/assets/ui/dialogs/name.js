// One's own name, and how to take another one.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {Setting} from "./setting.js";

export function NameSetting({chat, guest}) {
  const [name, setName] = useState(chat.session.name);
  const [said, setSaid] = useState(null); // {words, failed}
  const other = name.trim() && name.trim() !== chat.session.name;

  async function rename(event) {
    event.preventDefault();
    if (!other) return;
    try {
      const {user} = await chat.connection.call("rename", {name: name.trim()});
      setName(user.name);
      setSaid({words: t("settings.name-done", {name: user.name})});
    } catch (error) {
      setSaid({words: explain(error), failed: true});
    }
  }

  const below = html`<p id="name-words" class=${said?.failed ? "alert" : "muted"} role=${said?.failed ? "alert" : "status"}>${said?.words}</p>`;
  return html`<${Setting} id="setting-name" title=${t("settings.name")} help=${t(guest ? "settings.name-help" : "settings.name-account")} below=${below}>
    <form class="renaming" onSubmit=${rename}>
      <input value=${name} onInput=${({target}) => (setName(target.value), setSaid(null))} maxlength="256" dir="auto" spellcheck=${false}
        autocomplete="off" aria-labelledby="setting-name" aria-describedby="setting-name-help name-words" aria-invalid=${Boolean(said?.failed)} />
      <button class=${other ? "primary" : ""} disabled=${!other}>${t("settings.rename")}</button>
    </form>
  <//>`;
}
