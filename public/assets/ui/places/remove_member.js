// Removing somebody from a channel: it asks, takes a reason, and says for how long.

import {html, useRef, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {manage} from "../../state/managing.js";
import {Dialog} from "../dialogs/dialog.js";

const OUT = {any: 0, day: 24 * 60, week: 7 * 24 * 60, never: 3660 * 24 * 60}; // minutes; the last is the most there is

export function RemoveMember({chat, channel, member, close}) {
  const [out, setOut] = useState("any");
  const [words, setWords] = useState("");
  const reason = useRef();
  const {name, id} = member.user;
  async function send(event) {
    event.preventDefault();
    try {
      await manage(chat, channel, "remove-member", {user: id, minutes: OUT[out] || undefined, reason: reason.current.value.trim() || undefined});
      close();
    } catch (error) {
      setWords(explain(error));
    }
  }
  return html`<${Dialog} title=${t("remove.title", {name})} close=${close}>
    <form class="form" onSubmit=${send}>
      <p>${t("remove.about", {name, channel: channel.called})}</p>
      <fieldset class="entry"><legend>${t(channel.kind === "private" ? "remove.invited" : "remove.again")}</legend>
        <span class="pick">${Object.keys(OUT).map((one) => html`<label key=${one}><input type="radio" name="out" checked=${out === one} onChange=${() => setOut(one)} />${t(`remove.${one}`)}</label>`)}</span></fieldset>
      <div class="entry"><label for="reason">${t("delete.reason")} <span class="muted">${t("form.optional")}</span></label>
        <input id="reason" ref=${reason} autofocus dir="auto" maxlength="64" autocomplete="off" aria-describedby="reason-about" />
        <p class="about" id="reason-about">${t("remove.reason-about", {name})}</p></div>
      <p class="alert" role="alert">${words}</p>
      <footer><button type="button" onClick=${close}>${t("form.cancel")}</button><button class="danger">${t("remove.do")}</button></footer>
    </form>
  <//>`;
}
