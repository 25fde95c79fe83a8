// A link by which an application signs people in (/?token=…), and the way back. Loaded when needed.

export class SwitchUser {
  constructor(session) {
    this.session = session;
    this.chat = session.chat;
  }

  /**
   * Become the user of a link's token. If someone else is signed in here, ask first, and keep that identity. A guest's
   * token and one that is not valid are ignored. The promise is false if the server does not answer.
   */
  async arrive(token) {
    const {chat, session} = this;
    try {
      const user = await session.account.whose(token);
      if (!user?.id.startsWith("t:")) return true;
      const here = await session.account.whose(session.token);
      if (here && here.id !== user.id) {
        if (!(await session.ask(here, user))) return true;
        this.setAside(here, user);
      }
      session.become(user.name, token);
      chat.storage.write("become", Date.now()); // for tabs with a socket of their own
      chat.connection.reconnect();
      return true;
    } catch {
      return false;
    }
  }

  /** Become the user again that was here before the last link. */
  async back() {
    const {connection, outbox, storage} = this.chat;
    const {session} = this;
    if (storage.read("token", "") === session.token) {
      const kept = storage.read("aside", []);
      const {token, name, unsent} = kept.pop();
      storage.write("aside", kept.length ? kept : undefined);
      session.become(name, token);
      for (const item of unsent) outbox.add(item);
      storage.write("become", Date.now());
    } // otherwise another tab was first
    session.reload();
    if (!session.token) await session.account.refresh(); // there may be a session
    connection.reconnect();
    this.chat.changed();
  }

  /** Keep an identity, and what that user has not sent yet. */
  setAside({id, name}, user) {
    const {outbox, storage} = this.chat;
    const unsent = [...outbox.items];
    for (const {ref} of unsent) outbox.done(ref);
    const others = storage.read("aside", []).filter((one) => one.id !== id && one.id !== user.id);
    storage.write("aside", [...others, {id, name, token: this.session.token, unsent}]);
  }
}
