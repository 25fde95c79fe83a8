// Messages, by themselves and in a group, in each state.

import {html} from "../../assets/html.js";
import {Messages} from "../../assets/ui/messages/messages.js";
import {Message, Pending} from "../../assets/ui/messages/message.js";
import {dialogs} from "../../assets/ui/shell.js";
import {namesOf} from "../../assets/text/mentions.js";
import {ANN, BEN, BOSS, CIARA, LONG, NOOR, WEI, at, conversation, current, makeChat, says} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Messages";

const chat = conversation([], {me: ANN, users: [ANN, BEN, BOSS, NOOR, WEI]});
chat.wire = 2;
const names = namesOf(chat, current(chat));
const later = await dialogs();

const log = (children) => html`<div class="conversation"><div class="messages-frame"><div class="rows">${children}</div></div></div>`;
const message = (line, more) => html`<${Message} key=${line.id} chat=${chat} channel=${current(chat)} line=${line} names=${names} ...${more} />`;
const one = (name, text, {sender = BEN, more, ...rest} = {}) => {
  const line = says(sender, at("9:41"), text);
  return {name, view: () => log(message(line, more)), ...rest};
};

const group = [says(BEN, at("9:41"), "The ferry is late."), says(BEN, at("9:42"), "Half an hour, they say."), says(BOSS, at("9:44"), "Then there is time for tea.")];
const item = {ref: "r1", target: "general", message: "I'll wait at the pier.", time: at("9:45")};
const failed = {...item, error: "You're writing too fast. Wait 8 seconds."};
const pending = (which, follows) => html`<${Pending} key=${which.ref + follows} chat=${chat} item=${which} follows=${follows} />`;

const CODE = "```py\ndef roll(dice: int) -> int:\n    return random(1, 6 * dice)  # fair\n```";
const LIST = "- rope\n- a *light* coat\n  - and a **dry** one\n\n1. cast off\n2. ~~row~~ sail";

export const samples = [
  {name: "First of a person, following, another person", view: () => log([message(group[0]), message(group[1], {follows: true}), message(group[2])])},
  {
    name: "Under the pointer, with its actions; following, with the focus", states: {"article:first-child": "hover", "article:last-child": "focus"},
    view: () => log([message({...group[0], seq: 1}, {Bar: later.Bar}), message(group[1], {follows: true})]),
  },
  {name: "On its way; a second one", view: () => log([pending(item, false), pending({...item, ref: "r2"}, true)])},
  {name: "Failed; a second one", view: () => log([pending(failed, false), pending({...failed, ref: "r2"}, true)])},
  one("For me", "@Ann Becker, are you coming? @Ben is here, and so is #harbour."),
  one("A mention of someone else, a channel, a link", "@Ben knows #harbour; the tides are at https://example.org/tides."),
  one("Emphasis", "*light*, **bold**, ~~gone~~, `code` and :tada:"),
  one("Emoji alone", "🎉 👩‍🚀 ❤️"),
  one("A quote", "> The ferry is late.\n> Half an hour, they say.\n\nStill?"),
  one("A list", LIST),
  one("Code", CODE, {then: (root) => shows(root, ".code-comment")}),
  one("Long words and a long name", `${"w".repeat(120)} and then on`, {sender: LONG}),
  one("Arabic", "صباح الخير! القارب متأخر اليوم، ساعة تقريبا.\n\n- حبل\n- معطف", {sender: NOOR}),
  one("Chinese", "渡轮今天晚点了。**半小时**左右。我们先喝茶吧？", {sender: WEI}),
  one("Two names that look alike", "It is me.", {sender: CIARA, more: {twin: true}}),
  {
    name: "The newest of a longer conversation", size: "wide", on: "window", chat: conversation(
      Array.from({length: 24}, (_, place) => says([BEN, BOSS, NOOR, WEI][(place >> 1) % 4], at(`9:${10 + place}`), ["Good morning.", "早安。", "صباح الخير!", "Is the kettle on?"][place % 4])),
      {me: ANN, read: 20, more: {mark: 20}},
    ),
    view: (made) => html`<div class="conversation"><${Messages} chat=${made} channel=${current(made)} later=${later} /></div>`,
  },
  {name: "Without a connection, nothing is known yet", on: "window low", chat: loading({kind: "waiting", lost: true, retryAt: Date.now() + 8_000}), view: (made) => html`<div class="conversation"><${Messages} chat=${made} channel=${current(made)} later=${later} /></div>`},
  {name: "The beginning is loading", on: "window low", chat: loading(), view: (made) => html`<div class="conversation"><${Messages} chat=${made} channel=${current(made)} later=${later} /></div>`},
];

function loading(state) {
  return makeChat({channels: ["general"], state}); // the join has not been answered
}
