// Channels, and the account below them.

import {html} from "../../assets/html.js";
import {Sidebar} from "../../assets/ui/sidebar.js";
import {BEN, at, fill, makeChat, says} from "../made_up.js";

export const title = "Sidebar";

const NAMES = ["general", "harbour", "tea-and-biscuits", "上海", "ميناء", "a-name-that-is-far-too-long-for-the-column-it-has"];

function chat({unread = [], mentions = {}, ...options} = {}) {
  const made = makeChat({channels: NAMES, ...options});
  for (const [name, channel] of made.channels) {
    fill(channel, [says(BEN, at("9:41"), "hello"), says(BEN, at("9:42"), "is anyone there?")], {read: unread.includes(name) ? 0 : 2});
    channel.mentions = mentions[name] ?? 0;
  }
  return made;
}

const view = (made) => html`<div class="shell bare"><${Sidebar} chat=${made} close=${() => {}} show=${() => {}} inert=${false} /></div>`;
const sample = (name, made, more) => ({name, size: "slim", on: "frame window", chat: made, view, ...more});

const refused = chat();
refused.words = "A channel's name has at most 64 characters.";

export const samples = [
  sample("One's own row, unread ones, one that names me", chat({unread: ["harbour", "上海", "ميناء"], mentions: {harbour: 1}})),
  sample("Under the pointer, with the focus", chat(), {states: {"li:nth-of-type(2)": "hover", "li:nth-of-type(3) a": "focus"}}),
  sample("A name that is refused", refused),
  sample("No channel yet", makeChat({channels: []})),
];
