// Seconds counted down. A screen reader says only the first: one a second is too many.

import {html, useEffect, useState} from "../html.js";

/** until: ms since 1970. done(): the time has come. */
export function Seconds({until, done}) {
  const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
  const [first] = useState(left);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      tick((count) => count + 1);
      if (Date.now() < until) return;
      clearInterval(timer);
      if (done) done();
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return html`<b aria-hidden="true">${left}</b><span class="hidden">${first}</span>`;
}
