// Starts the administrator's page.

import {Dashboard} from "./ui/admin/dashboard.js";
import {followSpeech, speakHere} from "./ui/language.js";
import {Login} from "./ui/login.js";
import {html, render} from "./html.js";
import {guardInput} from "./ui/input.js";
import {learn, spelling, t} from "./i18n/index.js";
import {Admin} from "./state/admin.js";
import {openHere} from "./state/storage.js";

guardInput();
const place = document.getElementById("app");
const storage = openHere();
learn("admin");
await speakHere(storage);
const admin = new Admin(storage, document.baseURI.split("#")[0], draw);
followSpeech(storage, draw);

function draw() {
  if (place.querySelector(".starting")) place.textContent = "";
  document.title = `${t("settings.admin")} · ${t("app.title")}`;
  const kinds = admin.session.account.kinds.join(); // the form is another one when they are known
  const form = html`<${Login} key=${kinds} chat=${admin} title=${t("admin.title")}><a href="./">${t("admin.chat")}</a><//>`;
  render(admin.user && admin.overview ? html`<${Dashboard} key=${spelling()} admin=${admin} />` : form, place);
}

await admin.start();
