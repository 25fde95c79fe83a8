// Changes the password of the account; other sessions end.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {Setting} from "./setting.js";

export function Password({chat}) {
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState(null); // {words, failed}

  async function change(event) {
    event.preventDefault();
    const form = event.target;
    try {
      await chat.session.account.ask("password", {password: form.elements.present.value, new: form.elements.new.value});
      form.reset();
      setSaid({words: t("password.done")});
    } catch (error) {
      const wrong = error.code === "no-such-account";
      form.elements[wrong ? "present" : "new"].select();
      setSaid({words: wrong ? t("password.wrong") : error.code ? explain(error) : t("login.away"), failed: true});
    }
  }

  const form = html`<form class="form" onSubmit=${change} onInput=${() => setSaid(null)}>
    <input type="text" name="username" value=${chat.session.name} autocomplete="username" readonly hidden />
    <label>${t("password.present")} <input type="password" name="present" required maxlength="1024" autocomplete="current-password" /></label>
    <label>${t("password.new")} <input type="password" name="new" required minlength="8" maxlength="1024" autocomplete="new-password" />
      <small class="muted">${t("password.hint")}</small></label>
    <p class=${said?.failed ? "alert" : ""} role=${said?.failed ? "alert" : "status"}>${said?.words}</p>
    <button class="primary">${t("password.change")}</button>
  </form>`;
  return html`<${Setting} id="setting-password" title=${t("password.title")} help=${t("password.help")} below=${open && form}>
    <button onClick=${() => setOpen(!open)} aria-expanded=${open} aria-describedby="setting-password">${t("password.open")}</button>
  <//>`;
}
