// The bytes of files that wait to be sent, in IndexedDB: they survive a reload. Where there is none, or no room in it, they
// last as long as the page. worker.js writes to such a store what other apps share.

import {OURS} from "./storage.js";

export class FileStore {
  /** name: of the database, beside those of other servers on this host. */
  constructor(name) {
    this.name = OURS + name;
    this.held = new Map(); // key -> what this page has put, or read
  }

  open() {
    this.opening ??= new Promise((resolve) => {
      const asked = indexedDB.open(this.name, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("files");
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    }).catch(() => null); // it is forbidden
    return this.opening;
  }

  /** Do something with the store; the promise is its result, or `otherwise`. */
  async act(mode, otherwise, what) {
    const database = await this.open();
    if (!database) return otherwise;
    return new Promise((resolve) => {
      const transaction = database.transaction("files", mode);
      const request = what(transaction.objectStore("files"));
      transaction.oncomplete = () => resolve(request.result ?? otherwise);
      transaction.onabort = transaction.onerror = () => resolve(otherwise); // it is full
    });
  }

  put(key, blob) {
    this.held.set(key, blob);
    return this.act("readwrite", undefined, (store) => store.put(blob, key));
  }

  /** null: it is not there. */
  async get(key) {
    if (!this.held.has(key)) {
      const found = await this.act("readonly", null, (store) => store.get(key));
      if (found) this.held.set(key, found);
    }
    return this.held.get(key) ?? null;
  }

  async keys() {
    const stored = await this.act("readonly", [], (store) => store.getAllKeys());
    return [...new Set([...stored, ...this.held.keys()])];
  }

  delete(key) {
    this.held.delete(key);
    return this.act("readwrite", undefined, (store) => store.delete(key));
  }

  clear() {
    this.held.clear();
    return this.act("readwrite", undefined, (store) => store.clear());
  }
}
