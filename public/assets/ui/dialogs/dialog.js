// A window over the page: the browser keeps the focus in it, closes it by Escape, and gives the focus back.

import {backCloses} from "../address.js";
import {html, useLayoutEffect, useRef} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Icon} from "../icons.js";

export function Dialog({title, close, children}) {
  const place = useRef();
  useLayoutEffect(() => {
    // At once: what is typed next is for the window.
    const before = document.activeElement;
    const dialog = place.current;
    dialog.showModal();
    const closes = backCloses(close);
    return () => {
      closes();
      const now = document.activeElement; // may be elsewhere already: Escape has closed it, and someone was quick
      if (now === document.body || dialog.contains(now)) before?.focus();
      requestAnimationFrame(() => {
        // What had the focus may be gone meanwhile.
        if (document.activeElement === document.body) document.querySelector(".composer textarea")?.focus();
      });
    };
  }, []);
  const closed = () => place.current && close(); // told late, it may come when another window is open already
  const outside = ({target}) => target === place.current && close();
  return html`<dialog ref=${place} onClose=${closed} onMouseDown=${outside} aria-labelledby="dialog-title">
    <div class="inside">
      <header><h2 id="dialog-title" dir="auto">${title}</h2>
        <button class="quiet" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
