// Kicks a user, or bans a user or an address for a while.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {Dialog} from "../dialogs/dialog.js";

const HOURS = [1, 24, 168, 720, 8760];

/** against: {user, addresses}, or {} for an address to be typed. */
export function Sanction({admin, against: {user, addresses = []}, close}) {
  const [what, setWhat] = useState(user ? "kick" : "address");
  const [words, setWords] = useState("");

  async function send(event) {
    event.preventDefault();
    const {address, hours, reason} = event.target.elements;
    const fields = reason.value.trim() ? {reason: reason.value} : {};
    if (what === "kick" || what === "ban") fields.user = user.id;
    else fields.address = address?.value.trim() ?? what;
    if (what !== "kick") fields.hours = Number(hours.value);
    try {
      await admin.use(what === "kick" ? "kick" : "ban", fields);
      close();
    } catch (error) {
      setWords(explain(error));
      address?.select(); // all else is chosen
    }
  }

  return html`<${Dialog} title=${user ? t("admin.against", {name: user.name}) : t("admin.ban-address")} close=${close}>
    <form class="form" onSubmit=${send}>
      ${user
        ? html`<label><span>${t("admin.what")}</span>
            <select name="what" value=${what} onChange=${({target}) => setWhat(target.value)} autofocus>
              <option value="kick">${t("admin.kick")}</option>
              <option value="ban">${t("admin.ban-user")}</option>
              ${addresses.map((one) => html`<option key=${one} value=${one}>${t("admin.ban-this", {address: one})}</option>`)}
            </select></label>`
        : html`<label><span>${t("admin.address")}</span><input name="address" required autofocus autocomplete="off" spellcheck="false" /></label>`}
      ${what !== "kick" && html`<label><span>${t("admin.hours")}</span>
        <select name="hours" value="24">${HOURS.map((hours) => html`<option key=${hours} value=${hours}>${t(`hours.${hours}`)}</option>`)}</select></label>`}
      <label><span>${t("admin.reason")}</span><input name="reason" maxlength="64" dir="auto" autocomplete="off" /></label>
      <p class="alert" role="alert">${words}</p>
      <button class="primary">${t(what === "kick" ? "admin.kick" : "admin.keep-out")}</button>
    </form>
  <//>`;
}
