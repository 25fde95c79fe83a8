// Signing in to an account, or registering one. Loaded when needed: there must be a connection then.

import {explain, t} from "../i18n/index.js";

const FIELDS = {"no-such-account": "password", "invalid-field": "password", "invalid-name": "name"}; // that errors belong to

/** Sign in and connect, or say what is wrong. what: "sign-in" or "register". */
export async function signIn(session, what, name, password) {
  const {account, chat, link} = session;
  try {
    if (link) await account.ask("admin-link", {name, password, token: link});
    else await account.ask(what, {name, password});
    session.link = "";
    session.dropToken();
    chat.connection.connect();
  } catch (error) {
    const {retryAt} = error; // said with the seconds, and forgotten then
    const over = link && error.code === "not-allowed";
    if (over) session.link = "";
    const words = over ? t("admin.link-over") : error.code ? explain(error) : t("login.away");
    session.state = {kind: "out", words: retryAt ? undefined : words, field: FIELDS[error.code], retryAt};
    session.refreshWays();
  }
}
