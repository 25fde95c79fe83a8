// Signing out. Loaded with the dialogs, so that it works without a connection, too.

import {OF_CHANNELS} from "./channel_list.js";
import {LAST} from "./storage.js";

/** Sign out in all tabs, and forget what was stored for the user; or return to the user of before a link. */
export async function signOut(session) {
  const {storage} = session.chat;
  storage.write(LAST, undefined);
  if (storage.read("aside", []).length) return session.switchBack().catch(() => {});
  if (session.account.signedIn) session.account.ask("sign-out").catch(() => {});
  for (const key of ["name", "token", "channels", "recent", "epoch", "account"]) storage.write(key, undefined);
  for (const folder of [...OF_CHANNELS, "changes", "lost", "outbox", "searches"]) {
    for (const [name] of storage.folder(folder)) storage.write(`${folder}/${name}`, undefined);
  }
  return session.end();
}
