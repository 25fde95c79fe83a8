// The address of the page: the channel that it names, and what Back leads to.

const PAUSE = 300; // ms for each change: WebKit allows 100 in 10 s
const BURST = 20; // changes without a pause

/** The channel that the address names. */
export function addressed() {
  try {
    return decodeURIComponent(location.hash.replace(/^#\/?/, "")).trim();
  } catch {
    return ""; // not ours
  }
}

let seen = addressed();
let wanted = seen;
let spent = 0; // ms: until when the changes so far have taken up time
let timer = 0;
let going = false; // back, which takes a moment

/** Have the address name a channel, or none (""): at once, or in a moment where it has changed very often. */
export function nameChannel(channel) {
  wanted = channel;
  const pause = spent - BURST * PAUSE - performance.now();
  if (pause <= 0) follow();
  else timer ||= setTimeout(follow, pause);
}

function follow() {
  clearTimeout(timer);
  timer = 0;
  if (going || addressed() !== seen) return; // someone has gone elsewhere, of which we are told next
  if (wanted === seen) return tidy();
  // A page that named none, a channel that was the last, or what lay over the page, is nothing to come back to.
  const how = seen && wanted && !depth() ? "pushState" : "replaceState";
  write(how, null, wanted ? `#/${encodeURIComponent(wanted)}` : location.pathname + location.search);
  seen = addressed();
}

function write(how, state, address) {
  spent = Math.max(spent, performance.now()) + PAUSE;
  try {
    history[how](state, "", address);
  } catch {
    // this browser allows less: the address is behind until the next change
  }
}

window.addEventListener("hashchange", () => {
  wanted = seen = addressed();
});

// What lies over the page (a drawer, a window): Back closes it, as a phone's gesture is expected to.

const over = []; // functions that close, the topmost last
const depth = () => history.state?.over ?? 0;

/** Have Back call `close` instead of leading away. Returns what must be called when it is closed, by whatever. */
export function backCloses(close) {
  over.push(close);
  mark();
  return () => {
    if (over.includes(close)) over.splice(over.indexOf(close), 1);
    // Not before the channel that it led to, if any, is drawn: that one takes this place in the history.
    requestAnimationFrame(() => setTimeout(tidy));
  };
}

function mark() {
  if (!going && depth() < over.length) write("pushState", {over: over.length});
}

/** Go back over the places of what is closed. */
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
