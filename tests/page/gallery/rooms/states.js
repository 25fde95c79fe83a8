// First and empty states that are whole screens.

import {html} from "../../assets/html.js";
import {Command} from "../../assets/ui/command.js";
import {StateCard} from "../../assets/ui/state_card.js";
import {Question} from "../../assets/ui/switch_user.js";
import {BOSS, CIARA} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Other screens";

export const samples = [
  {name: "A state with one thing to do", on: "padded", view: () => html`<${StateCard} icon="compass" title="No channel yet"><p>Join one, or make your own.</p><button class="primary">All channels</button><//>`},
  {name: "A state with a command to copy", on: "padded", view: () => html`<${StateCard} icon="key" title="No accounts yet"><${Command} text="python -m tornado_chat user add NAME" /><//>`},
  {name: "A link that signs someone else in", on: "frame", then: (root) => shows(root, ".login form"), view: () => html`<${Question} here=${CIARA} user=${BOSS} answer=${() => {}} />`},
];
