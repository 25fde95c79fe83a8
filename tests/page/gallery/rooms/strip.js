// The strip between log and composer: one thing at a time.

import {html} from "../../assets/html.js";
import {dialogs} from "../../assets/ui/shell.js";
import {Strip} from "../../assets/ui/strip.js";
import {ANN, BEN, BOSS, NOOR, at, conversation, current, makeChat, says} from "../made_up.js";

export const title = "Strip";

const later = await dialogs();
const hello = [says(BEN, at("9:41"), "Good morning.")];
const view = (ways) => (chat) => html`<div class="conversation"><div class="messages-frame"><${Strip} chat=${chat} channel=${current(chat)} ways=${ways} later=${later} /></div></div>`;
const sample = (name, chat, ways) => ({name, chat, view: view(ways)});

function typing(...users) {
  const chat = conversation(hello, {users: [ANN, BEN, BOSS, NOOR]});
  for (const user of users) current(chat).typing.set(user.id, {user, until: Date.now() + 864e5});
  return chat;
}

function grows() {
  const chat = conversation([...hello, {...says(BOSS, at("9:42"), "It depends."), growing: true}]);
  chat.wire = 2;
  return chat;
}

function left() {
  const chat = makeChat({channels: ["general", "harbour"]});
  chat.left = [{channel: chat.channels.get("harbour"), at: 1, unsent: [], until: Date.now() + 8_000}];
  return chat;
}

function deleted() {
  const chat = conversation(hello);
  chat.outbox.held = [{target: "general", seq: 1, what: "deleted", time: Date.now(), until: Date.now() + 6_000, keep() {}}];
  return chat;
}

const connection = (state) => conversation(hello, {state});
const unread = {words: "4 unread since 9:12", go() {}};
const present = {words: "3 new messages", go() {}};

export const samples = [
  sample("Nothing", typing()),
  sample("One is typing", typing(BEN)),
  sample("Two are typing", typing(BEN, NOOR)),
  sample("More are typing", typing(BEN, NOOR, BOSS)),
  sample("A message is being written", grows()),
  sample("A message is being written, and one reads further up", grows(), {present}),
  sample("The way to what is unread", typing(BEN), {unread}),
  sample("The way to the present", typing(), {present}),
  sample("Both ways", typing(), {unread, present}),
  sample("Left, with Undo", left()),
  sample("Deleted, with Undo", deleted()),
  sample("Connecting again", connection({kind: "connecting", lost: true})),
  sample("Waiting for the next try", connection({kind: "waiting", lost: true, retryAt: Date.now() + 8_000})),
  sample("Ended", connection({kind: "ended", lost: true, code: 4403})),
  sample("The server is full", connection({kind: "waiting", lost: true, full: true, retryAt: Date.now() + 8_000})),
  sample("Ended for a reason", connection({kind: "ended", lost: true, code: 4403, reason: "shouting"})),
];
