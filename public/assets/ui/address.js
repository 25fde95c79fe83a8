// The URL of the page: the channel that it names, and where Back leads.

const PAUSE = 300; // ms for each change: WebKit allows 100 in 10 s
const BURST = 20; // changes without a pause

const MESSAGE = /\/(\d+)(\?thread)?$/; // or the thread of one, at the end of an address; a channel's own slashes are escaped

/** The channel that the address names. */
export function addressed() {
  try {
    return decodeURIComponent(location.hash.replace(/^#\/?/, "").replace(MESSAGE, "")).trim();
  } catch {
    return ""; // not ours
  }
}

/** The seq of the message in that channel that the address names, {thread: seq} for a thread, or undefined. */
export function addressedSeq() {
  const [, seq, thread] = location.hash.match(MESSAGE) ?? [];
  return thread ? {thread: Number(seq)} : Number(seq) || undefined;
}

/** Name the channel alone, and no message of it but one that was gone to; or the thread of it that is open (the seq of its root). */
export function nameNoMessage(thread, gone) {
  const named = addressedSeq();
  if (named?.thread === thread && !(named > 0)) return;
  if (gone && (depth() || !(thread || named?.thread))) return;
  write("replaceState", history.state, `#/${encodeURIComponent(addressed())}${thread ? `/${thread}?thread` : ""}`);
}

let seen = addressed();
let wanted = seen;
let spent = 0; // ms: until when the changes so far have taken up time
let timer = 0;
let going = false; // back, which takes a moment

/** Put a channel, or none (""), into the URL: at once, or a little later if it has changed very often. */
export function nameChannel(channel) {
  wanted = channel;
  const pause = spent - BURST * PAUSE - performance.now();
  if (pause <= 0) follow();
  else timer ||= setTimeout(follow, pause);
}

function follow() {
  clearTimeout(timer);
  timer = 0;
  if (going || addressed() !== seen) return; // the user has navigated; `hashchange` follows
  if (wanted === seen) return tidy();
  // Back should not lead to a URL without a channel, to a channel that was left, or to a dialog.
  const how = seen && wanted && !depth() ? "pushState" : "replaceState";
  write(how, null, wanted ? `#/${encodeURIComponent(wanted)}` : location.pathname + location.search);
  seen = addressed();
}

function write(how, state, address) {
  spent = Math.max(spent, performance.now()) + PAUSE;
  try {
    history[how](state, "", address);
  } catch {
    // this browser allows less: the URL is behind until the next change
  }
}

window.addEventListener("hashchange", () => {
  wanted = seen = addressed();
});

// Drawers and dialogs: Back closes them, as users of phones expect.

const over = []; // functions that close, the topmost last
const depth = () => history.state?.over ?? 0;

/** Have Back call `close`. Returns a function that must be called when it has been closed. */
export function backCloses(close) {
  over.push(close);
  queueMicrotask(mark); // when what it replaces, if anything, is closed
  return () => {
    if (over.includes(close)) over.splice(over.indexOf(close), 1);
    // After the channel that it led to, if any, is drawn: that one takes this place in the history.
    requestAnimationFrame(() => setTimeout(tidy));
  };
}

function mark() {
  if (!going && depth() < over.length) write("pushState", {over: over.length});
}

/** Go back over the history entries of what has been closed. */
function tidy() {
  if (timer || going || depth() <= over.length) return;
  going = true;
  history.go(over.length - depth());
}

window.addEventListener("popstate", () => {
  if (!going) {
    while (over.length > depth()) over.pop()();
    return;
  }
  going = false;
  mark();
  follow();
});
