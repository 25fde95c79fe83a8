// Starts the administrator's page.

import {Desk} from "./ui/admin/desk.js";
import {speakHere} from "./ui/language.js";
import {Login} from "./ui/login.js";
import {html, render} from "./html.js";
import {guardInput} from "./ui/input.js";
import {choose, language, learn, t} from "./i18n/index.js";
import {Office} from "./state/admin.js";
import {openHere} from "./state/storage.js";

guardInput();
const place = document.getElementById("app");
const storage = openHere();
learn("admin");
await speakHere(choose([storage.read("language", ""), ...navigator.languages]));
const office = new Office(storage, document.baseURI.split("#")[0], draw);

function draw() {
  if (place.querySelector(".starting")) place.textContent = "";
  document.title = `${t("settings.admin")} · ${t("app.title")}`;
  const kinds = office.account.kinds.join(); // the form is another one when they are known
  const form = html`<${Login} key=${kinds} chat=${office} title=${t("admin.title")}><a href="./">${t("admin.chat")}</a><//>`;
  render(office.user && office.overview ? html`<${Desk} key=${language()} office=${office} />` : form, place);
}

await office.start();
