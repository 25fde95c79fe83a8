// What outlives the page: the part of localStorage that is the chat's, as JSON. What is kept one by one has a
// key of its own ("outbox/…"), so that two tabs never write over each other.

const PREFIX = "tornado_chat.";

/** place: localStorage, or nothing where it is forbidden: then nothing outlives the page. */
export function openStorage(place = new Forgetful()) {
  return {
    read(name, otherwise) {
      try {
        return JSON.parse(place.getItem(PREFIX + name)) ?? otherwise;
      } catch {
        return otherwise; // not ours
      }
    },
    /** Keep a value; undefined: forget it. */
    write(name, value) {
      try {
        if (value === undefined) place.removeItem(PREFIX + name);
        else place.setItem(PREFIX + name, JSON.stringify(value));
      } catch {
        // full: what is on the screen stays true
      }
    },
    /** What is kept under a folder: [[name within it, value], …]. */
    folder(name) {
      const start = `${PREFIX}${name}/`;
      const keys = Array.from({length: place.length}, (_, at) => place.key(at)).filter((key) => key.startsWith(start));
      return keys.map((key) => [key.slice(start.length), this.read(key.slice(PREFIX.length))]);
    },
  };
}

/** The storage of this browser. */
export function openHere() {
  try {
    return openStorage(window.localStorage);
  } catch {
    return openStorage(); // it is forbidden
  }
}

/** What another tab has changed, by the event "storage": {folder, name, value}; null where it is not ours. */
export function changedElsewhere({key, newValue}) {
  if (!key?.startsWith(PREFIX)) return null;
  const [, folder, name] = key.slice(PREFIX.length).match(/^([^/]*)\/?([^]*)$/);
  try {
    return {folder, name, value: JSON.parse(newValue) ?? undefined};
  } catch {
    return null;
  }
}

class Forgetful {
  constructor() {
    this.kept = new Map();
  }
  get length() {
    return this.kept.size;
  }
  key(at) {
    return [...this.kept.keys()][at];
  }
  getItem(key) {
    return this.kept.get(key) ?? null;
  }
  setItem(key, value) {
    this.kept.set(key, value);
  }
  removeItem(key) {
    this.kept.delete(key);
  }
}
