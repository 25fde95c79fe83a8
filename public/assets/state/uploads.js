// Uploads what is attached to drafts and messages, a few at a time; in one tab, where several have it.

import {explain, t} from "../i18n/index.js";
import {NotUploaded, Upload} from "../net/upload.js";
import {troubleOf} from "../text/files.js";
import {wrong} from "./refusals.js";
import {OURS} from "./storage.js";

const AT_ONCE = 2;
const TRIES = 5; // without progress
const PAUSE = 1_000; // ms before the second of them, then twice as long each time
const LOOK_AGAIN = 10_000; // ms, where another tab uploads it
const DRAW = 100; // ms between two pictures of how far it is
const REFUSALS = {413: "too-large", 415: "type", 507: "quota"};

export class Uploads {
  constructor(attachments) {
    this.attachments = attachments;
    this.chat = attachments.chat;
    this.running = new Map(); // key -> {sent (bytes), controller}
    this.elsewhere = new Set(); // keys of what another tab uploads
  }

  /** Upload what waits for it. */
  go() {
    const {connection, takesFiles} = this.chat;
    if (!connection.open || !takesFiles) return;
    for (const {key, file, why} of this.attachments.places().flatMap(({files}) => files)) {
      if (this.running.size >= AT_ONCE) return;
      if (!file && !why && !this.running.has(key) && !this.elsewhere.has(key)) this.run(key);
    }
  }

  async run(key) {
    const controller = new AbortController();
    this.running.set(key, {sent: 0, controller});
    const locks = globalThis.navigator?.locks ?? {request: (name, options, act) => act(true)}; // none on plain http: then the tab in which it was chosen does it
    try {
      await locks.request(`${OURS}upload/${key}`, {ifAvailable: true}, (lock) => (lock ? this.upload(key, controller.signal) : this.wait(key)));
    } catch (error) {
      console.error(error); // the others go on
      this.fail(key, {why: "cut-off"});
    }
    this.running.delete(key);
    this.chat.changed();
    this.go();
  }

  /** Another tab uploads it, and will say so; unless it is closed. */
  wait(key) {
    this.elsewhere.add(key);
    setTimeout(() => this.elsewhere.delete(key) && this.go(), LOOK_AGAIN);
  }

  async upload(key, signal) {
    const run = this.running.get(key);
    for (let tries = 0; ; tries++) {
      const entry = this.attachments.find(key)?.entry;
      const before = run.sent;
      if (!entry || entry.file || signal.aborted) return;
      try {
        return this.done(key, await this.send(entry, run, signal));
      } catch (error) {
        if (signal.aborted || !(await this.goesOn(key, error))) return;
        if (run.sent > before) tries = 0;
        if (tries + 1 >= TRIES) return this.fail(key, {why: "cut-off"});
        await new Promise((over) => setTimeout(over, error.retryAfter ?? PAUSE * 2 ** tries));
      }
    }
  }

  /** more: {name, blob, signal}. */
  over(more) {
    return new Upload({folder: new URL("files", this.chat.base).href, headers: () => this.attachments.headers(), ...more});
  }

  /** Upload a file that is no attachment; the promise is its id, or an Error with words. */
  async put(file) {
    const {takesFiles} = this.chat;
    const why = takesFiles ? wrong(file, takesFiles) : "refused";
    if (why) throw new Error(troubleOf({why, size: file.size, words: takesFiles ? undefined : t("files.none-here")}, takesFiles));
    try {
      const upload = this.over({name: file.name, blob: file});
      return (await upload.send(await upload.begin(), 0, () => {})).id;
    } catch (error) {
      throw new Error(error.code === "cut-off" ? t("files.why-cut-off") : explain(error));
    }
  }

  async send({key, name, at}, run, signal) {
    const {attachments} = this;
    const blob = await attachments.store.get(key);
    if (!blob) throw new NotUploaded("gone", "its bytes are not here");
    const upload = this.over({name, blob, signal});
    run.at = at;
    let offset = at ? await upload.offset(at) : null;
    if (offset === null) {
      [at, offset] = [await upload.begin(), 0];
      run.at = at;
      attachments.note(key, {at});
    }
    return upload.send(at, offset, (sent) => {
      run.sent = Math.max(run.sent, sent);
      this.draw();
    });
  }

  /** Note what an error means for an entry; the promise is whether to try again by itself. */
  async goesOn(key, error) {
    if (!(error instanceof NotUploaded)) throw error;
    const {code, status, retryAfter} = error;
    const blob = await this.attachments.store.get(key);
    if (!blob) return this.fail(key, {why: "gone"});
    if (!(await readable(blob))) return this.fail(key, {why: "unreadable"});
    if (code === "cut-off") return this.chat.connection.open; // else it goes on after the next hello
    if (retryAfter) return true;
    if (status === 404 && this.attachments.find(key)?.entry.at) {
      this.attachments.note(key, {at: undefined}); // that upload has ended: from the beginning
      return true;
    }
    return this.fail(key, status in REFUSALS ? {why: REFUSALS[status]} : {why: "refused", words: explain(error)});
  }

  done(key, file) {
    const {attachments, chat} = this;
    const {addresses} = attachments;
    const place = attachments.note(key, {file, at: undefined});
    if (file.width && addresses.get(key)) addresses.set(file.id, addresses.get(key)); // it need not come back from the server
    if (place?.item) chat.outbox.send(chat.know(place.item.target));
  }

  /** Return false: it is not tried again by itself. */
  fail(key, about) {
    const place = this.attachments.note(key, about);
    if (place?.item) {
      place.item.error = troubleOf(place.entry, this.chat.takesFiles);
      this.chat.outbox.keep(place.item);
      this.chat.changed();
    }
    return false;
  }

  draw() {
    this.drawing ??= setTimeout(() => {
      this.drawing = null;
      this.chat.changed();
    }, DRAW);
  }

  /** End the uploads of entries that have gone. */
  settle() {
    for (const [key, {controller, at}] of this.running) {
      if (this.attachments.find(key)) continue;
      controller.abort();
      if (at) this.over({}).drop(at); // it takes up room
    }
  }

  /** The server knows the files of a message no more, as they were not posted for long: upload them again, once. Return whether that is done. */
  renew(item) {
    if (item.renewed || !item.files?.length) return false;
    for (const entry of item.files) delete entry.file;
    this.chat.outbox.keep(Object.assign(item, {renewed: true}));
    this.go();
    return true;
  }
}

/** Whether bytes can be read: a file may be deleted, or changed, on the disk after it was chosen. */
const readable = (blob) => blob.slice(0, 1).arrayBuffer().then(() => true, () => false);
