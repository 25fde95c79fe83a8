// The first visit, and signing in.

import {html} from "../../assets/html.js";
import {Login} from "../../assets/ui/login.js";
import {makeChat} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Sign-in";

function sample(name, {kinds = ["guest"], registration = false, state = {kind: "out"}, known = "", press, shown = ".login form"} = {}) {
  const chat = makeChat({me: null, channels: [], state});
  Object.assign(chat.session.account, {kinds, registration, known: true});
  chat.session.name = known;
  return {
    name, chat, on: "frame", view: (made) => html`<${Login} chat=${made} />`,
    then: async (root) => {
      await shows(root, shown);
      for (const words of root.querySelectorAll(".door p")) if (words.textContent.includes(location.host)) words.textContent = words.textContent.replace(location.host, "chat.example.org");
      if (press) [...root.querySelectorAll("button")].find((one) => one.textContent.includes(press))?.click();
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    },
  };
}

const all = {kinds: ["guest", "password"], registration: true};

const banned = (until) => ({kind: "ended", code: 4403, reason: `banned until ${until}: shouting`});

export const samples = [
  sample("First visit"),
  sample("A name", {known: "Ann Becker"}),
  sample("A name that is refused", {known: "a", state: {kind: "out", words: "This name is too short.", field: "name"}}),
  sample("Connecting", {known: "Ann Becker", state: {kind: "connecting"}}),
  sample("The server does not answer", {known: "Ann Becker", state: {kind: "waiting", retryAt: Date.now() + 8_000}}),
  sample("Several ways", all),
  sample("Signing in", {...all, known: "Ann Becker"}),
  sample("Registering", {...all, press: "Create an account"}),
  sample("A wrong password", {...all, known: "Ann Becker", state: {kind: "out", words: "This name and password do not match.", field: "password"}}),
  sample("Signed out", {...all, known: "Ann Becker", state: {kind: "out", over: true}}),
  sample("Only by an application", {kinds: [], shown: ".title"}),
  sample("Banned", {state: banned("2030-01-04T10:00:00Z"), shown: ".title"}),
  sample("No longer banned", {state: banned("2020-01-04T10:00:00Z"), shown: ".title"}),
  sample("From another site", {state: {kind: "out", foreign: true}, shown: ".title"}),
];
