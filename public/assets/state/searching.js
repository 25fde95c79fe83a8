// The search of the user: what they ask, what was found, and what they asked before. Loaded with the dialogs.

import {explain} from "../i18n/index.js";
import {asked, dayOf, terms, withFilter, without} from "../text/query.js";
import {applied} from "./merge.js";

const PAGE = 30; // messages in one request
const ASK_AFTER = 250; // ms without another key
const AGAIN = 500; // ms, where another tab has asked for something else
const RECENT = 8;

/** The search of whoever is here now. */
export function searchOf(chat) {
  const id = chat.user?.id;
  if (!chat.searching || (id && chat.searching.user !== id)) {
    chat.searching = new Searching(chat, id);
    if (id) forgetOthers(chat.storage, id);
  }
  return chat.searching;
}

/** Forget what others asked in this browser, who will not return to it as somebody that was set aside for a while does. */
function forgetOthers(storage, id) {
  const stay = [id, ...storage.read("aside", []).map((one) => one.id)];
  for (const [user] of storage.folder("searches")) if (!stay.includes(user)) storage.write(`searches/${user}`, undefined);
}

class Searching {
  constructor(chat, user) {
    this.chat = chat;
    this.user = user;
    this.text = ""; // of the field
    this.filters = []; // that were chosen: see text/query.js
    this.typing = null; // the filter in the text that is being typed: not asked for before it is complete
    this.hidden = ""; // such a filter, of which no suggestions are wanted
    this.names = []; // words for days: see dayOf
    this.followed = false; // whether the channel among the filters is the one that is open, not one that was chosen
    this.lines = null; // what was found, newest first; null: nothing was asked
    this.query = ""; // what that answers
    this.said = ""; // the text of it
    this.more = false;
    this.before = ""; // where the next ones begin
    this.complete = true; // whether there was time for all
    this.words = ""; // what went wrong
    this.asking = ""; // what is being asked
    this.waits = false; // whether that is asked once there is a connection
    this.session = 0; // of the connection, in which that was answered
    this.count = 0; // of what was asked: the newest one counts
    this.scrolled = 0; // px
  }

  /** The filter for which there are suggestions. */
  get completing() {
    const {text, typing, hidden} = this;
    return typing && text.slice(typing.from, typing.to) !== hidden ? typing : null;
  }

  /** No suggestions are wanted for what is being typed, as it is. */
  hide() {
    this.hidden = this.typing ? this.text.slice(this.typing.from, this.typing.to) : "";
    this.chat.changed();
  }

  /** What is asked of the server; "" is nothing. */
  get wanted() {
    const {text, typing} = this;
    return asked(typing ? without(text, typing).text : text, this.filters, this.names).replace(/^\s+$/, "");
  }

  /** Ask for something else: {text, filters, typing}; now: at once. */
  change(what, now) {
    Object.assign(this, what);
    const {wanted} = this;
    if (!this.worth(wanted)) this.forget();
    else if (now || wanted !== this.latest) {
      this.latest = wanted;
      clearTimeout(this.timer);
      if (now) this.ask();
      else this.timer = setTimeout(() => this.ask(), ASK_AFTER);
    }
    this.chat.changed();
  }

  /** An input method is composing the text: what it will be is not known yet. */
  compose(text) {
    clearTimeout(this.timer);
    Object.assign(this, {text, typing: null, latest: ""});
    this.chat.changed();
  }

  /** Whether a query says what is looked for: a channel alone is where. */
  worth(wanted) {
    return wanted !== "" && !(this.followed && terms(wanted).every(({key}) => key === "in"));
  }

  filter(filter, more = {}) {
    this.change({filters: withFilter(this.filters, filter), ...more, ...(filter.key === "in" && {followed: false})});
  }

  drop({key, value}, more = {}) {
    this.change({filters: this.filters.filter((one) => one.key !== key || (value !== undefined && one.value !== value)), ...more, ...(key === "in" && {followed: false})});
  }

  /** Look in the channel that is open, unless another one was chosen. */
  follow(channel) {
    const own = this.filters.find(({key}) => key === "in");
    if (own?.value === channel?.name || (own ? !this.followed : this.lines || this.text)) return;
    const others = this.filters.filter((one) => one !== own);
    const filters = channel ? [{key: "in", value: channel.name, label: channel.called}, ...others] : others;
    this.change({filters, followed: true});
  }

  forget() {
    clearTimeout(this.timer);
    this.count++;
    Object.assign(this, {lines: null, words: "", asking: "", latest: "", waits: false, more: false, complete: true, query: ""});
  }

  /** Ask, unless this is answered already. */
  async ask(again) {
    const {wanted} = this;
    clearTimeout(this.timer);
    if (!this.worth(wanted) || (!again && wanted === this.query && !this.words && !this.asking)) return;
    if (!again && wanted === this.asking) return;
    if (wanted !== this.query) this.scrolled = 0;
    const said = this.text.trim();
    await this.call(wanted, "", (messages) => Object.assign(this, {lines: messages, query: wanted, said}));
  }

  /** Ask for those before them. */
  async askMore() {
    if (!this.more || this.asking || !this.chat.connection.open) return;
    await this.call(this.query, this.before, (messages) => (this.lines = [...this.lines, ...messages]));
  }

  async call(text, before, receive) {
    const {chat} = this;
    const count = ++this.count;
    Object.assign(this, {asking: text, waits: !chat.connection.open});
    chat.changed();
    if (this.waits) return;
    try {
      const {messages, more, before: next, complete} = await chat.connection.call("search", {text, before, limit: PAGE});
      if (count !== this.count) return;
      receive(messages.map((message) => ({...message, told: message.message}))); // the text that its snippet is of
      Object.assign(this, {more, before: next, complete, words: "", asking: "", session: chat.connection.session});
    } catch (error) {
      if (count !== this.count) return;
      if (error.code === "disconnected") this.waits = true;
      else if (error.code === "rate-limited") setTimeout(() => count === this.count && this.call(text, before, receive), error.retryAfter ?? AGAIN);
      else Object.assign(this, {words: explain(error), asking: ""}, !before && {lines: null, query: "", more: false});
    }
    chat.changed();
  }

  /** There is a connection again, or another one. */
  resume() {
    const {session} = this.chat.connection;
    if (this.waits || (this.query && session !== this.session)) this.ask(true);
  }

  /** A message has changed, in whichever channel. */
  changed(channel, event) {
    const at = this.lines?.findIndex(({target, seq}) => target === channel.name && seq === event.about) ?? -1;
    if (at < 0) return;
    const line = applied(this.lines[at], event);
    if (line) this.lines = this.lines.map((one, place) => (place === at ? line : one));
    else this.ask(true); // it lacks something before that
  }

  // What was asked before: kept by this browser

  get recent() {
    return this.chat.storage.read(`searches/${this.user}`, []);
  }

  /** What is asked now is worth remembering. */
  remember() {
    if (!this.worth(this.wanted)) return;
    const kept = {text: this.text.trim(), filters: this.filters};
    const others = this.recent.filter((one) => JSON.stringify(one) !== JSON.stringify(kept));
    this.chat.storage.write(`searches/${this.user}`, [kept, ...others].slice(0, RECENT));
  }

  forgetRecent() {
    this.chat.storage.write(`searches/${this.user}`, undefined);
    this.chat.changed();
  }
}
