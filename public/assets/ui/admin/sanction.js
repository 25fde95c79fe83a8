// Disconnects a user, or bans a user or an address for a while. It asks, says what will happen, and takes a reason.

import {html, useRef, useState} from "../../html.js";
import {clock, explain, fullDay, t} from "../../i18n/index.js";
import {comingTime} from "../../text/times.js";
import {Dialog} from "../dialogs/dialog.js";

const HOURS = [1, 24, 168, 720, 8760];

/** against: {what: "kick", "ban" or "address", user, addresses}. */
export function Sanction({admin, against: {what, user, addresses = []}, close}) {
  const [words, setWords] = useState("");
  const [hours, setHours] = useState(24);
  const opened = useRef(Date.now());
  const end = opened.current + hours * 3_600_000;
  const guest = user?.id.startsWith("g:") || user?.role === "guest";

  async function send(event) {
    event.preventDefault();
    const {address, reason, also} = event.target.elements;
    const why = reason.value.trim() ? {reason: reason.value} : {};
    const whom = what === "address" ? [{address: address.value.trim()}] : [...(also?.checked ? addresses.map((one) => ({address: one})) : []), {user: user.id}];
    const done = {name: user?.name ?? address.value.trim(), until: comingTime(end)};
    try {
      const calls = what === "kick" ? [["kick", {user: user.id, ...why}]] : whom.map((one) => ["ban", {...one, hours, ...why}]);
      const missing = new Set();
      for (const [action, fields] of calls) { // the addresses first: they may be refused
        for (const node of (await admin.connection.call(action, fields)).missing ?? []) missing.add(node);
      }
      await admin.did(t(`done.${what === "kick" ? "kick" : "ban"}`, done), missing);
      close();
      requestAnimationFrame(() => document.activeElement === document.body && document.getElementById(user ? "people" : "bans")?.focus());
    } catch (error) {
      setWords(explain(error));
      address?.select(); // all else is chosen
    }
  }

  return html`<${Dialog} title=${t(`sanction.title-${what}`, {name: user?.name})} close=${close}>
    <form class="form" onSubmit=${send}>
      <p class="help">${t(`sanction.about-${what}`)} ${what === "ban" && guest && t("sanction.guest")}</p>
      ${what === "address" && html`<div class="entry"><label for="address">${t("admin.address")}</label>
        <input id="address" name="address" required autofocus autocomplete="off" spellcheck=${false} /></div>`}
      ${what !== "kick" && html`<div class="entry"><label for="hours">${t("admin.hours")}</label>
        <select id="hours" value=${hours} onChange=${({target}) => setHours(Number(target.value))} autofocus=${what === "ban"} aria-describedby="end">
          ${HOURS.map((one) => html`<option key=${one} value=${one}>${t(`hours.${one}`)}</option>`)}
        </select>
        <p class="about" id="end">${t("admin.until", {day: fullDay(end), time: clock(end)})}</p></div>`}
      <div class="entry"><label for="reason">${t("admin.reason")}</label>
        <input id="reason" name="reason" maxlength="64" dir="auto" autocomplete="off" autofocus=${what === "kick"} aria-describedby="seen" />
        <p class="about" id="seen">${t(`sanction.seen-${what}`)}</p></div>
      ${what === "ban" && addresses.length > 0 && html`<div class="entry switched">
        <label for="also">${t("sanction.also", {count: addresses.length, addresses: addresses.join(", ")})}</label>
        <input id="also" name="also" type="checkbox" role="switch" class="switch" aria-describedby="behind" />
        <p class="about" id="behind">${t("sanction.behind", {count: addresses.length})}</p></div>`}
      <p class="alert" role="alert">${words}</p>
      <footer>
        <button type="button" onClick=${close}>${t("admin.cancel")}</button>
        <button class="danger">${t(`sanction.do-${what}`)}</button>
      </footer>
    </form>
  <//>`;
}
