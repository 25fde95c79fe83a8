// The whole frame, for what has no component of its own: header, members, drawers, no channel.

import {html} from "../../assets/html.js";
import {Members} from "../../assets/ui/members.js";
import {Shell, dialogs} from "../../assets/ui/shell.js";
import {ANN, EVERYONE, at, conversation, current, makeChat, says} from "../made_up.js";
import {shows} from "../stage.js";

export const title = "Frame";

const {ChannelMenu, Refused} = await dialogs();
const lines = [says(ANN, at("9:41"), "The ferry is late today.")];
const shell = (chat) => html`<${Shell} chat=${chat} />`;
const members = (chat) => html`<div class="shell bare"><${Members} channel=${current(chat)} me=${chat.user} close=${() => {}} /></div>`;

const alike = [ANN, {...ANN, id: "g:9f3c0000", name: "Ann Весker"}];
const lost = conversation(lines, {users: EVERYONE, joined: false});
const many = conversation(lines, {users: EVERYONE, more: {count: 1234}});
const nowhere = makeChat({channels: []});
const banned = makeChat({channels: ["general"], state: {kind: "ended", code: 4403, neverIn: true, reason: "banned until 2030-01-04T10:00:00Z: shouting"}});

const elsewhere = makeChat({channels: ["general", "harbour"]});
elsewhere.sync.refused = {name: "harbur", error: {code: "not-allowed", message: "Only members can open this channel."}};

export const samples = [
  {name: "Conversation", size: "wide", on: "window low", chat: conversation(lines, {users: EVERYONE}), view: shell},
  {name: "Long names", size: "wide", on: "window low", chat: conversation(lines, {name: "a-name-that-is-far-too-long-for-the-bar-it-has-to-stand-in-and-goes-on"}), view: shell},
  {name: "No channel", size: "wide", on: "window low", chat: nowhere, view: shell},
  {name: "Banned", size: "wide", on: "window low", chat: banned, view: shell, then: (root) => shows(root, ".title")},
  {name: "A channel that cannot be opened", chat: elsewhere, view: (chat) => html`<${Refused} chat=${chat} show=${() => {}} />`},
  {name: "The menu of a channel", on: "padded menu", chat: conversation(lines), view: (chat) => html`<${ChannelMenu} chat=${chat} channel=${current(chat)} close=${() => {}} />`},
  {name: "Members", size: "slim", on: "frame", chat: conversation(lines, {users: EVERYONE}), view: members},
  {name: "Members who look alike", size: "slim", on: "frame", chat: conversation(lines, {users: alike}), view: members},
  {name: "More members than are shown", size: "slim", on: "frame", chat: many, view: members},
  {name: "Members, disconnected", size: "slim", on: "frame", chat: lost, view: members},
];
