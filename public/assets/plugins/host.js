// The faces of plugins: their own JavaScript, which draws what they send. What goes wrong in one stays its own affair.

import {Box, failure} from "./frame.js";
import {html} from "../html.js";
import {explain} from "../i18n/index.js";

const EARLY = 1_000; // events that are kept for a face while it is loading

export class Faces {
  constructor(chat) {
    this.chat = chat;
    chat.tellFaces = (event) => this.hear(event);
    this.all = new Map(); // name of the plugin -> Face
  }

  /** Have these, each {name, url}, and no others. One with another address is loaded anew, and one that failed to. */
  use(wanted) {
    for (const [name, face] of this.all) {
      if (face.alive && wanted.some((one) => one.name === name && one.url === face.url)) continue;
      face.end();
      this.all.delete(name);
      this.chat.failures.delete(name);
    }
    for (const {name, url} of wanted) {
      if (this.all.has(name)) continue;
      const face = new Face(this.chat, name, url);
      this.all.set(name, face);
      for (const {joined, name: channel} of this.chat.channels.values()) if (joined) face.hear({action: "joined", channel});
    }
  }

  hear(event) {
    for (const face of this.all.values()) face.hear(event);
  }
}

class Face {
  /** url: seen from assets/, so that it imports the very modules of this page. */
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
    for (const event of early) this.hear(event);
  }

  /** What `setup` is given; docs/how-to/plugins has the words for it. */
  api() {
    const {chat} = this;
    return {
      html,
      get user() {
        return chat.user;
      },
      on: (action, listener) => {
        this.listeners.push([action, listener]);
      },
      show: (channel, key, draw) => {
        if (!this.alive) return;
        chat.channels.get(channel)?.box(this.name, key, {view: Box, draw});
        chat.changed();
      },
      call: async (action, fields = {}) => {
        try {
          return await chat.connection.call(action, fields);
        } catch (error) {
          chat.say(fields.target ?? chat.current, explain(error));
          return null;
        }
      },
    };
  }

  hear(event) {
    if (!this.alive) return;
    if (this.early) {
      if (this.early.length < EARLY) this.early.push(event);
      return;
    }
    for (const [action, listener] of this.listeners) if (action === event.action) this.tell(listener, event);
  }

  async tell(listener, event) {
    try {
      await listener(structuredClone(event)); // the page goes on with its own
      if (this.alive && this.chat.failures.delete(this.name)) this.chat.changed();
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    if (!this.alive) return; // the one after it has its name, and its boxes
    console.error(`The face of ${this.name}:`, error);
    this.chat.failures.set(this.name, failure(this.name, error));
    this.chat.changed();
  }

  /** Take away all that it has shown, and hear it no more. */
  end() {
    if (!this.alive) return;
    this.alive = false;
    this.listeners = [];
    for (const channel of this.chat.channels.values()) channel.unbox(this.name);
    this.chat.changed();
  }
}
