// Starts the administrator's page.

import {Dashboard} from "./ui/admin/dashboard.js";
import {Door} from "./ui/admin/door.js";
import {SERVER} from "./ui/icons.js";
import "./ui/more_icons.js";
import {followSpeech, speakHere} from "./ui/language.js";
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
  document.title = `${t("settings.admin")} · ${SERVER}`;
  const kinds = admin.session.account.kinds.join(); // the form is another one when they are known
  render(admin.entered ? html`<${Dashboard} key=${spelling()} admin=${admin} />` : html`<${Door} key=${kinds} admin=${admin} />`, place);
}

await admin.start();
