// What the user may do in a channel, and why not: asked of the server, which alone knows the rules.

const BARS = ["archived", "silenced", "posting"]; // rules by which there is no box for new messages
const AGAIN = 5_000; // ms after which what could not be asked is asked again

/** What an answer depends on: when this is another one, it is asked for again, and the old answer counts meanwhile. */
function stateOf({connection, powers}, {about, ranks}, user) {
  const {role, archived, posting, silenced_until: until} = about;
  return JSON.stringify([connection.session, powers, role, archived, posting, until > Date.now(), ranks?.get(user)?.role]);
}

/**
 * Why the user may not call an action in a channel: {rule, needs}, and {} until the server has answered; undefined: they may.
 * about: {user (id)}, {settings}, {seq}.
 */
export function lacks(chat, channel, call, about = {}) {
  channel.rights ??= new Map(); // call and what it is about -> {state, answer}
  const key = JSON.stringify([call, about]);
  const state = stateOf(chat, channel, about.user);
  const known = channel.rights.get(key);
  if (known?.state !== state && chat.connection.open && chat.served) ask(chat, channel, key, state, {call, ...about});
  return known ? known.answer : {};
}

async function ask(chat, channel, key, state, fields) {
  const known = channel.rights.get(key);
  channel.rights.set(key, {answer: {}, ...known, state});
  try {
    const {allowed, rule, needs} = await chat.connection.call("may", {target: channel.name, ...fields});
    channel.rights.set(key, {state, answer: allowed ? undefined : {rule, needs}});
  } catch (error) {
    if (error.code === "disconnected") return; // the next connection is another state
    setTimeout(() => {
      if (channel.rights.get(key)?.state === state) channel.rights.get(key).state = "";
      chat.changed();
    }, error.retryAfter ?? AGAIN);
    return;
  }
  chat.changed();
}

// What does not depend on a channel is known from `hello`. A server of the version before has no such powers, and lets everybody.
const has = (power) => ({served, powers}) => !served || powers.includes(power);

/** Whether the user may make channels. */
export const mayMake = has("create-channel");

/** Whether the user may begin direct conversations. */
export const mayWrite = has("open-direct");

/** Why nothing can be written in a channel: {rule, until (ms)}, or undefined. What the channel says of itself counts until the server has answered. */
export function barred(chat, channel, now = Date.now()) {
  const {archived, posting, silenced_until: until} = channel.about;
  const likely = archived ? "archived" : until > now ? "silenced" : posting === "moderators" ? "posting" : undefined;
  if (!likely) return undefined;
  const no = chat.served ? lacks(chat, channel, "send-message") : {};
  const rule = no && (no.rule ?? likely);
  return BARS.includes(rule) ? {rule, until: rule === "silenced" ? until : undefined} : undefined;
}
