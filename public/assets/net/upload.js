// Uploads a file over HTTP, piece by piece: what the server has of it stays there when the line is cut, and the rest follows.

const PIECE = 4_000_000; // bytes in one request
const LEAST = 250_000; // where something before the server takes smaller requests only
const SILENCE = 30_000; // ms without progress

export class NotUploaded extends Error {
  /** code: "cut-off" (trying again goes on from there), "unreadable", or the server's. status: of HTTP, 0 if none came. retryAfter: ms, or undefined. */
  constructor(code, message, status = 0, retryAfter) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Send a request; the promise is {status, header(name), body: of JSON, or null}. sent(bytes): so many are on their way. */
function ask(method, url, {headers, body = null, sent, signal}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far it is
    const cut = (message) => reject(new NotUploaded("cut-off", message));
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), SILENCE);
    };
    const stop = () => request.abort();
    signal?.addEventListener("abort", stop);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({loaded}) => {
      wait();
      sent?.(loaded);
    };
    request.onerror = () => cut("the connection was lost");
    request.onabort = () => cut(signal?.aborted ? "cancelled" : "nothing was sent for a while");
    request.onload = () => resolve({status: request.status, header: (name) => request.getResponseHeader(name), body: parsed(request.responseText)});
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    wait();
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refused({status, header, body}) {
  const wait = Number(header("Retry-After")); // s
  if (status === 408 || (!body?.code && status >= 500)) return new NotUploaded("cut-off", "the server does not answer", status);
  return new NotUploaded(body?.code ?? "refused", body?.message ?? `HTTP ${status}`, status, wait ? 1000 * wait : undefined);
}

export class Upload {
  /** folder: URL of the server's `files`. headers(): who is asking. */
  constructor({folder, headers, name, blob, signal}) {
    Object.assign(this, {folder, headers, name, blob, signal});
  }

  ask(method, url, {headers, ...more} = {}) {
    return ask(method, url, {headers: {...this.headers(), ...headers}, signal: this.signal, ...more});
  }

  /** Reserve its place; the promise is the address of the upload, relative to `folder`. */
  async begin() {
    const url = new URL(this.folder);
    url.searchParams.set("name", this.name);
    const answer = await this.ask("POST", url, {headers: {"Upload-Length": this.blob.size}});
    const place = answer.header("Location");
    if (answer.status !== 201 || !place) throw refused(answer);
    return new URL(place, url).pathname;
  }

  /** Let the server forget an upload. */
  drop(at) {
    return this.ask("DELETE", new URL(at, this.folder)).catch(() => {}); // then it does so in a while
  }

  /** How many bytes of an upload the server has; null: it knows none of this address. */
  async offset(at) {
    const answer = await this.ask("HEAD", new URL(at, this.folder));
    if (answer.status === 404 || answer.status === 410) return null;
    if (answer.status >= 300) throw refused(answer);
    return Number(answer.header("Upload-Offset"));
  }

  /** Send the bytes from an offset on; the promise is the file, as the server shows it. sent(bytes): so many are there, or on their way. */
  async send(at, offset, sent) {
    const address = new URL(at, this.folder);
    for (let piece = PIECE; ; ) {
      const body = this.blob.slice(offset, offset + piece);
      const from = offset;
      const headers = {"Upload-Offset": from, "Content-Type": "application/offset+octet-stream"};
      const answer = await this.ask("PATCH", address, {headers, body, sent: (bytes) => sent(from + bytes)});
      if (answer.status === 201) return answer.body;
      if (answer.status === 204) offset = Number(answer.header("Upload-Offset") ?? offset + body.size);
      else if (answer.status === 409) {
        offset = await this.offset(at);
        if (offset === null) throw new NotUploaded("not-found", "the upload has ended", 404);
      } else if (answer.status === 413 && !answer.body?.code && piece > LEAST) piece = Math.max(LEAST, piece / 4);
      else throw refused(answer);
      sent(offset);
    }
  }
}
