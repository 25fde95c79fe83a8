// The UIs of plugins: their own JavaScript, which draws what they send. An error in one does not touch the rest of the page.

import {box, unbox} from "./boxes.js";
import {Decorations, Frame, failure} from "./frame.js";
import {html} from "../html.js";
import {clock, explain, language} from "../i18n/index.js";

const EARLY = 1_000; // events that are kept for a UI while it is loading
/** The fields of a message that UIs are told; see docs/reference/events.md. */
const FIELDS = [
  "id", "seq", "rev", "text_rev", "message", "sender", "time", "edited", "deleted", "reply_to", "thread", "replies", "mentions", "reactions", "pinned", "files",
];

const PLUGIN = "M12 22v-5M9 8V2M15 8V2M18 8v5a4 4 0 0 1-4 4h-4a4 4 0 0 1-4-4V8Z"; // its icon in menus

export class PluginHost {
  constructor(chat) {
    this.chat = chat;
    this.all = new Map(); // name of the plugin -> PluginUI
    this.forget();
  }

  /** Ask anew what the UIs add to messages. */
  forget() {
    this.added = new WeakMap(); // line -> what is added to it
  }

  /** What the UIs add below a message, to be drawn as `<${view} ...${it} />`: the same object while nothing has changed. */
  decoration(channel, line) {
    const all = [...this.all.values()].flatMap((ui) => ui.decorators.map((draw) => ({plugin: ui.name, draw})));
    if (!all.length || !line.seq || line.deleted) return undefined;
    if (!this.added.has(line)) this.added.set(line, {view: Decorations, all, message: told(channel, line)});
    return this.added.get(line);
  }

  /** What the UIs add to the menu of a message, in the shape of ui/messages/options.js. */
  menu(channel, line) {
    return line.seq && !line.deleted ? [...this.all.values()].flatMap((ui) => ui.offers(channel, line)) : [];
  }

  /** Show these UIs, each {name, url}, and no others. One with another URL is loaded again, and so is one that failed to load. */
  use(wanted) {
    for (const [name, ui] of this.all) {
      if (ui.alive && wanted.some((one) => one.name === name && one.url === ui.url)) continue;
      ui.end();
      this.all.delete(name);
      this.chat.failures.delete(name);
    }
    for (const {name, url} of wanted) {
      if (this.all.has(name)) continue;
      const ui = new PluginUI(this.chat, name, url);
      this.all.set(name, ui);
      for (const {joined, name: channel} of this.chat.channels.values()) if (joined) ui.receive({action: "joined", channel});
    }
  }

  receive(event) {
    for (const ui of this.all.values()) ui.receive(event);
  }
}

/** A message as UIs are told of it. */
function told(channel, line) {
  const message = {channel: channel.name};
  for (const name of FIELDS) if (line[name] !== undefined) message[name] = structuredClone(line[name]);
  return message;
}

class PluginUI {
  /** url: relative to assets/, so that the UI shares the modules of this page. */
  constructor(chat, name, url) {
    this.chat = chat;
    this.name = name;
    this.url = url;
    this.alive = true;
    this.listeners = []; // [action, function]
    this.early = [];
    this.decorators = []; // function(message)
    this.items = []; // {label, when, run}
    this.load();
  }

  async load() {
    try {
      const {setup} = await import(new URL(`../${this.url}`, import.meta.url));
      if (this.alive) await setup(this.api());
    } catch (error) {
      this.fail(error);
      this.end();
    }
    const {early} = this;
    this.early = null;
    for (const event of early) this.receive(event);
  }

  /** The argument of `setup`; docs/how-to/plugins describes it. */
  api() {
    const {chat} = this;
    return {
      html,
      clock,
      get language() {
        return language();
      },
      get user() {
        return chat.user;
      },
      on: (action, listener) => {
        this.listeners.push([action, listener]);
      },
      show: (channel, key, draw, {message} = {}) => {
        if (!this.alive) return;
        const place = chat.channels.get(channel);
        if (place) box(place, this.name, key, {view: Frame, draw}, message);
        chat.changed();
      },
      decorate: (draw) => {
        if (this.alive) this.decorators.push(draw);
        this.redraw();
        return () => this.redraw();
      },
      menu: ({label, when = () => true, run}) => {
        if (this.alive) this.items.push({label, when, run});
      },
      call: async (action, fields = {}) => {
        try {
          return await chat.connection.call(action, fields);
        } catch (error) {
          if (error.code !== "disconnected") chat.say(fields.target ?? chat.current, explain(error));
          return null;
        }
      },
    };
  }

  receive(event) {
    if (!this.alive) return;
    if (this.early) {
      if (this.early.length < EARLY) this.early.push(event);
      return;
    }
    for (const [action, listener] of this.listeners) if (action === event.action) this.notify(listener, event);
  }

  /** Ask the decorators again. */
  redraw() {
    if (!this.alive) return;
    this.chat.plugins?.forget();
    this.chat.changed();
  }

  /** The items of the menu of a message. */
  offers(channel, line) {
    return this.items.flatMap(({label, when, run}, at) => {
      try {
        if (!when(told(channel, line))) return [];
        const words = typeof label === "function" ? label() : label;
        const name = `${this.name} ${at}`;
        return [{name, words: String(words), icon: {path: PLUGIN}, keys: [], run: () => this.notify(run, told(channel, line))}];
      } catch (error) {
        this.fail(error);
        return [];
      }
    });
  }

  async notify(listener, event) {
    try {
      await listener(structuredClone(event)); // the page uses the original
      if (this.alive && this.chat.failures.delete(this.name)) this.chat.changed();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    if (!this.alive) return; // its successor has its name, and its boxes
    console.error(`The UI of ${this.name}:`, error);
    this.chat.failures.set(this.name, failure(this.name, error));
    this.chat.changed();
  }

  /** Remove all that it has shown, and send it no more events. */
  end() {
    if (!this.alive) return;
    this.alive = false;
    this.listeners = this.decorators = this.items = [];
    this.chat.plugins?.forget();
    for (const channel of this.chat.channels.values()) unbox(channel, this.name);
    this.chat.changed();
  }
}

await new Promise((loaded) => {
  const href = new URL("../css/plugins.css", import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href, onload: loaded, onerror: loaded}));
});
