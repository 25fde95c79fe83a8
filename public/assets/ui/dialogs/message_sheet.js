// What can be done with a message: after a long press on it.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {shorten} from "../../text/characters.js";
import {plain} from "../../text/plain.js";
import {actions} from "../messages/message_bar.js";
import {Dialog} from "./dialog.js";
import {Icon} from "../icons.js";

export function MessageSheet({message, close}) {
  function take({run}) {
    close();
    setTimeout(() => run(message)); // the page can have the focus again
  }
  return html`<${Dialog} title=${message.sender.name} close=${close}>
    <p class="excerpt" dir="auto">${shorten(plain(message.message), 120)}</p>
    <div class="actions">
      ${actions.map((one) => html`<button key=${one.name} class="quiet" onClick=${() => take(one)}><${Icon} ...${one} />${t(`message.${one.name}`)}</button>`)}
    </div>
  <//>`;
}
