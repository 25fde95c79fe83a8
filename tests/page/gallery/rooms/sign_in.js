// The first visit, and signing in.

import {html} from "../../assets/html.js";
import {Login} from "../../assets/ui/login.js";
import {makeChat} from "../made_up.js";

export const title = "Sign-in";

function sample(name, {kinds = ["guest"], registration = false, state = {kind: "out"}, known = "", press} = {}) {
  const chat = makeChat({me: null, channels: [], state});
  Object.assign(chat.session.account, {kinds, registration, known: true});
  chat.session.name = known;
  return {
    name, chat, on: "frame", view: (made) => html`<${Login} chat=${made} />`,
    then: async (root) => {
      if (press) [...root.querySelectorAll("button")].find((one) => one.textContent.includes(press))?.click();
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    },
  };
}

const all = {kinds: ["guest", "password"], registration: true};

export const samples = [
  sample("First visit"),
  sample("A name", {known: "Ann Becker"}),
  sample("A name that is refused", {known: "a", state: {kind: "out", words: "This name is too short.", field: "name"}}),
  sample("Connecting", {known: "Ann Becker", state: {kind: "connecting"}}),
  sample("The server does not answer", {known: "Ann Becker", state: {kind: "waiting", retryAt: Date.now() + 8_000}}),
  sample("Several ways", all),
  sample("With an account", {...all, kinds: ["password"], registration: false}),
  sample("A wrong password", {...all, known: "Ann Becker", state: {kind: "out", words: "This name and password do not match.", field: "password"}}),
  sample("Only registered people", {kinds: ["password"], registration: true}),
  sample("Only by an application", {kinds: []}),
  sample("Banned", {state: {kind: "ended", reason: "banned until 2030-01-04T10:00:00Z: shouting"}}),
];
