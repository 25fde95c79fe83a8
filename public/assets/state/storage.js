// What outlives the page: the part of localStorage that is the chat's, as JSON. What is kept one by one has a
// key of its own ("outbox/…"), so that two tabs never write over each other.

const HOST = "tornado_chat.";
const PATH = globalThis.document ? new URL(".", document.baseURI).pathname : "/";

/** What the names of all that is this server's begin with: there may be others under other paths of the host. */
export const OURS = PATH === "/" ? HOST : `tornado_chat${PATH}.`;

/** place: localStorage, or nothing where it is forbidden: then nothing outlives the page. */
export function openStorage(place = new Forgetful()) {
  return {
    read(name, otherwise) {
      try {
        return JSON.parse(place.getItem(OURS + name)) ?? otherwise;
      } catch {
        return otherwise; // not ours
      }
    },
    /** Keep a value; undefined: forget it. */
    write(name, value) {
      try {
        if (value === undefined) place.removeItem(OURS + name);
        else place.setItem(OURS + name, JSON.stringify(value));
      } catch {
        // full: what is on the screen stays true
      }
    },
    /** What is kept under a folder: [[name within it, value], …]. */
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

/** Take over, once, what earlier versions kept for all paths of the host; not what waits to be sent, which may be another server's. */
function inherit(place) {
  if (OURS === HOST || place.getItem(`${OURS}own`)) return;
  place.setItem(`${OURS}own`, "1");
  for (const key of Object.keys(place)) {
    if (key.startsWith(HOST) && !key.startsWith(`${HOST}outbox/`)) place.setItem(OURS + key.slice(HOST.length), place.getItem(key));
  }
}

/** What another tab has changed, by the event "storage": {folder, name, value}; null where it is not ours. */
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
