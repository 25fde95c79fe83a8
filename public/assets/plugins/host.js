// The UIs of plugins: their own JavaScript, which draws what they send. An error in one does not touch the rest of the page.

import {Frame, failure} from "./frame.js";
import {html} from "../html.js";
import {clock, explain, language} from "../i18n/index.js";

const EARLY = 1_000; // events that are kept for a UI while it is loading

export class PluginHost {
  constructor(chat) {
    this.chat = chat;
    this.all = new Map(); // name of the plugin -> PluginUI
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

class PluginUI {
  /** url: relative to assets/, so that the UI shares the modules of this page. */
  constructor(chat, name, url) {
    this.chat = chat;
    this.name = name;
    this.url = url;
    this.alive = true;
    this.listeners = []; // [action, function]
    this.early = [];
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
        chat.channels.get(channel)?.box(this.name, key, {view: Frame, draw}, message);
        chat.changed();
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
    this.listeners = [];
    for (const channel of this.chat.channels.values()) channel.unbox(this.name);
    this.chat.changed();
  }
}

await new Promise((loaded) => {
  const href = new URL("../css/plugins.css", import.meta.url);
  document.head.append(Object.assign(document.createElement("link"), {rel: "stylesheet", href, onload: loaded, onerror: loaded}));
});
