// What was written in channels that are the user's no more, and was not sent: kept until the user has it.

export class Lost {
  constructor(storage) {
    this.storage = storage;
    this.all = new Map(storage.folder("lost")); // name of a channel -> {name, called, texts}
  }

  /** Keep what waits for a channel, and its draft. Another tab may have kept some of it. */
  keep({name, called, draft}, items) {
    const before = this.storage.read(`lost/${name}`, {texts: []}).texts;
    const texts = [...items.map(({message}) => message), draft].filter((text) => text?.trim() && !before.includes(text));
    if (!texts.length) return;
    this.all.set(name, {name, called, texts: [...before, ...texts]});
    this.storage.write(`lost/${name}`, this.all.get(name));
  }

  discard(name) {
    this.all.delete(name);
    this.storage.write(`lost/${name}`, undefined);
  }

  changedElsewhere(name, value) {
    if (value) this.all.set(name, value);
    else this.all.delete(name);
  }
}
