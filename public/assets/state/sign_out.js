// Out of the chat.

import {goOut} from "./session.js";

/** Sign out, in all tabs: forget who one was, and what was kept for it; or be again who one was before a link. */
export function signOut(chat) {
  const {account, storage} = chat;
  if (storage.read("aside", []).length) return import("./sign_in_link.js").then(({back}) => back(chat), () => {});
  if (account.signedIn) account.ask("sign-out").catch(() => {});
  for (const key of ["name", "token", "channels", "epoch", "account"]) storage.write(key, undefined);
  for (const folder of ["draft", "read", "outbox"]) {
    for (const [name] of storage.folder(folder)) storage.write(`${folder}/${name}`, undefined);
  }
  goOut(chat);
}
