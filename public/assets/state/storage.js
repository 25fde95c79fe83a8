// The chat's part of localStorage, as JSON. Items of a folder have a
// key each ("outbox/…"), so that two tabs never overwrite each other.

const HOST = "tornado_chat.";
const PATH = globalThis.document ? new URL(".", document.baseURI).pathname : "/";

/** The prefix of all keys of this server: there may be others under other paths of the host. */
export const OURS = PATH === "/" ? HOST : `tornado_chat${PATH}.`;

/** kept: localStorage, or undefined or null if there is none: then nothing outlives the page. What no longer fits into it does not, either. */
export function openStorage(kept) {
  const place = kept ?? new Forgetful();
  const unkept = new Map(); // name -> value
  return {
    read(name, otherwise) {
      if (unkept.has(name)) return unkept.get(name) ?? otherwise;
      try {
        return JSON.parse(place.getItem(OURS + name)) ?? otherwise;
      } catch {
        return otherwise; // not ours
      }
    },
    /** Store a value; undefined removes it. */
    write(name, value) {
      try {
        if (value === undefined) place.removeItem(OURS + name);
        else place.setItem(OURS + name, JSON.stringify(value));
        unkept.delete(name);
      } catch {
        unkept.set(name, value); // full
      }
    },
    /** The items of a folder: [[name, value], …]. */
    folder(name) {
      const start = `${OURS}${name}/`;
      const keys = Array.from({length: place.length}, (_, at) => place.key(at)).filter((key) => key.startsWith(start));
      return keys.map((key) => [key.slice(start.length), this.read(key.slice(OURS.length))]);
    },
  };
}

/** The storage of this browser. */
export function openHere() {
  try {
    inherit(window.localStorage);
    return openStorage(window.localStorage);
  } catch {
    return openStorage(); // it is forbidden
  }
}

/** Take over, once, what earlier versions stored for all paths of the host; not the outbox, which may be another server's. place: null in an app's web view that keeps nothing. */
function inherit(place) {
  if (!place || OURS === HOST || place.getItem(`${OURS}own`)) return;
  place.setItem(`${OURS}own`, "1");
  for (const key of Object.keys(place)) {
    if (key.startsWith(HOST) && !key.startsWith(`${HOST}outbox/`)) place.setItem(OURS + key.slice(HOST.length), place.getItem(key));
  }
}

/** The name of the last conversation: see last_conversation.js. */
export const LAST = "conversation";

/** What another tab has changed, from a "storage" event: {folder, name, value}, or null if it is not ours. */
export function changedElsewhere({key, newValue}) {
  if (!key?.startsWith(OURS)) return null;
  const [, folder, name] = key.slice(OURS.length).match(/^([^/]*)\/?([^]*)$/);
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
