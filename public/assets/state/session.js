// Who the user is: signing in and out, and why the server refuses a connection.

import {explain, t} from "../i18n/index.js";
import {Account} from "../net/account.js";
import {checkConversation, keepPlaces} from "./last_conversation.js";
import {LAST} from "./storage.js";

export class Session {
  constructor(chat) {
    this.chat = chat;
    this.account = new Account(chat.base, chat.storage.read("account", false));
    this.name = chat.storage.read("name", "");
    this.token = chat.storage.read("token", "");
    this.user = null; // {id, name, role}, from the first hello on
    // Of the connection, or "out"; words: what is wrong; field: of the form, to which they belong; retryAt: when to try again, in ms;
    // over: the session was ended elsewhere; foreign: the server lets this page's site in nowhere; full: it has no room
    this.state = {kind: "out"};
    this.restored = null; // {user, channel}: whose conversation of the last visit is shown
    this.keptIn = undefined; // name of the channel whose conversation that is, until it has been joined
    this.link = ""; // the token of an administrator's link, which has been opened
    this.question = null; // {here, user, answer(yes)} while a link asks whether to become another user
  }

  /** Whether there is an identity to connect with. */
  get known() {
    return Boolean(this.token || this.account.signedIn);
  }

  /** The WebSocket URL, with the identity in its query. */
  address() {
    const url = new URL("ws", this.chat.base);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.token) url.search = `?token=${encodeURIComponent(this.token)}`;
    else if (!this.account.signedIn) url.search = `?name=${encodeURIComponent(this.name)}`;
    return url.href;
  }

  /** Connect as a guest. */
  enter(name) {
    this.become(name, "");
    this.chat.connection.connect();
  }

  /** Sign in to an account, or register one, and connect: see signing_in.js. */
  async signIn(...given) {
    this.state = {kind: "connecting"};
    this.chat.changed();
    await import("./signing_in.js").then(({signIn}) => signIn(this, ...given)).catch(() => (this.state = {kind: "out", words: t("login.away")}));
    this.chat.changed();
  }

  /** The user has signed out, here or in another tab. */
  end() {
    this.chat.connection.disconnect();
    this.account.signedIn = false;
    this.state = {kind: "out"};
    this.user = null;
    this.name = this.token = "";
    this.chat.clear();
    keepPlaces(this.chat);
    this.refreshWays();
  }

  /** Show the ways to sign in that the server has now. */
  async refreshWays() {
    if (await this.account.refreshWays()) this.chat.changed();
  }

  /** Receive a hello. */
  begin({user, token}) {
    checkConversation(this, user);
    if (!token && user.id.startsWith("t:")) token = this.token; // the server does not repeat an application's token
    this.update(user, token ?? "");
    this.chat.storage.write("account", this.account.signedIn || undefined);
  }

  /** The user has another name, or another token for it. */
  update(user, token) {
    this.user = user;
    this.become(user.name, token);
  }

  /** Connect under another name or token from now on. */
  become(name, token) {
    this.name = name;
    this.token = token;
    this.chat.storage.write("name", name);
    this.chat.storage.write("token", token || undefined);
  }

  /** Ask whether to become another user. */
  ask(here, user) {
    return new Promise((decide) => {
      const answer = (yes) => {
        this.question = null;
        this.chat.changed();
        decide(yes);
      };
      this.question = {here, user, answer};
      this.chat.changed();
    });
  }

  /** Take over the identity that another tab has stored. */
  reload() {
    this.name = this.chat.storage.read("name", "");
    this.token = this.chat.storage.read("token", "");
  }

  /** Return to the user who was here before a link of an application. */
  async switchBack() {
    const {SwitchUser} = await import("./switch_user.js");
    this.user = null;
    await new SwitchUser(this).back();
  }

  dropToken() {
    this.chat.storage.write(LAST, undefined);
    this.chat.storage.write("token", (this.token = "") || undefined);
  }

  /** Receive a state of the connection. */
  async connectionChanged(state) {
    const {chat, account} = this;
    const neverIn = !this.user;
    const lost = state.kind === "waiting" || state.kind === "ended" || (state.kind === "connecting" && this.state.lost);
    this.state = {...state, neverIn, lost};
    if (state.kind !== "open") {
      for (const channel of chat.channels.values()) channel.joined = false;
    }
    const noAccounts = state.code === 4400 && account.signedIn && !this.token; // any more: a guest needs a name
    const refused = state.kind === "ended" && (state.code === 4401 || noAccounts);
    if (refused) this.refreshWays();
    if (refused && this.token && chat.storage.read("aside", []).length) {
      if (chat.connection.leads) await this.switchBack(); // the other tabs follow
    } else if (refused && this.token.split(".").length === 3) {
      this.dropToken(); // an application's token has expired: do not fall back to a guest
      this.user = null;
      this.state = {kind: "out", over: true};
    } else if (refused && this.token) {
      this.dropToken();
      chat.connection.connect(); // the server has forgotten this guest: connect as a new one of the same name
    } else if (state.kind === "ended" && state.code === 4400 && !refused) {
      if (!this.token) chat.storage.write("name", undefined);
      this.refuse(state.reason ? explain({code: "invalid-name", message: state.reason}) : t("login.bad-name"), "name");
    } else if (refused && account.signedIn) {
      this.dropToken();
      if (!account.known) await account.refresh(); // the server was away when the page began
      account.signedIn = false; // signed out elsewhere, or the session has expired
      this.user = null;
      this.state = {kind: "out", over: true};
    } else if (state.kind === "waiting" && neverIn) {
      chat.changed();
      await this.askWhy(this.state);
    }
    chat.changed();
  }

  /** Ask over HTTP why the socket did not open, as browsers do not tell. By POST, because that sends the origin. */
  async askWhy(state) {
    let status;
    try {
      ({status} = await fetch(this.address().replace(/^ws/, "http"), {method: "POST", cache: "no-store"}));
    } catch {
      return; // the server is away: the banner counts down to the next try
    }
    if (state !== this.state) return;
    if (status === 403) {
      this.refuse();
      this.state.foreign = true;
    } else if (status === 503) state.full = true; // the next try follows
  }

  /** Show the form, with what is wrong. field: the one to correct. */
  refuse(words, field) {
    this.chat.connection.disconnect();
    this.user = null;
    this.state = {kind: "out", words, field};
    this.chat.changed();
  }

  /** Forget what was wrong: the user corrects it, or has chosen another form. */
  forgive() {
    if (this.state.kind === "waiting") this.chat.connection.disconnect();
    const {kind, words, retryAt, over} = this.state;
    if (kind === "connecting" || (kind === "out" && !words && !retryAt)) return;
    this.state = {kind: "out", over};
    this.chat.changed();
  }
}
