// First and empty states that are whole screens.

import {html} from "../../assets/html.js";
import {Question} from "../../assets/ui/switch_user.js";
import {BOSS, CIARA} from "../made_up.js";

export const title = "Other screens";

export const samples = [
  {name: "A link that signs someone else in", on: "frame", view: () => html`<${Question} here=${CIARA} user=${BOSS} answer=${() => {}} />`},
];
