// Who has not signed in as an administrator: the form, or how to become one.

import {html} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Command} from "../command.js";
import {Icon} from "../icons.js";
import {LanguageChoice} from "../language.js";
import {Front, Login} from "../login.js";
import {StateCard} from "../state_card.js";

const MAKE = "python -m tornado_chat user add NAME --role admin";
const COMMANDS = {
  "no-accounts": ["python -m tornado_chat --auth guest,password --admin-link"],
  elsewhere: ["python -m tornado_chat user role h:NAME admin"],
};

export function Door({admin}) {
  const {how, refused} = admin;
  const back = html`<a href="./">${t("admin.chat")}</a>`;
  if (admin.session.link) return html`<${Login} chat=${admin} title=${t("admin.link-title")}>${back}<//>`;
  if (!how) return html`<${Login} chat=${admin} title=${t("admin.title")}>
    <details><summary>${t("admin.none-yet")} <${Icon} name="unfold" /></summary><p>${t("admin.make")}</p><${Command} text=${MAKE} /></details>${back}
  <//>`;
  return html`<${Front}>
    <div class="door">
      <${StateCard} icon="key" level="h1" title=${t(`admin.${how}-title`)}>
        ${refused && html`<p role="alert">${t("admin.refused", {name: refused})}</p>`}
        <p>${t(`admin.${how}`)}</p>
        ${COMMANDS[how].map((line) => html`<${Command} key=${line} text=${line} />`)}
      <//>
    </div>
    <footer>${back}<${LanguageChoice} chat=${admin} /></footer>
  <//>`;
}
