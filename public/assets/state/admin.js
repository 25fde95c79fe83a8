// What an administrator sees and does: who is here, figures, bans and the audit.

import {Chat} from "./chat.js";
import {Connection} from "../net/connection.js";
import {address, turn} from "./session.js";
import {Figures} from "./figures.js";
import {explain, t} from "../i18n/index.js";

const LOOK_EVERY = 2_000; // ms
const LISTS_EVERY = 5; // looks: others ban, too

export class Office extends Chat {
  /** As a chat, but in no channel, and with a socket of its own: one may be someone else in the chat. */
  constructor(storage, base, changed) {
    super(storage, base, changed);
    this.channels.clear();
    const hears = {event: (event) => this.receive(event), state: (state) => turn(this, state)};
    this.connection = new Connection(() => address(this), hears, false);
    this.figures = new Figures();
    this.overview = null; // null: not allowed, or not yet known
    this.bans = [];
    this.entries = [];
    this.find = "";
    this.done = ""; // what was done last
    this.how = ""; // how one becomes an administrator where nobody signs in with a password
  }

  /** Come in as whoever the browser is signed in as; else the form is shown. */
  async start() {
    const known = await this.account.look();
    if (known && !this.account.kinds.includes("password")) {
      this.how = t(this.account.kinds.join() === "guest" ? "admin.no-accounts" : "admin.elsewhere");
      this.state = {kind: "out", words: this.how};
    }
    if (this.account.signedIn) this.token = ""; // an account goes before a guest
    this.account.kinds = this.account.kinds.filter((kind) => kind !== "guest"); // a guest is no administrator
    this.account.registration = false;
    if (this.token || this.account.signedIn) this.connection.connect();
    this.changed();
    setInterval(() => document.hidden || this.watch(), LOOK_EVERY);
  }

  meet() {
    // Plugins' faces are the chat's.
  }

  begin({user}) {
    this.user = user;
    this.name = user.name;
    this.looks = 0;
    this.watch();
  }

  /** Look at what goes on; who may not is shown the form. */
  async watch() {
    if (!this.connection.open) return;
    try {
      const [overview] = await Promise.all([
        this.connection.call("overview", {find: this.find}),
        this.looks++ % LISTS_EVERY === 0 && this.list(),
      ]);
      this.overview = overview;
      this.figures.take(overview);
    } catch (error) {
      if (error.code === "not-allowed") this.refuse();
    }
    this.changed();
  }

  refuse() {
    this.connection.end();
    this.state = {kind: "out", words: t("admin.refused", {name: this.name, how: this.how || t("admin.sign-in")})};
    this.user = this.overview = null;
    this.name = "";
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

  /** Use a power, and tell what came of it; the promise fails with an Error where the server says no. */
  async use(action, fields) {
    const {ended} = await this.connection.call(action, fields);
    this.done = action === "unban" ? t("admin.lifted") : t("admin.ended", {count: ended});
    this.looks = 0;
    this.changed();
    await this.watch();
  }

  /** Have the server load a plugin again. */
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
