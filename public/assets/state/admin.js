// The state of the administrator's page: who is here, figures, bans and the audit.

import {AllChannels} from "./all_channels.js";
import {Chat} from "./chat.js";
import {Figures} from "./figures.js";
import {explain, t} from "../i18n/index.js";

const LOOK_EVERY = 2_000; // ms
const LISTS_EVERY = 5; // refreshes
const GAP = 8_000; // ms without figures, which are asked for then
const SAID_FOR = 8_000; // ms

export const VIEWS = ["overview", "people", "channels", "plugins", "audit"];
export const FEW = 6; // rows of a list in the overview
export const MANY = 100; // elsewhere
const PAGE = 50; // entries of the audit

/** Return the token of the link that was opened (see --admin-link), and remove it from the address. */
function takeLink() {
  const [, token] = /^#link=([\w-]+)$/.exec(location.hash) ?? [];
  if (token) history.replaceState(null, "", location.pathname);
  return token ?? "";
}

export class Admin extends Chat {
  /** A chat without channels, with a socket of its own: in the chat the same browser may be another user. */
  constructor(storage, base, changed) {
    super(storage, base, changed, false);
    this.channels.clear();
    this.figures = new Figures();
    this.places = new AllChannels(this);
    this.seen = 0; // when figures came last
    this.view = VIEWS[0];
    this.overview = null; // null: not allowed, or not yet known
    this.bans = null; // null: not yet known
    this.entries = null;
    this.more = ""; // where the audit goes on
    this.find = ""; // a part of the names of people
    this.filter = {find: "", power: ""}; // of the audit
    this.said = ""; // the result of the last command
    this.refused = ""; // who is signed in, and no administrator
    this.how = ""; // how to become an administrator if there are no passwords: "no-accounts" or "elsewhere"
  }

  /** Whether the page is shown: from when someone known connects, if they may see it. */
  get entered() {
    const {state, known} = this.session;
    const connects = state.kind === "connecting" || state.kind === "open";
    return Boolean(this.user && this.overview) || (known && connects && !this.refused);
  }

  /** Whether what is shown is what the server says now. */
  get live() {
    return this.session.state.kind === "open";
  }

  /** Connect as the user that the browser is signed in as; otherwise the form is shown. */
  async start() {
    const {session} = this;
    const {account} = session;
    const link = takeLink();
    account.guests = false; // a guest is no administrator
    if (!(await account.refresh())) account.kinds = [];
    else if (!account.kinds.includes("password")) this.how = account.kinds.length ? "elsewhere" : "no-accounts";
    if (account.kinds.includes("password")) session.link = link;
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
    this.refused = "";
    this.looks = 0;
    this.watch();
  }

  /** Show one of VIEWS. */
  turn(view) {
    if (view === this.view) return;
    this.view = view;
    this.looks = 0;
    this.changed();
    this.watch();
  }

  /** Fetch the overview. If the user may not see it, show the form. */
  async watch() {
    if (!this.connection.open || !this.user) return;
    const past = !(Date.now() - this.seen < GAP);
    try {
      const [overview] = await Promise.all([
        this.connection.call("overview", {find: this.find, limit: this.view === "overview" ? FEW : MANY, past}),
        this.looks++ % LISTS_EVERY === 0 && this.list(),
      ]);
      this.overview = overview;
      if (past) this.figures.receivePast(overview.past);
      this.figures.receive(overview);
      this.seen = Date.now();
    } catch (error) {
      if (error.code === "not-allowed") this.refuse();
    }
    this.changed();
  }

  refuse() {
    const {session} = this;
    this.refused = session.name;
    session.refuse(t("admin.refused", {name: session.name}));
    session.user = null;
    session.name = "";
    this.clear();
  }

  /** Forget what only an administrator sees. */
  clear() {
    super.clear();
    this.overview = this.bans = this.entries = null;
    this.figures = new Figures();
    this.places.clear();
    this.seen = 0;
    this.said = "";
  }

  /** Fetch the bans, the channels, and what is new in the audit. */
  async list() {
    const [{bans}, page] = await Promise.all([this.connection.call("bans"), this.audit(""), this.places.watch()]);
    this.bans = bans.sort((one, other) => one.until - other.until);
    if (!page) return;
    const {entries, more} = page;
    const known = new Set(this.entries?.map(({key}) => key));
    const fresh = entries.filter(({key}) => !known.has(key));
    if (this.entries && fresh.length < entries.length) this.entries = [...fresh, ...this.entries];
    else Object.assign(this, {entries, more}); // the first, or there is a gap between them and those that are known
  }

  /** Return a page of the audit, or null if the filter has changed meanwhile. */
  async audit(after) {
    const {filter} = this;
    const page = await this.connection.call("audit", {after, limit: PAGE, ...filter});
    return filter === this.filter ? page : null;
  }

  /** Show the next page of the audit, too. */
  async older() {
    try {
      const page = await this.audit(this.more);
      if (page) Object.assign(this, {entries: [...this.entries, ...page.entries], more: page.more});
      this.changed();
    } catch (error) {
      this.say(explain(error));
    }
  }

  /** Show only entries of the audit with a name, or of a power: {find} or {power}. */
  async sift(change) {
    this.filter = {...this.filter, ...change};
    this.changed();
    try {
      Object.assign(this, await this.audit(""));
    } catch (error) {
      this.say(explain(error));
    }
    this.changed();
  }

  /** Find people by a part of their names. */
  seek(find) {
    this.find = find;
    this.changed();
    this.watch();
  }

  /** Say what has been done, for a while. */
  say(words) {
    this.said = words;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.say(""), SAID_FOR);
    this.changed();
  }

  /** Call an action and say what it did; the promise is rejected if the server refuses. */
  async use(action, fields, words) {
    const {missing} = await this.connection.call(action, fields);
    await this.did(words, missing);
  }

  /** Say what was done; missing: names of nodes that did not answer. */
  async did(words, missing = []) {
    this.looks = 0;
    await this.watch();
    const nodes = [...missing].join(", ");
    this.say(nodes ? `${words} ${t("admin.missing", {nodes})}` : words);
  }

  async lift({whom, name}) {
    try {
      await this.use("unban", {whom}, t("admin.lifted", {name: name || whom}));
    } catch (error) {
      this.say(explain(error));
    }
  }

  /** Have the server reload a plugin. */
  async reload(plugin) {
    try {
      const {reloaded, wrong = {}, missing = []} = await this.connection.call("reload-plugin", {plugin});
      const failed = [...Object.keys(wrong).filter((node) => wrong[node][plugin]), ...missing];
      const words = reloaded[plugin] ? "admin.reload-failed" : failed.length ? "admin.reload-failed-on" : "admin.reloaded";
      await this.did(t(words, {name: plugin, nodes: failed.join(", ")}));
    } catch (error) {
      this.say(explain(error));
    }
  }
}
