// A server's files over HTTP, for the tests of uploads: an XMLHttpRequest that is answered here.

export class FileServer {
  constructor() {
    this.uploads = new Map(); // path -> {name, length, bytes}
    this.files = []; // {id, name, size, text}
    this.asked = []; // "METHOD path"
    this.token = "ann's";
    this.refusal = null; // {status, body, retryAfter}: of the next request
    this.cutAfter = Infinity; // bytes of the next request with more, after which the line is cut
    this.held = false; // whether requests get no answer
    this.most = Infinity; // bytes of a request that what stands before the server lets pass
  }

  /** Answer {status, headers, body} a request. */
  async answer({method, url, headers, body}) {
    const {pathname, searchParams} = new URL(url);
    this.asked.push(`${method} ${pathname}`);
    if (headers.Authorization !== `Bearer ${this.token}`) return {status: 401, body: {code: "unauthorized", message: "no"}};
    if (this.refusal) {
      const {retryAfter, ...refusal} = this.refusal;
      this.refusal = null;
      return {...refusal, headers: {"Retry-After": retryAfter}};
    }
    if (method === "POST") {
      const place = `/files/uploads/${this.asked.length}`;
      this.uploads.set(place, {name: searchParams.get("name"), length: Number(headers["Upload-Length"]), bytes: new Uint8Array()});
      return {status: 201, headers: {Location: place}};
    }
    const upload = this.uploads.get(pathname);
    if (!upload) return {status: 404, body: {code: "not-found", message: "no such upload"}};
    if (method === "HEAD") return {status: 200, headers: {"Upload-Offset": upload.bytes.length}};
    const sent = new Uint8Array(await body.arrayBuffer());
    if (sent.length > this.most) return {status: 413};
    if (Number(headers["Upload-Offset"]) !== upload.bytes.length) return {status: 409, body: {code: "conflict", message: "another offset"}};
    const cut = sent.length > this.cutAfter;
    upload.bytes = Uint8Array.from([...upload.bytes, ...sent.slice(0, this.cutAfter)]);
    this.cutAfter = Infinity;
    if (cut) return null;
    if (upload.bytes.length < upload.length) return {status: 204, headers: {"Upload-Offset": upload.bytes.length}};
    this.uploads.delete(pathname);
    const file = {id: `f${this.files.length}`, name: upload.name, type: "text/plain", size: upload.length};
    this.files.push({...file, text: new TextDecoder().decode(upload.bytes)});
    return {status: 201, body: file};
  }

  /** The class that stands in for the browser's. */
  get Request() {
    const server = this;
    return class {
      upload = {};
      headers = {};

      open(method, url) {
        Object.assign(this, {method, url: String(url)});
      }

      setRequestHeader(name, value) {
        this.headers[name] = String(value);
      }

      async send(body) {
        if (server.held) return;
        const answer = await server.answer({...this, body});
        if (this.ended) return;
        if (body) this.upload.onprogress?.({loaded: body.size});
        this.end(answer ? "onload" : "onerror", answer);
      }

      abort() {
        if (!this.ended) this.end("onabort");
      }

      end(what, answer = {}) {
        this.ended = true;
        this.status = answer?.status;
        this.responseText = answer?.body ? JSON.stringify(answer.body) : "";
        this.getResponseHeader = (name) => answer.headers?.[name] ?? null;
        this[what]?.();
        this.onloadend();
      }
    };
  }
}
