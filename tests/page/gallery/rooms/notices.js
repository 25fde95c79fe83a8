// What stands between messages: days, "New", comings and goings, what only one person sees, an empty channel.

import {html} from "../../assets/html.js";
import {listOf} from "../../assets/ui/messages/help.js";
import {rows} from "../../assets/ui/messages/rows.js";
import {dialogs} from "../../assets/ui/shell.js";
import {namesOf} from "../../assets/text/mentions.js";
import {BEN, BOSS, CIARA, EVERYONE, NOOR, at, conversation, current, joins, leaves, notice, says} from "../made_up.js";
import {ACTIONS} from "./composer.js";

export const title = "Between messages";

const later = await dialogs();
const {Beginning} = later;
const log = (children) => html`<div class="conversation"><div class="messages-frame"><div class="rows">${children}</div></div></div>`;

function sample(name, lines, more) {
  const chat = conversation(lines, {users: EVERYONE, ...more});
  const channel = current(chat);
  return {name, view: () => log(rows({chat, channel, names: namesOf(chat, channel), active: {}, later}, channel.lines))};
}

const hello = says(BEN, at("9:41"), "Good morning.");
const crowd = Array.from({length: 9}, (_, place) => ({id: `g:crowd-${place}`, name: `Guest ${place + 1}`}));
const empty = conversation([], {name: "harbour"});
const old = conversation([hello], {name: "上海"});

export const samples = [
  sample("Days", [says(BEN, at("18:20", 3), "See you on Monday."), says(BOSS, at("20:00", 1), "Good night."), hello]),
  sample("What is new", [hello, says(BEN, at("9:42"), "Is anyone there?"), says(BOSS, at("9:43"), "I am.")], {read: 1, more: {mark: 1}}),
  sample("One came, one left", [hello, joins(NOOR, at("9:42")), leaves(CIARA, at("9:43"))]),
  sample("Folded: they came and left", [hello, ...[BOSS, NOOR, CIARA].map((user) => joins(user, at("9:42"))), leaves(BOSS, at("9:43"))]),
  sample("Folded: very many", [hello, ...crowd.map((user) => joins(user, at("9:42")))]),
  sample("A new name", [hello, notice("Cia is now Ciarán", at("9:44"), {event: "rename", user: CIARA})]),
  sample("Only you see this", [hello, notice("2 people are banned: Ben (until Friday) and 10.0.0.7.", at("9:44"), {private: true})]),
  sample("Two of those", [hello, notice("/roll adds up dice.", at("9:44"), {private: true}), notice("/poll asks the channel.", at("9:45"), {private: true})]),
  sample("The answer to /help", [hello, notice("", at("9:44"), {private: true, content: listOf(ACTIONS)})]),
  {name: "An empty channel", view: () => log(html`<${Beginning} channel=${current(empty)} />`)},
  {name: "The beginning of a channel", view: () => log([html`<${Beginning} channel=${current(old)} />`, rows({chat: old, channel: current(old), names: namesOf(old, current(old)), active: {}, later}, current(old).lines)])},
];
