// Into the chat and out of it: who one is, and why one is not let in.

import {explain, t} from "../i18n/index.js";

/** Where to connect to, as whom one is. */
export function address(chat) {
  const url = new URL("ws", chat.base);
  url.protocol = url.protocol.replace("http", "ws");
  if (chat.token) url.search = `?token=${encodeURIComponent(chat.token)}`;
  else if (!chat.account.signedIn) url.search = `?name=${encodeURIComponent(chat.name)}`;
  return url.href;
}

/** Come in under a name; the first channel is where something can be seen. */
export function enter(chat, name) {
  chat.name = name;
  chat.storage.write("name", name);
  dropToken(chat);
  chat.connection.connect();
}

/** Sign in to an account, or register one (`what`), and come in. */
export async function signIn(chat, what, name, password) {
  chat.state = {kind: "connecting"};
  chat.changed();
  try {
    await chat.account.ask(what, {name, password});
    dropToken(chat);
    chat.connection.connect();
  } catch (error) {
    const field = {"no-such-account": "password", "invalid-field": "password", "invalid-name": "name"}[error.code];
    chat.state = {kind: "out", words: error.code ? explain(error) : t("login.silent"), field};
  }
  chat.changed();
}

function dropToken(chat) {
  chat.storage.write("token", (chat.token = "") || undefined);
}

/** One has another name, or another token for it. */
export function renamed(chat, {user, token}) {
  chat.user = user;
  chat.name = user.name;
  if (token) chat.token = token;
  chat.storage.write("name", chat.name);
  chat.storage.write("token", chat.token || undefined);
}

/** One is no longer who one was. */
export function goOut(chat) {
  chat.connection.end();
  chat.meet([]);
  chat.account.signedIn = false;
  chat.state = {kind: "out"};
  chat.user = null;
  chat.name = chat.token = "";
  chat.channels.clear();
  chat.outbox.items = [];
  chat.show("");
}

/** The connection is in another state. */
export async function turn(chat, state) {
  const neverIn = !chat.user;
  const lost = state.kind === "waiting" || state.kind === "ended" || (state.kind === "connecting" && chat.state.lost);
  chat.state = {...state, neverIn, lost};
  if (state.kind !== "open") {
    for (const channel of chat.channels.values()) channel.joined = false;
  }
  const refused = state.kind === "ended" && state.code === 4401;
  if (refused && chat.token && chat.storage.read("aside", []).length) {
    if (chat.connection.leads) (await import("./sign_in_link.js")).back(chat); // the others follow
  } else if (refused && chat.token.split(".").length === 3) {
    dropToken(chat); // an application's, which is over: nobody becomes a guest by that
    chat.user = null;
    chat.state = {kind: "out", words: t("login.over")};
  } else if (refused && chat.token) {
    dropToken(chat);
    chat.connection.connect(); // the server knows this token no more: the same name, as someone new
  } else if (state.kind === "ended" && state.code === 4400) {
    if (!chat.token) chat.storage.write("name", undefined);
    keptOut(chat, state.reason ? explain({code: "invalid-name", message: state.reason}) : t("login.bad-name"), "name");
  } else if (refused && chat.account.signedIn) {
    chat.account.signedIn = false; // signed out elsewhere, or the session is over
    chat.user = null;
    chat.state = {kind: "out", words: t("login.over")};
    if (!chat.account.known) {
      await chat.account.look(); // the server was away when the page began
      chat.account.signedIn = false;
    }
  } else if (state.kind === "waiting" && neverIn) {
    chat.changed();
    await askWhy(chat, chat.state);
  }
  chat.changed();
}

/** Ask over HTTP why the socket did not open: a browser does not tell the page. By POST, as that names the origin. */
async function askWhy(chat, state) {
  let status;
  try {
    ({status} = await fetch(address(chat).replace(/^ws/, "http"), {method: "POST", cache: "no-store"}));
  } catch {
    return; // nobody is there: the banner counts to the next try
  }
  if (state !== chat.state) return;
  if (status === 403) keptOut(chat, t("login.foreign"));
  else if (status === 503) state.words = t("login.full"); // and the next try comes
}

/** field: which one is wrong, in a form that is shown now. */
function keptOut(chat, words, field) {
  chat.connection.end();
  chat.state = {kind: "out", words, field};
}

/** Forget what was wrong: it is being mended, or another form is shown. */
export function forgive(chat) {
  if (chat.state.kind === "waiting") chat.connection.end();
  if (chat.state.kind === "connecting" || (chat.state.kind === "out" && !chat.state.words)) return;
  chat.state = {kind: "out"};
  chat.changed();
}
