// The pictures of people and of the server. What the server said last of somebody is true, also beside what they wrote before.
// Loaded with the dialogs.

const LISTS = ["users", "joined", "members", "messages", "channels", "changed", "threads"];
export const SERVER = {id: ""}; // whose picture is the server's

/** The users that an event or an answer tells of. */
function* usersIn(event) {
  yield event.user;
  yield event.sender;
  for (const name of LISTS) {
    for (const one of Array.isArray(event[name]) ? event[name] : []) {
      yield one?.user ?? one?.sender ?? one?.root?.sender ?? one;
      yield* one?.with ?? [];
    }
  }
}

class Pictures {
  constructor() {
    this.chat = null; // whose pictures these are
    this.known = new Map(); // id of a user -> id of their picture; "": none
    this.watching = new Set();
  }

  begin(chat) {
    this.chat = chat;
    chat.connection.on.all = (event) => this.learn(event);
    this.note(SERVER.id, chat.picture ?? "");
    this.tell();
  }

  /** The id of a user's picture; "": there is none. */
  of(user) {
    return this.known.get(user.id) ?? user.picture ?? "";
  }

  learn(event) {
    for (const user of usersIn(event)) if (user?.id && user.name) this.note(user.id, user.picture ?? "");
    if (event.action === "picture" && "server" in event) this.note(SERVER.id, event.server);
    if (event.action === "hello") this.note(SERVER.id, event.server?.picture ?? "");
  }

  note(id, picture) {
    const before = this.known.get(id);
    this.known.set(id, picture);
    if (before !== picture && (before || picture)) this.tell();
  }

  /** Call `told` whenever some picture is another one. Return what ends that. */
  watch(told) {
    this.watching.add(told);
    return () => this.watching.delete(told);
  }

  tell() {
    for (const told of this.watching) told();
  }
}

export const pictures = new Pictures();
