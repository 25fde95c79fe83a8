// Channels, and the account below them.

import {html} from "../../assets/html.js";
import {Sections} from "../../assets/ui/sections.js";
import {dialogs} from "../../assets/ui/shell.js";
import {Sidebar} from "../../assets/ui/sidebar.js";
import {BEN, at, fill, makeChat, says} from "../made_up.js";

export const title = "Sidebar";

const later = await dialogs();
const NAMES = ["general", "harbour", "tea-and-biscuits", "上海", "ميناء", "a-name-that-is-far-too-long-for-the-column-it-has"];

function chat({unread = [], mentions = {}, drafts = {}, folded = [], ...options} = {}) {
  const made = makeChat({channels: NAMES, ...options});
  for (const [name, channel] of made.channels) {
    fill(channel, [says(BEN, at("9:41"), "hello"), says(BEN, at("9:42"), "is anyone there?")], {read: unread.includes(name) ? 0 : 2});
    Object.assign(channel, {mentions: mentions[name] ?? 0, draft: drafts[name] ?? ""});
  }
  made.storage.write("folded", folded);
  return made;
}

const view = (made) => html`<div class="shell bare"><${Sidebar} shown=${() => false} chat=${made} sections=${new Sections()} close=${() => {}} show=${() => {}} later=${made.later ?? {}} inert=${false} /></div>`;
const sample = (name, made, more) => ({name, size: "slim", on: "frame window", chat: made, view, ...more});

const hinted = Object.assign(chat(), {later});
const missed = Object.assign(chat(), {later, missed: BEN.name});
const refused = chat();
refused.words = "A channel's name has at most 64 characters.";

const some = {unread: ["harbour", "上海", "ميناء"], mentions: {harbour: 1}};

export const samples = [
  sample("Nothing unread, a draft", chat({drafts: {"上海": "later"}})),
  sample("Unread, and one that names me", chat(some)),
  sample("Under the pointer, with the focus", chat(), {states: {"li:nth-of-type(2)": "hover", "li:nth-of-type(3) a": "focus"}}),
  sample("Sections folded", chat({...some, folded: ["unread", "channels"]})),
  sample("A name that is refused", refused),
  sample("A hint for newcomers", hinted),
  sample("A card above the account", missed),
  sample("No channel yet", makeChat({channels: []})),
];
