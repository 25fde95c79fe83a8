// Starts the administrator's page.

import {Desk} from "./components/desk.js";
import {speakHere} from "./components/language.js";
import {Login} from "./components/login.js";
import {html, render} from "./html.js";
import {guardInput} from "./input.js";
import {choose, language, learn, t} from "./language.js";
import {Office} from "./office.js";
import {openHere} from "./storage.js";

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
