// A long press, on touch screens.

const LONG = 500; // ms
const SHAKE = 10; // px that a finger may move meanwhile

/** A finger is down: call `held` if it stays there for long, and keep the browser's own menu away. */
export function press({clientX, clientY}, held) {
  const ended = new AbortController();
  const listen = (kind, heard) => window.addEventListener(kind, heard, {signal: ended.signal});
  const end = () => ended.abort();
  const timer = setTimeout(() => {
    held();
    const lifted = new AbortController(); // what lies under the finger by then is not clicked with it
    window.addEventListener("touchend", (event) => event.preventDefault(), {passive: false, signal: lifted.signal});
    window.addEventListener("touchstart", () => lifted.abort(), {signal: lifted.signal});
  }, LONG);
  ended.signal.onabort = () => clearTimeout(timer);
  listen("pointerup", end);
  listen("pointercancel", end); // it scrolls
  listen("pointermove", (event) => Math.hypot(event.clientX - clientX, event.clientY - clientY) > SHAKE && end());
  listen("contextmenu", (event) => event.preventDefault());
}
