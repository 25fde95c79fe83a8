// Pictures and films are asked for by the browser, which sends no token with them: a cookie for these requests, which scripts
// cannot read, is asked for in time.

const MARGIN = 60_000; // ms before its end
const USUAL = 30 * 60_000; // ms that it lasts at least, where the server says no more
const AGAIN = 30_000; // ms between two tries
const LONGEST = 2 ** 31 - 1; // ms that a timer takes

export class FileAccess {
  /** base: URL of the page. headers(): who is asking. */
  constructor(base, headers) {
    this.base = base;
    this.headers = headers;
    this.tried = 0; // ms
    this.wanted = false; // whether anything has to be asked for
    this.known = false; // whether there is somebody who asks
    this.close();
  }

  /** Files cannot be asked for yet; `opening` is fulfilled when they can. */
  close() {
    this.open = false;
    this.opening = new Promise((opened) => (this.opened = opened));
  }

  /** There is somebody, perhaps another one than before. */
  begin() {
    this.known = true;
    if (this.wanted) this.ask();
  }

  /** A picture, a sound or a film is shown: from now on there is to be a cookie. */
  want() {
    if (this.wanted) return;
    this.wanted = true;
    if (this.known) this.ask();
  }

  /** Ask for the cookie, as the user of now. */
  async ask() {
    clearTimeout(this.timer);
    this.tried = Date.now();
    const asking = (this.asking = fetch(new URL("files/cookie", this.base), {method: "POST", headers: this.headers(), cache: "no-store"}).catch(() => null));
    const answer = await asking;
    if (asking !== this.asking) return;
    const lasts = 1000 * Number(answer?.headers.get("Expires-In")) || USUAL;
    this.timer = setTimeout(() => this.ask(), answer?.ok ? Math.min(Math.max(lasts - MARGIN, AGAIN), LONGEST) : AGAIN);
    if (!answer?.ok) return;
    this.open = true;
    this.opened();
  }

  /** A file could not be shown: ask for another cookie, unless that was tried just now. */
  async renew() {
    if (Date.now() - this.tried >= AGAIN) await this.ask();
  }

  /** The URL of a file's bytes, asked for with the token, for a browser that keeps no cookie: in a frame on another site, for example; null if that fails, too. */
  async fetch(address) {
    const answer = await fetch(address, {headers: this.headers()}).catch(() => null);
    return answer?.ok ? URL.createObjectURL(await answer.blob()) : null;
  }

  /** The user has signed out. */
  end() {
    clearTimeout(this.timer);
    if (this.open) fetch(new URL("files/cookie", this.base), {method: "DELETE"}).catch(() => {}); // it ends by itself
    this.asking = null;
    this.known = this.wanted = false;
    this.close();
  }
}
