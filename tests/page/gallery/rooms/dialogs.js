// Windows over the page, and the inspector.

import {html} from "../../assets/html.js";
import {Sections} from "../../assets/ui/sections.js";
import {dialogs} from "../../assets/ui/shell.js";
import {Inspector} from "../../assets/ui/dialogs/inspector.js";
import {BOSS, CIARA, at, conversation, current, makeChat, says} from "../made_up.js";
import {ACTIONS} from "./composer.js";

export const title = "Dialogs";

const {Browse, Form, Jump, Keys, Settings} = await dialogs();
const sections = (chat) => {
  const all = new Sections();
  all.arrange(chat, false);
  return all;
};
const close = () => {};
const found = {channels: [{name: "harbour", count: 4}, {name: "上海", count: 12}, {name: "tea-and-biscuits", count: 1}]};
const jumping = makeChat({channels: ["general", "ميناء"], answers: {channels: found}});
const nothing = makeChat({channels: [], answers: {channels: {channels: []}}});

async function type(root, word) {
  const field = root.querySelector("input");
  field.value = word;
  field.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((drawn) => setTimeout(drawn, 250));
}
const shown = () => new Promise((drawn) => setTimeout(drawn, 50)); // the channels that there are

const settings = (me) => ({chat: conversation([says(CIARA, at("9:41"), "Good morning.")], {me}), view: (chat) => html`<${Settings} chat=${chat} show=${close} close=${close} />`});
const form = (which) => ({chat: makeChat(), view: (chat) => html`<${Form} chat=${chat} channel=${current(chat)} action=${ACTIONS[which]} close=${close} />`});
const dialog = (name, more) => ({name, on: "raised", ...more});

export const samples = [
  dialog("Jump", {chat: jumping, then: shown, view: (chat) => html`<${Jump} chat=${chat} sections=${sections(chat)} close=${close} />`}),
  dialog("Jump: nothing found", {chat: nothing, then: (root) => type(root, "pier"), view: (chat) => html`<${Jump} chat=${chat} sections=${sections(chat)} close=${close} />`}),
  dialog("All channels", {chat: jumping, then: shown, view: (chat) => html`<${Browse} chat=${chat} close=${close} />`}),
  dialog("All channels: nothing found", {chat: nothing, then: (root) => type(root, "pier"), view: (chat) => html`<${Browse} chat=${chat} close=${close} />`}),
  dialog("Settings of a guest", settings(CIARA)),
  dialog("Settings of an administrator with an account", settings(BOSS)),
  dialog("Keys", {view: () => html`<${Keys} close=${close} />`}),
  dialog("The connection (F2)", {chat: conversation([says(CIARA, at("9:41"), "Good morning.")]), view: (chat) => html`<${Inspector} chat=${chat} />`}),
  dialog("A form for a command", form(0)),
  dialog("A form with a choice to tick", form(1)),
];
