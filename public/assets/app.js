// Starts the page: storage, language, drawing, the title and the icon.

import {addressed, addressedSeq, nameChannel, nameNoMessage} from "./ui/address.js";
import {Chat} from "./state/chat.js";
import {followSpeech, speakHere} from "./ui/language.js";
import {OWN_MARK, SERVER} from "./ui/icons.js";
import {Login} from "./ui/login.js";
import {Shell, dialogs} from "./ui/shell.js";
import {html, render} from "./html.js";
import {guardInput} from "./ui/input.js";
import {learn} from "./i18n/index.js";
import {keepPlaces, recallPlaces, restoreConversation} from "./state/last_conversation.js";
import {changedElsewhere, openHere} from "./state/storage.js";

guardInput();
const place = document.getElementById("app");
const DAY_CHECK = 15 * 60_000; // ms
let waiting = false;
let Question; // a component, with a link that signs in
let placed = ""; // the channel that the address was last made to name

/** Draw at most once a frame; a hidden tab has no frames. */
function changed() {
  if (waiting) return;
  waiting = true;
  (document.hidden ? setTimeout : requestAnimationFrame)(draw);
}

const storage = openHere();
await speakHere(storage);
const chat = new Chat(storage, document.baseURI.split("#")[0], changed);
followSpeech(storage, changed);

function draw() {
  waiting = false;
  if (place.querySelector(".starting")) place.textContent = "";
  const {question, known, state} = chat.session;
  const inside = chat.user || (known && state.kind !== "out");
  if (question) render(html`<${Question} ...${question} />`, place);
  else render(inside ? html`<${Shell} chat=${chat} />` : html`<${Login} chat=${chat} />`, place);
  if (chat.current !== placed && (inside || !chat.current)) {
    // Only for another channel, or none once signed out: the address may be ahead of what is drawn.
    placed = chat.current;
    nameChannel(placed);
  }
  const channel = chat.channels.get(chat.current);
  if (channel && chat.current === addressed() && !channel.wanted) nameNoMessage(channel.thread?.root, channel.jump);
  showUnread();
}

let lastUnread = -1;

function showUnread() {
  const unread = chat.unread;
  const hidden = document.hidden && unread ? `(${unread}) ` : "";
  const called = chat.channels.get(chat.current)?.called;
  const title = `${hidden}${called ? `${called} · ` : ""}${SERVER}`;
  if (document.title !== title) document.title = title;
  const shown = hidden ? unread : 0;
  if (shown === lastUnread) return;
  lastUnread = shown;
  const own = OWN_MARK && (shown ? OWN_MARK.replace(/\.\w+$/, "-unread.svg") : OWN_MARK);
  document.querySelector("link[rel=icon]").href = own ?? new URL(shown ? "icon-unread.svg" : "icon.svg", import.meta.url).href;
}

window.addEventListener("hashchange", () => {
  if (!addressed() || !chat.user) return;
  if (addressed() === chat.current && !addressedSeq()) chat.channels.get(chat.current).thread = null;
  chat.open(addressed(), addressedSeq());
});
document.addEventListener("visibilitychange", () => {
  chat.away = document.hidden;
  if (document.hidden) {
    dialogs.loaded?.keepConversation(chat);
    chat.readState.flush();
  }
  chat.readState.refresh();
  changed();
  if (!document.hidden) wake();
});
window.addEventListener("pagehide", () => {
  chat.readState.flush();
  dialogs.loaded?.keepConversation(chat);
  keepPlaces(chat);
  for (const left of chat.left) left.settle();
  for (const held of chat.outbox.held) held.settle();
});
window.addEventListener("online", wake);
window.addEventListener("storage", (event) => {
  const change = changedElsewhere(event);
  if (change) import("./state/other_tabs.js").then(({changedElsewhere: follow}) => follow(chat, change), () => {});
});

window.addEventListener("keydown", (event) => {
  if (event.key !== "F2") return;
  event.preventDefault();
  dialogs().then(({toggle}) => toggle(chat), () => {});
});
(window.requestIdleCallback ?? setTimeout)(() => Promise.all([dialogs(), import("./net/service_worker.js")]).then(() => chat.user && changed(), () => {}));

/** Draw again at midnight, for "Today". The pause is short: timers stop while the machine sleeps. */
function watchDay() {
  const now = new Date();
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  setTimeout(() => {
    changed();
    watchDay();
  }, Math.min(midnight - now + 100, DAY_CHECK));
}
watchDay();

/** The network may be back, or the user has returned: try at once, and check an open connection. */
function wake() {
  if (chat.session.state.kind === "waiting") chat.connection.connect();
  else chat.connection.probe();
}

chat.away = document.hidden;
if (addressed()) {
  chat.current = addressed();
  const channel = chat.know(chat.current);
  channel.wanted = addressedSeq() ?? null; // shown when it has been joined
} else {
  chat.current = [...chat.channels.keys()][0] ?? "";
}
recallPlaces(chat);
const {session} = chat;
const asked = session.account.refresh();
const given = new URL(location.href).searchParams.get("token"); // by an application that signs people in
if (given || !session.token) await asked;
if (given) {
  const [ui, {SwitchUser}] = await Promise.all([import("./ui/switch_user.js"), import("./state/switch_user.js"), learn("dialogs")]);
  Question = ui.Question;
  if (await new SwitchUser(session).arrive(given)) history.replaceState(null, "", location.pathname + location.hash); // so that nobody copies it with the address
} else restoreConversation(chat);
if (session.known && session.state.kind === "out") chat.connection.connect();
draw();
