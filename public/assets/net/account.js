// Which ways in there are, and the session of an account (a cookie, which the page does not see).

const SILENCE = 5_000; // ms after which the page starts without an answer

export class Account {
  /** base: address of the page, beside which the server's answers are. signedIn: whether one was at the last visit. */
  constructor(base, signedIn) {
    this.base = base;
    this.kinds = ["guest"];
    this.registration = false;
    this.known = false; // whether the server has said all this
    this.signedIn = signedIn; // by a cookie or by what stands before the server: it knows who this is
  }

  /** Ask what there is, and return whether it was said; where the server does not answer, all stays as it was. */
  async refresh() {
    try {
      const answer = await fetch(new URL("auth", this.base), {cache: "no-store", signal: AbortSignal.timeout(SILENCE)});
      const {kinds, registration, user} = await answer.json();
      Object.assign(this, {kinds, registration, known: true, signedIn: Boolean(user)});
      return true;
    } catch {
      return false;
    }
  }

  /** Whom the server knows by a token, or without one by a cookie or a proxy: a user, or null. An Error where it does not answer. */
  async whose(token) {
    const url = new URL(token ? `auth?token=${encodeURIComponent(token)}` : "auth", this.base);
    return (await (await fetch(url, {cache: "no-store", signal: AbortSignal.timeout(SILENCE)})).json()).user;
  }

  /** Sign in, register or sign out; an Error, with the server's `code`, where it says no. */
  async ask(what, fields = {}) {
    const answer = await fetch(new URL(what, this.base), {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify(fields),
    });
    if (!answer.ok) {
      const {code, message} = await answer.json().catch(() => ({code: "internal-error", message: answer.statusText}));
      throw Object.assign(new Error(message), {code: answer.status === 401 ? "no-such-account" : code});
    }
    this.signedIn = what !== "sign-out";
  }
}
