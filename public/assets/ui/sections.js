// The sections of the sidebar, and the order in which its channels are drawn.

const {compare} = new Intl.Collator(undefined, {numeric: true});

export class Sections {
  constructor() {
    this.unread = new Set(); // names of the channels in the section "Unread"
    this.all = []; // names of all channels, in order
    this.shown = []; // those that are drawn
  }

  /**
   * Divide the channels into {unread, read, direct}, each alphabetical. Nothing jumps while someone points at it: the open channel
   * stays in its section until another one is opened, and with `still` the others stay, too.
   */
  arrange({channels, current, user}, still) {
    const all = [...channels.values()].sort((one, other) => compare(one.label, other.label));
    const belongs = (channel) =>
      still || channel.name === current ? this.unread.has(channel.name) : channel.counts(user).unread + channel.counts(user).mentions > 0;
    const unread = all.filter(belongs);
    this.unread = new Set(unread.map(({name}) => name));
    const others = all.filter(({name}) => !this.unread.has(name));
    const direct = others.filter(({kind}) => kind === "direct");
    const read = others.filter(({kind}) => kind !== "direct");
    this.all = [...unread, ...read, ...direct].map(({name}) => name);
    return {unread, read, direct};
  }
}
