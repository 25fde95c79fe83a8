// How users can sign in, and the session of an account (a cookie that scripts cannot read).

const SILENCE = 5_000; // ms after which the page starts without an answer

export class Account {
  /** base: URL of the page. signedIn: whether the user was signed in at the last visit. */
  constructor(base, signedIn) {
    this.base = base;
    this.kinds = ["guest"];
    this.guests = true; // whether this page is for guests, too
    this.registration = false;
    this.user = null; // of the session, as the server has answered
    this.known = false; // whether the server has answered
    this.signedIn = signedIn; // by a cookie or by a proxy: the server knows the user
  }

  /** Ask the server, and return whether it answered. */
  async refresh() {
    const answer = await this.refreshWays();
    if (answer) Object.assign(this, {user: answer.user, signedIn: Boolean(answer.user)});
    return Boolean(answer);
  }

  /** Ask the server how users can sign in; it may have restarted with other settings. Returns its answer or null. */
  async refreshWays() {
    try {
      const response = await fetch(new URL("auth", this.base), {cache: "no-store", signal: AbortSignal.timeout(SILENCE)});
      const answer = await response.json();
      this.kinds = answer.kinds.filter((kind) => this.guests || kind !== "guest");
      this.registration = answer.registration && this.guests;
      this.known = true;
      return answer;
    } catch {
      return null;
    }
  }

  /** The user of a token, or without one of the cookie or proxy; null if there is none. Throws if the server does not answer. */
  async whose(token) {
    const url = new URL(token ? `auth?token=${encodeURIComponent(token)}` : "auth", this.base);
    return (await (await fetch(url, {cache: "no-store", signal: AbortSignal.timeout(SILENCE)})).json()).user;
  }

  /** Sign in, register or sign out. Throws an Error with the server's `code` if it refuses; `retryAt`: when it may be asked again. */
  async ask(what, fields = {}) {
    const answer = await fetch(new URL(what, this.base), {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify(fields),
    });
    if (!answer.ok) {
      const {code, message} = await answer.json().catch(() => ({code: "internal-error", message: answer.statusText}));
      const wait = Number(answer.headers.get("Retry-After")); // s
      const retryAt = code === "rate-limited" && wait ? Date.now() + 1000 * wait : undefined;
      throw Object.assign(new Error(message), {code: answer.status === 401 ? "no-such-account" : code, retryAt});
    }
    this.signedIn = what !== "sign-out";
  }
}
