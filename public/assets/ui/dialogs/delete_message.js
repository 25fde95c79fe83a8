// Deleting what someone else has written: it asks, and takes a reason.

import {html, useRef} from "../../html.js";
import {t} from "../../i18n/index.js";
import {remove} from "../../state/changes.js";
import {gist} from "../../text/files.js";
import {Dialog} from "./dialog.js";

export function DeleteMessage({chat, channel, line, close}) {
  const reason = useRef();
  function send(event) {
    event.preventDefault();
    remove(chat, channel, line, reason.current.value.trim());
    close();
  }
  return html`<${Dialog} title=${t("delete.title", {name: line.sender.name})} close=${close}>
    <form class="form" onSubmit=${send}>
      <p class="quote"><b dir="auto">${line.sender.name}</b> <span class="cut" dir="auto">${gist(line, 120)}</span></p>
      <div class="entry"><label for="reason">${t("delete.reason")} <span class="muted">${t("form.optional")}</span></label>
        <input id="reason" ref=${reason} autofocus dir="auto" maxlength="64" autocomplete="off" aria-describedby="reason-about" />
        <p class="about" id="reason-about">${t("delete.about")}</p>
      </div>
      <footer><button type="button" onClick=${close}>${t("form.cancel")}</button><button class="danger">${t("message.delete")}</button></footer>
    </form>
  <//>`;
}
