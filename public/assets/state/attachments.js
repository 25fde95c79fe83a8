// The files of drafts and of messages on their way. Loaded with the dialogs.
//
// An entry is {key, name, size, type} and, as it goes on: width, height (of a picture that has been drawn), at (the address of its
// upload), file (as the server shows it, once that has all of it), why and words (what went wrong). Entries are stored with the
// draft, or in the outbox with their message (`files`); their bytes in a FileStore, by `key`.

import {t} from "../i18n/index.js";
import {FileAccess} from "../net/file_access.js";
import {newRef} from "../net/connection.js";
import {FileStore} from "./file_store.js";
import {FINAL, canRetry, wrong} from "./refusals.js";
import {Uploads} from "./uploads.js";

export const MOST = 10; // files of a message
const REST = 60_000; // ms after which bytes go that nothing names any more: until then a message can come back

/** Those of a chat. */
export const attachmentsOf = (chat) => (chat.attachments ??= new Attachments(chat));

export class Attachments {
  constructor(chat) {
    this.chat = chat;
    this.store = new FileStore("files");
    this.uploads = new Uploads(this);
    this.addresses = new Map(); // key of an entry, or id of a file that was sent from here -> URL of its bytes
    this.access = new FileAccess(chat.base, () => this.headers());
  }

  /** Who is asking, over HTTP; the cookie of an account goes along by itself. */
  headers() {
    const {token} = this.chat.session;
    return token ? {Authorization: `Bearer ${token}`} : {};
  }

  /** There is a connection, perhaps of another user: go on. */
  begin() {
    this.access.begin();
    this.uploads.go();
    this.rest();
  }

  // Where entries are

  /** All places with entries, messages first: {files, save(files)}, and the `item` of the outbox. */
  places() {
    const {channels, outbox} = this.chat;
    const drafts = [...channels.values()].flatMap((channel) => (channel.thread ? [channel, channel.thread] : [channel]));
    return [
      ...outbox.items.filter(({files}) => files).map((item) => ({item, files: item.files, save: (files) => outbox.keep(Object.assign(item, {files}))})),
      ...drafts.map((channel) => ({files: channel.attached, save: (files) => this.keep(channel, files)})),
    ];
  }

  find(key) {
    for (const place of this.places()) {
      const entry = place.files.find((one) => one.key === key);
      if (entry) return {...place, entry};
    }
    return null;
  }

  keep(channel, files) {
    channel.attached = files;
    const stored = files.filter(({why}) => !FINAL.has(why)); // the others have no bytes
    this.chat.storage.write(`attached/${channel.key}`, stored.length ? stored : undefined);
  }

  /** Note something about an entry (undefined: that is no more). Return where it is, or null. */
  note(key, about) {
    const place = this.find(key);
    if (!place) return null;
    Object.assign(place.entry, about);
    place.save(place.files);
    this.chat.changed();
    return place;
  }

  // What the user does

  /** Attach files to what is written in a channel or a thread. Return what cannot be done, in words, or "". */
  attach(channel, files) {
    const {takesFiles} = this.chat;
    if (!takesFiles) return t("files.none-here");
    if (channel.editing) return t("files.not-while-editing");
    const room = MOST - channel.attached.length;
    const entries = files.slice(0, room).map((file) => ({key: newRef(), name: file.name, size: file.size, type: file.type, why: wrong(file, takesFiles)}));
    this.keep(channel, [...channel.attached, ...entries]); // before the bytes: those that nothing names are deleted
    entries.forEach(({key, why}, at) => why || this.store.put(key, files[at]));
    this.uploads.go();
    this.chat.changed();
    return files.length > room ? t("files.too-many", {count: MOST}) : "";
  }

  /** A file is not wanted any more. A message without words and files goes with it. */
  remove(key) {
    const place = this.find(key);
    if (!place) return;
    const {files, item, save} = place;
    save(files.filter((entry) => entry.key !== key));
    if (item && !item.files.length && !item.message) this.chat.outbox.done(item.ref);
    else if (item) this.chat.outbox.retry(item);
    this.settle();
    this.chat.changed();
  }

  /** Try again what went wrong with these entries, where that can help. */
  retry(files) {
    for (const {key} of files.filter(canRetry)) this.note(key, {why: undefined, words: undefined});
    for (const {key, why} of files) if (why) this.uploads.fail(key, {});
    this.uploads.go();
  }

  /** Take what is attached, for a message that is written now; undefined: nothing is. */
  take(channel) {
    const files = channel.attached;
    if (!files.length) return undefined;
    channel.attached = [];
    queueMicrotask(() => this.keep(channel, channel.attached)); // when the outbox has them: they are named at any time
    return files;
  }

  /** A message that was not sent is written again. */
  giveBack(channel, {files}) {
    if (files) this.keep(channel, [...files, ...channel.attached].slice(0, MOST));
  }

  /** The URL of bytes that are here, of an entry or of a file that was sent from here; "" as long as it is not known. */
  addressOf(key) {
    if (!this.addresses.has(key)) {
      this.addresses.set(key, "");
      this.store.get(key).then((blob) => {
        if (blob) this.addresses.set(key, URL.createObjectURL(blob));
        this.chat.changed();
      });
    }
    return this.addresses.get(key);
  }

  // Letting go

  /** Entries may have gone: end their uploads now, and delete their bytes in a while. */
  settle() {
    this.uploads.settle();
    this.resting ??= setTimeout(() => {
      this.resting = null;
      this.rest();
    }, REST);
  }

  /** Delete the bytes that nothing names. What was sent is shown from here as long as the page lasts. */
  async rest() {
    const keys = await this.store.keys();
    const named = this.named();
    for (const key of keys) if (!named.has(key)) this.store.delete(key);
  }

  /** The keys that are named: in any tab, by a user who is set aside, and in a channel that can be returned to. */
  named() {
    const {left, storage} = this.chat;
    const items = [storage.folder("outbox").map(([, item]) => item), storage.read("aside", []).map(({unsent}) => unsent), left.map(({unsent}) => unsent)].flat(2);
    const lists = [...[...items, ...this.places()].map(({files}) => files ?? []), ...storage.folder("attached").map(([, files]) => files), ...left.map(({channel}) => channel.attached)];
    return new Set(lists.flat().map(({key}) => key));
  }

  /** The user has signed out. */
  end() {
    this.uploads.settle();
    this.access.end();
    for (const address of new Set(this.addresses.values())) if (address) URL.revokeObjectURL(address);
    this.addresses.clear();
    return this.store.clear();
  }
}
