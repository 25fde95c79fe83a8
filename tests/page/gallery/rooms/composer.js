// The box one writes in.

import {html} from "../../assets/html.js";
import {Composer} from "../../assets/ui/composer/composer.js";
import {dialogs} from "../../assets/ui/shell.js";
import {ANN, BEN, BOSS, NOOR, WEI, at, conversation, current, says} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Composer";

const later = await dialogs();
export const ACTIONS = [
  {name: "poll", help: "Ask the channel something.", parameters: [
    {name: "question", type: "str", required: true}, {name: "options", type: "str", required: true, rest: true}]},
  {name: "roll", help: "Roll dice.", parameters: [{name: "dice", type: "str", default: "1d6"}, {name: "secret", type: "bool", default: false}]},
  {name: "kick", help: "Send someone away.", parameters: [{name: "user", type: "str", required: true}]},
].map((action) => ({...action, channel: true, slash: true, command: true}));

const view = (chat) => html`<div class="conversation"><${Composer} chat=${chat} channel=${current(chat)} fill=${() => {}} later=${later} /></div>`;

function sample(name, draft, {more, limit = 4000, state, said = "Good morning.", ...rest} = {}) {
  const chat = conversation([says(BEN, at("9:41"), said), says(ANN, at("9:42"), said)], {draft, users: [ANN, BEN, BOSS, NOOR, WEI], state, more});
  chat.wire = 2;
  chat.limits.message = limit;
  chat.actions = ACTIONS;
  return {name, chat, view, ...rest};
}

/** Type into the box, as suggestions depend on where the caret is. */
async function type(root) {
  const box = root.querySelector("textarea");
  box.setSelectionRange(box.value.length, box.value.length);
  box.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}

const press = (selector, shown) => async (root) => {
  root.querySelector(selector).click();
  await shows(root, shown);
};

async function send(root) {
  root.querySelector(".send").click();
  await new Promise((drawn) => setTimeout(drawn, 100));
}

/** An edit of the second message. */
const edits = (more, channel) => ({more: {editing: {seq: 2, text_rev: 2, was: SAID, draft: "", ...more}, ...channel}, said: SAID});
const SAID = "Done, two small changes. The paragraph on limits and the one on names are new.";

const long = "Half an hour late, they say, and the wind is rising. ".repeat(6).trim();

export const samples = [
  sample("Empty", ""),
  sample("With the focus", "", {states: {textarea: "focus"}}),
  sample("A text", "I'll wait at the pier."),
  sample("Several lines", "First the rope,\nthen the sail,\nthen we go."),
  sample("Right to left", "سأنتظر عند الرصيف"),
  sample("Nearly too long", long, {limit: long.length + 40}),
  sample("Too long, can be split", long, {limit: 120}),
  sample("Refused for its length", long, {limit: 120, then: send}),
  sample("Editing", "Done, three small changes.", edits()),
  sample("Editing: edited elsewhere meanwhile", "Done, three small changes.", edits({clash: true})),
  sample("Editing: nothing is left", "", edits({empty: true})),
  sample("Editing: deleted meanwhile", "Done, three small changes.", edits({seq: 3}, {quotes: new Map([[3, null]])})),
  sample("An answer", "Does it hold under load?", {more: {replyTo: 1}, said: "Streaming is out on the canary since noon."}),
  sample("A command", "/roll ", {then: type}),
  sample("Suggestions: commands", "/", {then: type, on: "popup"}),
  sample("Suggestions: people", "@", {then: type, on: "popup"}),
  sample("Formats", "First the rope", {then: press("[data-tool=format]", ".formatting .under")}),
  {name: "Emoji", chat: conversation([]), on: "picker", then: (root) => shows(root, "[role=option]"), view: (chat) => html`<div class="composer">
    <${later.EmojiPicker} chat=${chat} field=${() => null} insert=${() => {}} close=${() => {}} /></div>`},
  sample("Disconnected", "This goes out later.", {state: {kind: "waiting", lost: true, retryAt: Date.now() + 8_000}}),
];
