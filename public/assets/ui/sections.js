// The sections of the sidebar, and the order in which its channels are drawn.

const {compare} = new Intl.Collator(undefined, {numeric: true});

export class Sections {
  constructor() {
    this.unread = new Set(); // names of the channels in the section "Unread"
    this.all = []; // names of all channels, in order
    this.shown = []; // those that are drawn
  }

  /**
   * Divide the channels into {unread, read}, each in alphabetical order. Nothing jumps while someone points at it: the open channel
   * stays in its section until another one is opened, and with `still` the others stay, too.
   */
  arrange({channels, current, user}, still) {
    const all = [...channels.values()].sort((one, other) => compare(one.name, other.name));
    const belongs = (channel) =>
      still || channel.name === current ? this.unread.has(channel.name) : user && channel.unread(user.id) > 0;
    const unread = all.filter(belongs);
    this.unread = new Set(unread.map(({name}) => name));
    const read = all.filter(({name}) => !this.unread.has(name));
    this.all = [...unread, ...read].map(({name}) => name);
    return {unread, read};
  }
}
