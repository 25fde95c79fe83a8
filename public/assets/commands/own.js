// The page's own slash commands: what people expect to type for what the server does by ids. Loaded with the dialogs.

import {t} from "../i18n/index.js";
import {leave} from "../state/leaving.js";
import {createChannel, findPeople, manage, openDirect, person, setChannel, setLevel} from "../state/managing.js";
import {fold} from "../text/characters.js";

const MOST = 100; // people whose names are compared
const LONGEST = 200; // characters of a name, in any spelling
const SILENCE = 60; // minutes, where none are said
const ROLES = ["member", "moderator", "owner"];

/** Members, and who is here without being one. */
async function inChannel(chat, channel, find) {
  const {members} = await chat.connection.call("members", {target: channel.name, find, limit: MOST});
  return [...new Map([...channel.users.values(), ...members.map(person)].map((user) => [user.id, user])).values()];
}
const anybody = async (chat, _, find) => (await findPeople(chat, find, MOST)).users;

/** Where a name ends that a text begins with, however it is spelled; 0: it does not. */
function endOf(text, name) {
  const wanted = fold(name);
  for (let end = 1; end <= Math.min(text.length, LONGEST); end++) {
    if (/^[\s,，、]?$/.test(text.slice(end, end + 1)) && fold(text.slice(0, end)) === wanted) return end;
  }
  return 0;
}

/** Split "@Ann Becker and more" into who is meant, by `search`, and what follows. The longest name that fits is meant. */
async function whom(chat, channel, text, search) {
  const said = text.replace(/^@/, "");
  const [first] = said.split(/\s/);
  const people = await search(chat, channel, first.replace(/[,，、]$/, ""));
  const found = people.map((user) => ({user, end: endOf(said, user.name)})).filter(({end}) => end).sort((one, other) => other.end - one.end);
  if (!found.length) throw new Error(t("people.none", {name: first}));
  const [{user, end}, next] = found;
  if (next?.end === end) throw new Error(t("command.several", {name: user.name}));
  return {user, rest: said.slice(end).replace(/^[\s,，、]+/, "")};
}

/** All who are named one after the other. */
async function everybody(chat, channel, text) {
  const all = [];
  for (let rest = text; rest; ) {
    const next = await whom(chat, channel, rest, anybody);
    all.push(next.user.id);
    ({rest} = next);
  }
  return all;
}

/** name, the action that it needs, what its text is called, and what it does; `optional`: the text may be left out. */
const ALL = [
  ["help", "", ""],
  ["invite", "invite", "people", async (chat, channel, text) => manage(chat, channel, "invite", {users: await everybody(chat, channel, text)})],
  ["remove", "remove-member", "person", async (chat, channel, text) => {
    const {user, rest} = await whom(chat, channel, text, inChannel);
    await manage(chat, channel, "remove-member", {user: user.id, reason: rest || undefined});
  }],
  ["silence", "silence", "person", async (chat, channel, text) => {
    const {user, rest} = await whom(chat, channel, text, inChannel);
    const [, minutes = SILENCE, reason] = rest.match(/^(\d+)?\s*(.*)$/s);
    await manage(chat, channel, "silence", {user: user.id, minutes: Number(minutes), reason: reason || undefined});
  }],
  ["role", "set-role", "person", async (chat, channel, text) => {
    const {user, rest} = await whom(chat, channel, text, inChannel);
    if (!ROLES.includes(rest)) throw new Error(t("command.choice", {field: t("person.role"), choices: ROLES.join(", ")}));
    await manage(chat, channel, "set-role", {user: user.id, role: rest});
  }],
  ["topic", "set-channel", "words", (chat, channel, text) => setChannel(chat, channel, {topic: text})],
  ["mute", "notify", "minutes", (chat, channel, text) => {
    if (!/^\d*$/.test(text)) throw new Error(t("command.int", {field: t("command.as-minutes")}));
    return setLevel(chat, channel, "none", Number(text) || undefined);
  }, true],
  ["unmute", "notify", "", (chat, channel) => setLevel(chat, channel, "all")],
  ["msg", "open-direct", "person", async (chat, channel, text) => {
    const {user, rest} = await whom(chat, channel, text, anybody);
    await openDirect(chat, [user.id]);
    if (rest) chat.post(chat.channels.get(chat.current), [rest]);
  }],
  ["create", "create-channel", "channel", (chat, channel, text) => createChannel(chat, {kind: "public", name: text.replace(/^#/, "")})],
  ["join", "join-channel", "channel", async (chat, channel, text) => chat.open((await chat.connection.call("join-channel", {target: text.replace(/^#/, "")})).channel)],
  ["leave", "leave-channel", "", (chat, channel) => leave(chat, channel.name)],
];

/** Commands of the server that are listed under the page's name for them. */
export const LISTED_AS = {"join-channel": "join", "leave-channel": "leave"};

/** As an action of `hello`; `run(chat, channel, text)` does it. */
export const OWN = ALL.map(([name, needs, field, run, optional]) => ({
  name, needs, run,
  parameters: field ? [{name: field, type: "str", required: !optional}] : [],
  get help() {
    return t(`command.${name}`);
  },
}));
