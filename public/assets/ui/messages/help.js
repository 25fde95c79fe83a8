// The answer to /help: what there is, each a button that begins it in the box.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {about, fields, listedCommands} from "../../commands/schema.js";
import {insert} from "../input.js";

function begin({name}) {
  const field = document.querySelector(".composer textarea");
  insert(field, `/${name} `, 0, 0); // what is there already may be meant for it
}

/** A component that lists the commands among actions. */
export const listOf = (actions) => () => html`<div class="text"><p>${t("command.these")}</p>
  <ul class="commands">${listedCommands(actions).map((action) => html`<li key=${action.name}><button onClick=${() => begin(action)}>
    <code>${`/${action.name}`}<span class="arg">${fields(action).map((one) => ` ${one}`)}</span></code><small dir="auto">${about(action)}</small>
  </button></li>`)}</ul>
</div>`;
