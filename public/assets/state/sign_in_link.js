// A link by which an application signs people in (/?token=…), and the way back to who one was. Loaded when needed.

import {html, useEffect, useRef} from "../html.js";
import {t} from "../i18n/index.js";

/**
 * Come in as whom the token of a link names; who is someone else here is asked first, and is kept. The promise is false
 * where the server does not answer. A guest's token is no invitation, nor is one that is not valid (any more).
 */
export async function arrive(chat, token) {
  const {account, storage} = chat;
  try {
    const user = await account.whose(token);
    if (!user?.id.startsWith("t:")) return true;
    const here = await account.whose(chat.token);
    if (here && here.id !== user.id) {
      if (!(await asked(chat, here, user))) return true;
      setAside(chat, here, user);
    }
    chat.token = token;
    storage.write("name", (chat.name = user.name));
    storage.write("token", token);
    storage.write("become", Date.now()); // for tabs with a socket of their own
    chat.connection.take();
    return true;
  } catch {
    return false;
  }
}

/** Be again who one was before the last link. */
export async function back(chat) {
  const {account, outbox, storage} = chat;
  if (storage.read("token", "") === chat.token) {
    const kept = storage.read("aside", []);
    const {token, name, unsent} = kept.pop();
    storage.write("aside", kept.length ? kept : undefined);
    storage.write("name", name);
    storage.write("token", token || undefined);
    for (const item of unsent) outbox.add(item);
    storage.write("become", Date.now());
  } // else another tab was the first
  chat.user = null;
  chat.name = storage.read("name", "");
  chat.token = storage.read("token", "");
  if (!chat.token) await account.look(); // a session, perhaps
  chat.connection.take();
  chat.changed();
}

/** Keep who one is, and what that one has not sent yet. */
function setAside({outbox, storage, token}, {id, name}, user) {
  const unsent = [...outbox.items];
  for (const {ref} of unsent) outbox.done(ref);
  const others = storage.read("aside", []).filter((one) => one.id !== id && one.id !== user.id);
  storage.write("aside", [...others, {id, name, token, unsent}]);
}

function asked(chat, here, user) {
  return new Promise((decide) => {
    const answer = (yes) => {
      chat.question = null;
      chat.changed();
      decide(yes);
    };
    chat.question = html`<${Question} here=${here} user=${user} answer=${answer} />`;
    chat.changed();
  });
}

function Question({here, user, answer}) {
  const stay = useRef();
  useEffect(() => stay.current.focus(), []);
  const values = {name: user.name, here: here.role === "guest" || !here.id.includes(":") ? `${here.name} (${t("role.guest")})` : here.name};
  return html`<main class="login"><form onSubmit=${(event) => event.preventDefault()}>
    <h1 dir="auto">${t("arrival.title", values)}</h1>
    <p dir="auto">${t("arrival.about", values)}</p>
    <button type="button" class="primary" ref=${stay} onClick=${() => answer(false)} dir="auto">${t("arrival.stay", values)}</button>
    <button type="button" class="quiet" onClick=${() => answer(true)} dir="auto">${t("arrival.change", values)}</button>
  </form></main>`;
}
