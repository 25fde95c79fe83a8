// What a user does to channels and to those who belong to them. Loaded with the dialogs.

const {compare} = new Intl.Collator(undefined, {numeric: true});
const TELL_NEXT = 100; // ms between channels that are read at once: each takes a call

/** Change settings of a channel: {topic: …}. */
export const setChannel = (chat, channel, settings) =>
  chat.connection.call("set-channel", {target: channel.name, ...settings}).then(() => {
    chat.places.learn(channel, settings);
    chat.changed();
  });

/** Choose of what to hear: "all", "mentions" or "none"; with minutes, for so long. */
export async function setLevel(chat, channel, level, minutes) {
  await chat.connection.call("notify", {target: channel.name, level, minutes});
  chat.places.learn(channel, {notify: level, notify_until: minutes ? Date.now() + minutes * 60_000 : undefined});
  chat.places.keep(channel);
  chat.changed();
}

/** Everything counts as read, on the user's other devices, too. */
export async function readAll(chat) {
  const {readState} = chat;
  let wait = 0;
  const read = (channel) => {
    const end = readState.end(channel);
    if (end > channel.read) readState.readUpTo(channel, end, TELL_NEXT * wait++);
  };
  const idle = [...chat.channels.values()].filter((channel) => chat.idle(channel) && channel.told + channel.mentions > 0);
  for (const channel of chat.channels.values()) {
    channel.mark = null;
    channel.heldUnread = false;
    if (channel.epoch) read(channel);
  }
  chat.changed();
  for (const channel of idle) {
    await chat.sync.join(channel); // positions are those of who is in it
    read(channel);
  }
  chat.changed();
}

/** Show the channel that a call has made or found. */
function show(chat, answer) {
  chat.places.joined(chat.know(answer.channel), answer);
  chat.open(answer.channel);
}

/** Open the conversation with some people (ids). */
export async function openDirect(chat, users) {
  show(chat, await chat.connection.call("open-direct", {users}));
}

/** Make a channel: {kind, name or title, topic, users}. */
export async function createChannel(chat, fields) {
  show(chat, await chat.connection.call("create-channel", fields));
}

/** Do something to members; the words of a refusal are an Error. what: "invite", "remove-member", "set-role" or "silence". */
export async function manage(chat, channel, what, fields) {
  const answer = await chat.connection.call(what, {target: channel.name, ...fields});
  channel.memberships = (channel.memberships ?? 0) + 1;
  chat.changed();
  return answer;
}

/** The direct conversation with just these people, if it is in the user's list. */
export function directWith(chat, ids) {
  const wanted = [...ids].sort().join();
  return [...chat.channels.values()].find(({kind, about}) => kind === "direct" && about.with && about.with.map(({id}) => id).sort().join() === wanted);
}

/** The channels that the user shares with somebody, by their names for people; all of them, whatever is loaded here. */
export async function sharedWith(chat, id) {
  const {channels} = await chat.connection.call("shared", {user: id});
  return channels.map((name) => chat.channels.get(name)).filter(Boolean).sort((one, other) => compare(one.label, other.label));
}

/** Somebody as an answer has them: with `present`, whether they are here. */
export const person = (one) => ({...(one.user ?? one), present: one.present});

/** People whose names contain a word: {users, more}. */
export async function findPeople(chat, find, limit = 20) {
  const {users, more} = await chat.connection.call("users", {find, limit});
  return {users: users.map(person).filter(({id}) => id !== chat.user?.id), more};
}
