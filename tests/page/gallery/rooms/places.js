// Places and people: where a server keeps the user's channels.

import {html} from "../../assets/html.js";
import {Places} from "../../assets/state/places.js";
import {Heading} from "../../assets/ui/places/heading.js";
import {ChannelMenu} from "../../assets/ui/dialogs/channel_menu.js";
import {Sections} from "../../assets/ui/sections.js";
import {dialogs} from "../../assets/ui/shell.js";
import {Sidebar} from "../../assets/ui/sidebar.js";
import {StateCard} from "../../assets/ui/state_card.js";
import {ANN, BEN, BOSS, CIARA, LONG, NOOR, WEI, at, conversation, current, fill, makeChat, says} from "../made_up.js";

export const title = "Places and people";

const later = await dialogs();
const {Barred, Browse, Jump, MembersPane, PlaceBeginning, PlaceDialog, Refused} = later;
const close = () => {};
const PEOPLE = [{user: BEN, present: true}, {user: NOOR, present: true}, {user: WEI, present: false}, {user: LONG, present: false}];
const BROWSED = {channels: [
  {channel: "general", kind: "public", title: "general", topic: "Releases, questions, lunch", members: 14},
  {channel: "news", kind: "public", title: "Announcements", posting: "moderators", members: 38},
  {channel: "p:x", kind: "private", title: "Hiring", members: 4},
  {channel: "القراءة", kind: "public", title: "القراءة", topic: "كتب ومقالات", members: 5},
  {channel: "workshop", kind: "public", title: "workshop", archived: true, members: 21},
], more: false};
const RANKS = [[BOSS, "owner"], [CIARA, "moderator"], [ANN, "member"], [BEN, "member"], [NOOR, "member"], [WEI, "member"]];
const NEED = {"remove-member": "moderator", silence: "moderator", "set-role": "owner", "plugin-settings": "owner", "delete-message": "moderator"};
const OF_MODERATORS = ["topic", "description", "posting", "slow"];
const GRADES = ["visitor", "member", "moderator", "owner"];
const grade = (role) => GRADES.indexOf(role);

/** As a server answers `may` to somebody with this role. */
const may = (role = "member") => ({call, settings = [], user}) => {
  const need = call === "set-channel" ? (OF_MODERATORS.includes(settings[0]) ? "moderator" : "owner") : NEED[call] ?? "member";
  if (grade(role) < grade(need)) return {allowed: false, rule: "channel-role", needs: `Only ${need}s of #general can change these settings`};
  const other = RANKS.find(([{id}]) => id === user)?.[1];
  return other && grade(other) >= grade(role) ? {allowed: false, rule: "rank", needs: ""} : {allowed: true};
};
const answers = {
  users: {users: PEOPLE, more: false}, browse: BROWSED, channels: {channels: []},
  "plugin-settings": {plugins: [{plugin: "greet", settings: [{name: "greeting", type: "str", value: "Moin", help: "What newcomers hear"}, {name: "loud", type: "bool"}]}]},
  members: {members: RANKS.map(([user, role]) => ({user, role, present: false})), count: RANKS.length, more: false},
};

/** A chat on a server that keeps the user's channels. about: what is known of the channel that is shown. */
function placed(about = {}, {name = "general", lines = [says(BEN, at("9:41"), "The ferry is late today.")], ...options} = {}) {
  const chat = conversation(lines, {name, answers: {...answers, may: may(about.role)}, users: [ANN, BEN, BOSS, NOOR], ...options});
  Object.assign(chat, {served: true, places: new Places(chat), powers: ["create-channel", "open-direct"]});
  chat.connection.open = true;
  const channel = current(chat);
  channel.about = {kind: "public", role: "member", members: RANKS.length, ...about};
  channel.ranks = new Map(RANKS.map(([user, role]) => [user.id, {user, role}]));
  return chat;
}

function listed() {
  const chat = placed();
  const rows = [
    ["news", {kind: "public", title: "Announcements"}], ["p:x", {kind: "private", title: "Hiring"}], ["random", {kind: "public", notify: "none"}],
    ["dm:1", {kind: "direct", with: [BEN]}], ["dm:2", {kind: "direct", with: [WEI]}], ["dm:3", {kind: "direct", with: [NOOR, CIARA]}], ["dm:4", {kind: "direct", with: [NOOR]}],
  ];
  for (const [name, about] of rows) Object.assign(fill(chat.know(name), [says(BEN, at("9:41"), "hello")], {users: [], read: ["random", "dm:4"].includes(name) ? 0 : 1}), {about});
  return chat;
}

const side = (chat) => html`<div class="shell bare"><${Sidebar} shown=${() => false} chat=${chat} sections=${new Sections()} close=${close} show=${close} later=${{...later, Cards: undefined}} inert=${false} /></div>`;
const bar = (chat) => html`<div class="shell bare"><main class="conversation"><header><${Heading} chat=${chat} channel=${current(chat)} /></header></main></div>`;
const pane = (chat) => html`<div class="shell bare"><${MembersPane} chat=${chat} channel=${current(chat)} me=${chat.user} show=${close} close=${close} /></div>`;
const beginning = (empty) => (chat) => html`<div class="conversation"><${PlaceBeginning} chat=${chat} channel=${current(chat)} empty=${empty} /></div>`;
const dialog = (place, more = {}) => (chat) => html`<${PlaceDialog} place=${place} ...${more} chat=${chat} channel=${current(chat)} show=${close} close=${close} />`;
const barred = (rule, until) => (chat) => html`<div class="composer barred"><${Barred} chat=${chat} channel=${current(chat)} rule=${rule} until=${until} /></div>`;
const refused = (chat) => html`<${Refused} chat=${chat} show=${close} Card=${StateCard} />`;
const jumping = (chat) => {
  const sections = new Sections();
  sections.arrange(chat, false);
  return html`<${Jump} chat=${chat} sections=${sections} close=${close} />`;
};

async function type(root, word, field = "input") {
  const place = root.querySelector(field);
  place.value = word;
  place.dispatchEvent(new Event("input", {bubbles: true}));
  await new Promise((drawn) => setTimeout(drawn, 300));
}
const shown = () => new Promise((drawn) => setTimeout(drawn, 80));
const pressed = (selector) => async (root) => {
  root.querySelector(selector)?.click(); // on a phone they are not edited here
  await shown();
};
const lost = (refusal) => {
  const chat = listed();
  chat.sync.refused = refusal;
  return chat;
};
function unsent(chat) {
  chat.places.lost = {all: new Map([["crew", {name: "crew", called: "#crew", texts: ["I am late, start without me.", "Ten minutes."]}]])};
  return chat;
}
const owner = {role: "owner", topic: "Releases, questions, lunch. Incidents go to #deploys."};
const direct = {name: "dm:1", me: ANN};
const twin = {...BEN, id: "g:9f3c0000", name: "Веn"};

export const samples = [
  {name: "The list: direct, private, silent", size: "slim", on: "frame window", chat: listed(), view: side},
  {name: "A title and a topic", size: "wide", on: "padded", chat: placed({topic: owner.topic}), view: bar},
  {name: "An owner adds a topic", size: "wide", on: "padded", chat: placed({role: "owner"}), view: bar},
  {name: "A topic is edited", size: "wide", on: "padded", chat: placed(owner), then: pressed(".topic .words"), view: bar},
  {name: "A title is edited", size: "wide", on: "padded", chat: placed(owner), then: pressed("h1 .words"), view: bar},
  {name: "With whom", size: "wide", on: "padded", chat: placed({kind: "direct", with: [BEN]}, direct), view: bar},
  {name: "Members by role", size: "slim", on: "frame", chat: placed(owner), view: pane},
  {name: "About a person", size: "slim", on: "frame", chat: placed({kind: "direct", with: [BEN]}, direct), view: pane},
  {name: "A new channel", chat: placed(), then: (root) => type(root, "harbour", "#channel-name"), view: dialog("create"), on: "raised"},
  {name: "A private one", chat: placed(), view: dialog("create", {kind: "private"}), on: "raised"},
  {name: "A new message", chat: placed(), then: shown, view: dialog("message", {users: [CIARA]}), on: "raised"},
  {name: "Invite", chat: placed(owner), then: shown, view: dialog("invite"), on: "raised"},
  {name: "Settings, for an owner", chat: placed(owner), then: shown, view: dialog("channel"), on: "raised"},
  {name: "Settings, for a member", chat: placed({topic: "Lunch"}), then: shown, view: dialog("channel"), on: "raised"},
  {name: "Somebody", chat: placed(), view: dialog("person", {user: BEN}), on: "raised"},
  {name: "Somebody who looks like another", chat: placed(), view: dialog("person", {user: twin}), on: "raised"},
  {name: "A member, for an owner", chat: placed(owner), then: shown, view: dialog("person", {user: BEN}), on: "raised"},
  {name: "An owner, for a moderator", chat: placed({role: "moderator"}), then: shown, view: dialog("person", {user: BOSS}), on: "raised"},
  {name: "Removing a member", chat: placed(owner), view: dialog("remove", {member: {user: BEN, role: "member"}}), on: "raised"},
  {name: "The menu of a channel", on: "padded menu", chat: placed(owner), view: (chat) => html`<${ChannelMenu} chat=${chat} channel=${current(chat)} show=${close} close=${close} />`},
  {name: "What to hear of a channel", on: "padded menu", chat: placed(owner), view: (chat) => html`<${ChannelMenu} bell chat=${chat} channel=${current(chat)} show=${close} close=${close} />`},
  {name: "What could not be sent", on: "frame", size: "slim", chat: unsent(placed()), view: (chat) => html`<${later.Cards} chat=${chat} />`},
  {name: "All channels", on: "raised", chat: placed(), then: shown, view: (chat) => html`<${Browse} chat=${chat} show=${close} close=${close} />`},
  {name: "Jump finds people", on: "raised", chat: placed(), then: (root) => type(root, "n"), view: jumping},
  {name: "Only moderators post", on: "padded", chat: placed(), view: barred("posting")},
  {name: "Silenced", on: "padded", chat: placed(), view: barred("silenced", at("23:58"))},
  {name: "Archived, for an owner", on: "padded", chat: placed({role: "owner"}), view: barred("archived")},
  {name: "A direct conversation begins", chat: placed({kind: "direct", with: [BEN]}, {...direct, lines: []}), view: beginning(true)},
  {name: "A private channel begins", chat: placed({kind: "private", title: "Hiring", description: "Two people in March."}, {name: "p:x"}), view: beginning(false)},
  {name: "Nothing there, or nothing of one’s own", chat: lost({name: "p:y", error: {code: "not-found", message: ""}}), view: refused},
  {name: "Removed", chat: lost({name: "harbour", called: "#harbour", kind: "public", by: BOSS, reason: "Advertising", gone: true}), view: refused},
];
