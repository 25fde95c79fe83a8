// Which ways in there are, and the session of an account (a cookie, which the page does not see).

export class Account {
  /** base: address of the page, beside which the server's answers are. */
  constructor(base) {
    this.base = base;
    this.kinds = ["guest"];
    this.registration = false;
    this.signedIn = false; // by a cookie or by what stands before the server: it knows who this is
  }

  /** Ask what there is, and return whether it was said; a server that does not answer is asked again by the socket. */
  async look() {
    try {
      const answer = await fetch(new URL("auth", this.base), {cache: "no-store"});
      const {kinds, registration, user} = await answer.json();
      Object.assign(this, {kinds, registration, signedIn: Boolean(user)});
      return true;
    } catch {
      return false;
    }
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
