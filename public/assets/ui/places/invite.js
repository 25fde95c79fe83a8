// Making people members of a channel.

import {html, useState} from "../../html.js";
import {explain, t} from "../../i18n/index.js";
import {manage} from "../../state/managing.js";
import {Dialog} from "../dialogs/dialog.js";
import {PeopleField} from "./people_field.js";

const MOST = 50; // people at once

export function Invite({chat, channel, close}) {
  const [chosen, choose] = useState([]);
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const skip = new Map([...(channel.ranks?.keys() ?? [])].map((id) => [id, t("invite.there")]));
  async function send(event) {
    event.preventDefault();
    if (!chosen.length || busy) return;
    setBusy(true);
    try {
      await manage(chat, channel, "invite", {users: chosen.map(({id}) => id)});
      close();
    } catch (error) {
      setWords(explain(error));
    }
    setBusy(false);
  }
  return html`<${Dialog} title=${t("invite.title", {name: channel.called})} close=${close}>
    <form class="form choosing" onSubmit=${send}>
      <${PeopleField} chat=${chat} id="people" label=${t("people.add")} placeholder=${t("people.find")} chosen=${chosen} choose=${choose} most=${MOST} skip=${skip} open autofocus />
      <p class="alert" role="alert">${words}</p>
      <footer><small class="grow">${t(channel.about.newcomers === "from-joining" ? "invite.from-now" : "invite.all")}</small><button class="primary" disabled=${!chosen.length || busy}>${t("invite.do")}</button></footer>
    </form>
  <//>`;
}
