// The state of the administrator's page: who is here, figures, bans and the audit.

import {Chat} from "./chat.js";
import {Figures} from "./figures.js";
import {explain, t} from "../i18n/index.js";

const LOOK_EVERY = 2_000; // ms
const LISTS_EVERY = 5; // refreshes

export class Admin extends Chat {
  /** A chat without channels, with a socket of its own: in the chat the same browser may be another user. */
  constructor(storage, base, changed) {
    super(storage, base, changed, false);
    this.channels.clear();
    this.figures = new Figures();
    this.overview = null; // null: not allowed, or not yet known
    this.bans = [];
    this.entries = [];
    this.find = "";
    this.done = ""; // the result of the last command
    this.how = ""; // how to become an administrator if there are no passwords
  }

  /** Connect as the user that the browser is signed in as; otherwise the form is shown. */
  async start() {
    const {session} = this;
    const {account} = session;
    account.guests = false; // a guest is no administrator
    if (!(await account.refresh())) account.kinds = [];
    else if (!account.kinds.includes("password")) {
      this.how = t(account.kinds.length ? "admin.elsewhere" : "admin.no-accounts");
      session.state = {kind: "out", words: this.how};
    }
    if (account.signedIn) session.token = ""; // an account goes before a guest
    if (session.known) this.connection.connect();
    this.changed();
    setInterval(() => document.hidden || this.watch(), LOOK_EVERY);
  }

  usePlugins() {
    // Plugins draw in the chat only.
  }

  begin({user}) {
    Object.assign(this.session, {user, name: user.name});
    this.looks = 0;
    this.watch();
  }

  /** Fetch the overview. If the user may not see it, show the form. */
  async watch() {
    if (!this.connection.open) return;
    try {
      const [overview] = await Promise.all([
        this.connection.call("overview", {find: this.find}),
        this.looks++ % LISTS_EVERY === 0 && this.list(),
      ]);
      this.overview = overview;
      this.figures.receive(overview);
    } catch (error) {
      if (error.code === "not-allowed") this.refuse();
    }
    this.changed();
  }

  refuse() {
    const {session} = this;
    session.refuse(t("admin.refused", {name: session.name, how: this.how || t("admin.sign-in")}));
    session.user = this.overview = null;
    session.name = "";
  }

  async list() {
    const [{bans}, {entries}] = await Promise.all([this.connection.call("bans"), this.connection.call("audit")]);
    Object.assign(this, {bans, entries});
  }

  /** Find people by a part of their names. */
  seek(find) {
    this.find = find;
    this.changed();
    this.watch();
  }

  /** Kick or ban, and show the result; the promise is rejected if the server refuses. */
  async use(action, fields) {
    const {ended} = await this.connection.call(action, fields);
    this.done = action === "unban" ? t("admin.lifted") : t("admin.ended", {count: ended});
    this.looks = 0;
    this.changed();
    await this.watch();
  }

  /** Have the server reload a plugin. */
  async reload(plugin) {
    try {
      await this.connection.call("reload-plugin", {plugin});
      this.done = t("admin.reloaded", {name: plugin});
      this.looks = 0;
      await this.watch();
    } catch (error) {
      this.done = explain(error);
      this.changed();
    }
  }

  async lift(whom) {
    try {
      await this.use("unban", {whom});
    } catch (error) {
      this.done = explain(error);
      this.changed();
    }
  }
}
