// Asks whether to become the user of a link by which an application signs people in. Loaded with such a link.

import {html, useEffect, useRef} from "../html.js";
import {t} from "../i18n/index.js";
import {Tile} from "./icons.js";
import {Front} from "./login.js";

export const Question = (question) => html`<${Front}><${Form} ...${question} /><//>`;

function Form({here, user, answer}) {
  const stay = useRef();
  useEffect(() => stay.current.focus(), []);
  const values = {name: user.name, here: here.role === "guest" || !here.id.includes(":") ? `${here.name} (${t("role.guest")})` : here.name};
  return html`<form class="door" onSubmit=${(event) => event.preventDefault()}>
    <${Tile} kind="server large" />
    <h1 dir="auto">${t("arrival.title", values)}</h1>
    <p dir="auto">${t("arrival.about", values)}</p>
    <button type="button" class="primary" ref=${stay} onClick=${() => answer(false)} dir="auto">${t("arrival.stay", values)}</button>
    <button type="button" onClick=${() => answer(true)} dir="auto">${t("arrival.change", values)}</button>
  </form>`;
}
