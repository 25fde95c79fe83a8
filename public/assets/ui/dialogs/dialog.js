// A modal dialog: the browser keeps the focus in it, closes it by Escape, and gives the focus back.

import {backCloses} from "../address.js";
import {html, useLayoutEffect, useRef} from "../../html.js";
import {t} from "../../i18n/index.js";
import {Icon} from "../icons.js";

/** Show an element as a modal dialog as long as it is there. */
export function useModal(place, close) {
  useLayoutEffect(() => {
    // At once: what is typed next goes to the dialog.
    const before = document.activeElement;
    const dialog = place.current;
    dialog.showModal();
    const closes = backCloses(close);
    return () => {
      closes();
      const now = document.activeElement; // may have moved already, if Escape has closed it
      const here = now === document.body || dialog.contains(now);
      dialog.close(); // what is behind it cannot have the focus before
      if (here) before?.focus();
      requestAnimationFrame(() => {
        // What had the focus may be gone. In the box it would open the keyboard of a phone.
        if (document.activeElement === document.body && !matchMedia("(pointer: coarse)").matches) document.querySelector(".composer textarea")?.focus();
      });
    };
  }, []);
}

/** extra: a button beside the title. bare: the title is not drawn. */
export function Dialog({title, close, extra, bare, children}) {
  const place = useRef();
  useModal(place, close);
  const closed = () => place.current && close(); // the event may arrive when another dialog is open already
  const outside = ({target}) => target === place.current && close();
  return html`<dialog ref=${place} onClose=${closed} onMouseDown=${outside} aria-labelledby="dialog-title">
    <div class="inside">
      <header class=${bare ? "bare" : ""}><h2 id="dialog-title" dir="auto" class=${bare ? "hidden" : ""}>${title}</h2>${extra}
        <button class="quiet" onClick=${close} aria-label=${t("dialog.close")}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}
