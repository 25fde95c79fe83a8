// A new direct conversation: with whom.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {directWith, openDirect} from "../../state/managing.js";
import {mayWrite} from "../../state/may.js";
import {Icon} from "../icons.js";
import {Dialog} from "../dialogs/dialog.js";
import {PeopleField} from "./people_field.js";

const MOST = 8; // others
const PEN = "M12 3H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2v-7M18.375 2.625a1 1 0 0 1 3 3l-9.013 9.014a2 2 0 0 1-.853.505l-2.873.84a.5.5 0 0 1-.62-.62l.84-2.873a2 2 0 0 1 .506-.852z";

/** The button for it. */
export function NewMessage({chat, show}) {
  return mayWrite(chat) && html`<button class="quiet" onClick=${() => show({place: "message"})} aria-label=${t("direct.new")} title=${t("direct.new")}><${Icon} path=${PEN} /></button>`;
}

export function MessageTo({chat, close, users = []}) {
  const [chosen, choose] = useState(users);
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const there = chosen.length > 0 && directWith(chat, chosen.map(({id}) => id));
  async function send(event) {
    event.preventDefault();
    if (!chosen.length || busy) return;
    setBusy(true);
    try {
      await openDirect(chat, chosen.map(({id}) => id));
      close();
    } catch (error) {
      setWords(explain(error));
    }
    setBusy(false);
  }
  return html`<${Dialog} title=${t("direct.new")} close=${close}>
    <form class="form choosing" onSubmit=${send}>
      <${PeopleField} chat=${chat} id="people" label=${t("people.add")} placeholder=${t("people.find")} chosen=${chosen} choose=${choose} most=${MOST} open autofocus />
      <p class="alert" role="alert">${words}</p>
      <footer><small class="grow" role="status">${chosen.length > 0 && t(there ? "direct.there" : "direct.count", {count: chosen.length + 1, most: MOST + 1})}</small>
        <button class="primary" disabled=${!chosen.length || busy}>${t("direct.open")}</button></footer>
    </form>
  <//>`;
}
