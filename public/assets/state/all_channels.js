// All channels, as an administrator sees them.

import {explain, t} from "../i18n/index.js";

const PAGE = 100; // channels

export class AllChannels {
  constructor(admin) {
    this.admin = admin;
    this.clear();
  }

  clear() {
    this.all = null; // by address, in the order of addresses; null: not yet known
    this.find = ""; // a part of names or titles
    this.more = ""; // where the list goes on
  }

  /** Fetch as many as are shown anew. A server of the version before has only those in the overview. */
  async watch() {
    const {connection, overview} = this.admin;
    const {find} = this;
    const all = new Map();
    let after = "";
    try {
      do {
        const page = await connection.call("all-channels", {find, after, limit: PAGE});
        for (const one of page.channels) all.set(one.channel, one);
        after = page.after;
      } while (after && all.size < (this.all?.size ?? 0));
    } catch (error) {
      if (error.code !== "unknown-action") throw error;
      for (const {name, count} of overview?.channels ?? []) all.set(name, {channel: name, kind: "public", listed: true, members: count, count});
    }
    if (find === this.find) Object.assign(this, {all, more: after});
  }

  /** Show the next page, too. */
  async next() {
    const {find, more} = this;
    await this.doing(async () => {
      const page = await this.admin.connection.call("all-channels", {find, after: more, limit: PAGE});
      if (find !== this.find) return;
      for (const one of page.channels) this.all.set(one.channel, one);
      this.more = page.after;
    });
  }

  /** Show only channels whose name or title contains some words. */
  async seek(find) {
    this.find = find;
    this.admin.changed();
    await this.doing(() => this.watch());
  }

  /** Change settings of a channel. */
  async set(channel, settings) {
    await this.doing(async () => {
      await this.admin.connection.call("set-channel", {target: channel, ...settings});
      const [[what, on]] = Object.entries(settings);
      await this.watch();
      const {title, kind} = this.all.get(channel) ?? {};
      this.admin.say(t(`done.${what}-${on ? "on" : "off"}`, {name: title ?? (kind === "private" ? "" : channel)}));
    });
  }

  async doing(act) {
    try {
      await act();
    } catch (error) {
      this.admin.say(explain(error));
    }
    this.admin.changed();
  }
}
